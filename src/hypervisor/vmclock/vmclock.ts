/**
 * The virtual machine clock: what the page says of the counter and true time, and how that changes at a migration.
 * Guest time is a straight line between migrations, so the page is written at those alone.
 */
import { PS_PER_SECOND, type Ps, type SystemCounter } from '../../arch/timer/time.js';
import {
  COUNTER_ARM_VCNT,
  encodeVmclock,
  FLAG,
  STATUS_SYNCHRONIZED,
  TAI_OFFSET,
  TAI_OFFSET_SINCE,
  TIME_UTC,
  VMCLOCK_BYTES,
  VMCLOCK_MAGIC,
  type VmclockValues,
} from './layout.js';

/** Plain state: what the page is made of. */
export interface VmclockState {
  /** Migrations so far; the sequence count and the disruption marker follow it. */
  disruptions: number;
  /** CNTVCT_EL0 at the instant `utc`, 64-bit. */
  count: bigint;
  /** Picoseconds since 1970. */
  utc: Ps;
  /** Length of a count in 2^-(64 + shift) s, rounded down. */
  period: bigint;
  shift: number;
  /** How long a reading stays the same, in picoseconds: longer than a count where a slow counter is scaled up. */
  tick: Ps;
}

/** What a line through time is drawn from. */
export interface VmclockInstant {
  readonly counter: SystemCounter;
  /** CNTVOFF_EL2. */
  readonly cntvoff: bigint;
  /** Host time. */
  readonly now: Ps;
  /** UTC then, in picoseconds since 1970. */
  readonly utc: Ps;
  /** UTC at the last instant at which a page that was valid before could be used; no time is given before it. */
  readonly notBefore: Ps;
}

/** Counts over which a period is measured: so many that rounding to a picosecond does not show. */
const MANY = 1n << 80n;

/** The exact period of a counter from now on, never above the true one. */
function periodOf(counter: SystemCounter, from: bigint): { period: bigint; shift: number } {
  const span = counter.timeOf(from + MANY) - counter.timeOf(from) - 1n;
  // The largest shift with which the period fits 64 bits.
  let shift = 0;
  const at = (bits: number): bigint => (span << BigInt(64 + bits)) / (MANY * PS_PER_SECOND);
  while (shift < 63 && at(shift + 1) < 1n << 64n) shift++;
  return { period: at(shift), shift };
}

const later = (a: Ps, b: Ps): Ps => (a > b ? a : b);

/** The state of a page that is written at this instant. */
export function vmclockAt(instant: VmclockInstant, disruptions: number): VmclockState {
  const { counter, now, utc, notBefore } = instant;
  const count = counter.count(now);
  const began = utc - (now - counter.timeOf(count));
  return {
    disruptions,
    count: BigInt.asUintN(64, count - instant.cntvoff),
    utc: later(began, notBefore),
    ...periodOf(counter, count),
    tick: counter.timeOf(count + 1n) - counter.timeOf(count),
  };
}

const ceilingDivision = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** The page's fields. */
export function vmclockValues({ disruptions, count, utc, period, shift, tick }: VmclockState): VmclockValues {
  const hasTai = utc / PS_PER_SECOND >= TAI_OFFSET_SINCE;
  return {
    magic: VMCLOCK_MAGIC,
    size: BigInt(VMCLOCK_BYTES),
    version: 1n,
    counter_id: COUNTER_ARM_VCNT,
    time_type: TIME_UTC,
    // Even: no vCPU runs while the page is written, so that none sees an odd one.
    seq_count: BigInt.asUintN(32, BigInt(disruptions) * 2n),
    disruption_marker: BigInt(disruptions),
    flags:
      (hasTai ? FLAG.taiOffsetValid : 0n) |
      FLAG.periodEsterrorValid |
      FLAG.periodMaxerrorValid |
      FLAG.timeEsterrorValid |
      FLAG.timeMaxerrorValid |
      FLAG.timeMonotonic |
      FLAG.notificationPresent,
    clock_status: STATUS_SYNCHRONIZED,
    tai_offset_sec: hasTai ? BigInt.asUintN(16, TAI_OFFSET) : 0n,
    counter_period_shift: BigInt(shift),
    counter_value: count,
    counter_period_frac_sec: period,
    counter_period_esterror_rate_frac_sec: 1n,
    counter_period_maxerror_rate_frac_sec: 1n,
    time_sec: utc / PS_PER_SECOND,
    time_frac_sec: ((utc % PS_PER_SECOND) << 64n) / PS_PER_SECOND,
    time_esterror_nanosec: 1n,
    // A nanosecond for all that is rounded.
    time_maxerror_nanosec: ceilingDivision(tick, 1000n) + 1n,
  };
}

export const vmclockPage = (state: VmclockState): Uint8Array => encodeVmclock(vmclockValues(state));

/** UTC as a guest computes it of a count, in units of 2^-64 s since 1970 (Linux's ptp_vmclock does the same sum). */
export function vmclockTime(values: VmclockValues, count: bigint): bigint {
  const delta = BigInt.asUintN(64, count - values.counter_value!);
  const elapsed = (delta * values.counter_period_frac_sec!) >> values.counter_period_shift!;
  return (values.time_sec! << 64n) + values.time_frac_sec! + elapsed;
}
