/**
 * Comparators carried from one frequency to another.
 */
import type { ComparatorState } from '../../arch/timer/comparator.js';
import { FINE_BITS } from '../../arch/timer/time.js';
import { ceilingDivision, type LptState, leastNative, pvCountUnbounded } from '../pvtime/lpt.js';

const MAX_64 = (1n << 64n) - 1n;
const FINE_TICK = 1n << FINE_BITS;

/** Frequencies in Hz. */
export interface Scale {
  from: bigint;
  to: bigint;
}

/** A counter as the guest sees it, at the stop and at the resume, and how far it is ahead of guest time there. */
export interface CounterStep {
  before: bigint;
  after: bigint;
  leadBefore: bigint;
  leadAfter: bigint;
}

/** The LPT on either side, where the comparator is of the counter behind it. */
export interface LptStep {
  before: LptState;
  after: LptState;
}

/**
 * The comparator on the destination's scale: not before its instant of guest time, not before its PV count, and due
 * where it is due already. A deadline beyond 64 bits stays at the last one. A timer that is off is re-based, too: a
 * guest may have written CVAL and be about to set ENABLE.
 */
export function rebasedTimer(
  timer: ComparatorState,
  step: CounterStep,
  scale: Scale,
  lpt: LptStep | null,
): ComparatorState {
  const instant = (timer.cval << FINE_BITS) - step.leadBefore;
  let cval = ceilingDivision(ceilingDivision(instant * scale.to, scale.from) + step.leadAfter, FINE_TICK);
  if (timer.cval <= step.before) {
    if (cval > step.after) cval = step.after;
  } else if (lpt) {
    const least = leastNative(lpt.after, pvCountUnbounded(lpt.before, timer.cval));
    if (cval < least) cval = least;
  }
  return { ctl: timer.ctl, cval: cval < 0n ? 0n : cval > MAX_64 ? MAX_64 : cval };
}
