/**
 * The page of the virtual machine clock, field by field, little-endian (struct vmclock_abi of Linux's
 * include/uapi/linux/vmclock-abi.h, version 1; https://uapi-group.org/specifications/specs/vmclock/).
 */

export interface VmclockField {
  readonly name: string;
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

const field = (name: string, offset: number, bytes: 1 | 2 | 4 | 8): VmclockField => ({ name, offset, bytes });

export const VMCLOCK_FIELDS: readonly VmclockField[] = [
  field('magic', 0, 4),
  field('size', 4, 4),
  field('version', 8, 2),
  field('counter_id', 10, 1),
  field('time_type', 11, 1),
  field('seq_count', 12, 4),
  field('disruption_marker', 16, 8),
  field('flags', 24, 8),
  // 2 bytes of padding
  field('clock_status', 34, 1),
  field('leap_second_smearing_hint', 35, 1),
  field('tai_offset_sec', 36, 2),
  field('leap_indicator', 38, 1),
  field('counter_period_shift', 39, 1),
  field('counter_value', 40, 8),
  field('counter_period_frac_sec', 48, 8),
  field('counter_period_esterror_rate_frac_sec', 56, 8),
  field('counter_period_maxerror_rate_frac_sec', 64, 8),
  field('time_sec', 72, 8),
  field('time_frac_sec', 80, 8),
  field('time_esterror_nanosec', 88, 8),
  field('time_maxerror_nanosec', 96, 8),
  field('vm_generation_counter', 104, 8),
];

/** The page: user space can map it alone where pages are 4 KiB. */
export const VMCLOCK_BYTES = 4096;

/** "VCLK" */
export const VMCLOCK_MAGIC = 0x4b4c_4356n;

/** `counter_id`: CNTVCT_EL0. */
export const COUNTER_ARM_VCNT = 0n;

/** `time_type`: UTC since 1970, never smeared. */
export const TIME_UTC = 0n;

/**
 * `tai_offset_sec`: what is added to TAI to make UTC, as the kernel's driver does. It has not changed since 2017, and no
 * next leap second is announced. Drivers of Linux 6.19 and later show their PTP clock in TAI, and none without it.
 */
export const TAI_OFFSET = -37n;
/** 2017-01-01, in seconds since 1970. */
export const TAI_OFFSET_SINCE = 1_483_228_800n;

/** `clock_status`: the host's clock follows true time. */
export const STATUS_SYNCHRONIZED = 2n;

/** Bits of `flags`. */
export const FLAG = {
  taiOffsetValid: 1n << 0n,
  periodEsterrorValid: 1n << 3n,
  periodMaxerrorValid: 1n << 4n,
  timeEsterrorValid: 1n << 5n,
  timeMaxerrorValid: 1n << 6n,
  timeMonotonic: 1n << 7n,
  generationCounterPresent: 1n << 8n,
  notificationPresent: 1n << 9n,
} as const;

export type VmclockValues = Readonly<Record<string, bigint>>;

/** The page's bytes. */
export function encodeVmclock(values: VmclockValues): Uint8Array {
  const page = new Uint8Array(VMCLOCK_BYTES);
  for (const { name, offset, bytes } of VMCLOCK_FIELDS) {
    for (let i = 0; i < bytes; i++) page[offset + i] = Number(((values[name] ?? 0n) >> BigInt(8 * i)) & 255n);
  }
  return page;
}

/** Reads a page as a guest does. */
export function decodeVmclock(page: Uint8Array): Record<string, bigint> {
  const read = ({ offset, bytes }: VmclockField): bigint =>
    page.subarray(offset, offset + bytes).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return Object.fromEntries(VMCLOCK_FIELDS.map((f) => [f.name, read(f)]));
}
