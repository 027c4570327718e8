/**
 * Units of time and the system counter as the rest of the model sees it.
 */

/** An instant or a duration in picoseconds of host time: an exact integer, never negative for an instant. */
export type Ps = bigint;

export const PS_PER_NANOSECOND = 1_000n;
export const PS_PER_MICROSECOND = 1_000_000n;
export const PS_PER_MILLISECOND = 1_000_000_000n;
export const PS_PER_SECOND = 1_000_000_000_000n;

/** Fraction bits of a count that is told to less than a tick. */
export const FINE_BITS = 64n;

/**
 * The system counter of one host (Arm ARM D11.1): the source of CNTPCT, before any offset.
 * Its count is an unbounded integer that never wraps; registers show its low 64 bits.
 */
export interface SystemCounter {
  /** Nominal frequency in Hz: what CNTFRQ_EL0 says. */
  readonly freqHz: number;
  /** The count at host time `t`. */
  count(t: Ps): bigint;
  /** The first instant t >= 0 with count(t) >= `count`. */
  timeOf(count: bigint): Ps;
  /** The count at host time `t` with its fraction, in units of 2^-FINE_BITS, rounded down. */
  fine(t: Ps): bigint;
}
