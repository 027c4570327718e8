/**
 * KVM's vendor-specific hypervisor services (SMCCC owner 6; Linux Documentation/virt/kvm/arm/hypercalls.rst and
 * ptp_kvm.rst).
 */

/** "Call UID" of the owner's range. */
export const VENDOR_HYP_CALL_UID = 0x8600_ff01;

/** 28b46fb6-2ec5-11e9-a9ca-4b564d003a74 in four little-endian words. */
export const KVM_UID = [0xb66f_b428n, 0xe911_c52en, 0x564b_caa9n, 0x743a_004dn] as const;

export const KVM_FEATURES = 0x8600_0000;
export const KVM_PTP = 0x8600_0001;
export const KVM_DISCOVER_IMPL_VER = 0xc600_0040;
export const KVM_DISCOVER_IMPL_CPUS = 0xc600_0041;

/** Function numbers, as KVM_FEATURES counts its bits. */
export const FUNCTION = { features: 0, ptp: 1, discoverImplVer: 64, discoverImplCpus: 65 } as const;

/** Counters that KVM_PTP pairs with the wall clock. */
export const PTP_VIRTUAL_COUNTER = 0n;
export const PTP_PHYSICAL_COUNTER = 1n;

/** Version 1.0 of DISCOVER_IMPL: major in 31:16, minor in 15:0. */
export const DISCOVER_IMPL_VERSION_1_0 = 0x1_0000n;

/** SMCCC's INVALID_PARAMETER, which is -3 here and -2 in DEN0057A. */
export const INVALID_PARAMETER = -3n;
