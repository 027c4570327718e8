/**
 * A counter and its comparators carried from one frequency to another.
 */

import type { ComparatorState } from '../../arch/timer/comparator.js';
import { ceilingDivision } from '../pvtime/lpt.js';

const MAX_64 = (1n << 64n) - 1n;

/** Frequencies in Hz. */
export interface Scale {
  from: bigint;
  to: bigint;
}

/** A counter as the guest sees it, at the stop and at the resume. */
export interface CounterStep {
  before: bigint;
  after: bigint;
}

/**
 * The counter on the destination's scale, rounded up, and at least `least`.
 * @throws RangeError where it does not fit 64 bits.
 */
export function rebasedCounter(before: bigint, least: bigint, scale: Scale): CounterStep {
  const exact = ceilingDivision(before * scale.to, scale.from);
  const after = exact > least ? exact : least;
  if (after > MAX_64) {
    throw new RangeError(
      `migration refused: counter ${before} at ${scale.from} Hz does not fit 64 bits at ${scale.to} Hz (--strategy offset to go on)`,
    );
  }
  return { before, after };
}

/**
 * The comparator on the destination's scale: its signed distance from the counter scaled and rounded up, so that it
 * never fires early; a deadline beyond 64 bits stays at the last one. A timer that is off is re-based, too: a guest
 * may have written CVAL and be about to set ENABLE.
 */
export function rebasedTimer(timer: ComparatorState, step: CounterStep, scale: Scale): ComparatorState {
  const distance = ceilingDivision((timer.cval - step.before) * scale.to, scale.from);
  const cval = step.after + distance;
  return { ctl: timer.ctl, cval: cval < 0n ? 0n : cval > MAX_64 ? MAX_64 : cval };
}
