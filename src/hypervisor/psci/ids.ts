/**
 * PSCI function identifiers, return codes and affinity states (Arm DEN0022).
 */

/** Function identifiers with bit 30 (SMC64) clear. */
export const PSCI_VERSION = 0x8400_0000;
export const CPU_SUSPEND = 0x8400_0001;
export const CPU_OFF = 0x8400_0002;
export const CPU_ON = 0x8400_0003;
export const AFFINITY_INFO = 0x8400_0004;
export const MIGRATE_INFO_TYPE = 0x8400_0006;
export const SYSTEM_OFF = 0x8400_0008;
export const SYSTEM_RESET = 0x8400_0009;
export const PSCI_FEATURES = 0x8400_000a;

/** Bit 30 of a function identifier: the call passes 64-bit arguments. */
export const SMC64 = 0x4000_0000;

export const PSCI_VERSION_1_1 = 0x1_0001n;

export const PSCI_SUCCESS = 0n;
export const PSCI_NOT_SUPPORTED = -1n;
export const PSCI_INVALID_PARAMETERS = -2n;
export const PSCI_ALREADY_ON = -4n;
export const PSCI_ON_PENDING = -5n;
export const PSCI_INVALID_ADDRESS = -9n;

export const AFFINITY_ON = 0n;
export const AFFINITY_OFF = 1n;
export const AFFINITY_ON_PENDING = 2n;

/** MIGRATE_INFO_TYPE: no trusted OS, or one that needs no migration. */
export const NO_TRUSTED_OS = 2n;
