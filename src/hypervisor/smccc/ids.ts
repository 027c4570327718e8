/**
 * SMCCC function identifiers and return codes (Arm DEN0028).
 */

export const SMCCC_VERSION = 0x8000_0000;
export const SMCCC_ARCH_FEATURES = 0x8000_0001;
export const SMCCC_ARCH_WORKAROUND_1 = 0x8000_8000;
export const SMCCC_ARCH_WORKAROUND_2 = 0x8000_7fff;
export const SMCCC_ARCH_WORKAROUND_3 = 0x8000_3fff;

/** Version 1.1: fast calls with ARCH_FEATURES discovery. */
export const SMCCC_VERSION_1_1 = 0x1_0001n;

export const SUCCESS = 0n;
export const NOT_SUPPORTED = -1n;
export const NOT_REQUIRED = -2n;
/** PV_TIME_LPT's code for bad flags (2018 beta). */
export const INVALID_PARAMETERS = -2n;
/** SMCCC_ARCH_WORKAROUND_1 and _3: the call is there, this PE does not need it. */
export const WORKAROUND_NOT_NEEDED = 1n;
