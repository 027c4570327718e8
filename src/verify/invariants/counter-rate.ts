/**
 * The guest's reads advance at the rate of the host that it began on, on every host. What the two ends of a measurement
 * leave open (a tick each) does not count.
 */
import { FINE_BITS, PS_PER_SECOND } from '../../arch/timer/time.js';
import { HostCounter } from '../../host/counter.js';
import type { TracedHost } from '../../trace/index.js';
import { rateText } from '../rate.js';
import { invariant, notApplicable } from './invariant.js';
import { counters, type Segment } from './models/counters.js';
import { shownPlace } from './offences.js';

/** A crystal is better, and so is what quantisation leaves of a long run. */
export const RATE_BOUND_PPB = 50_000n;
const BILLION = 1_000_000_000n;

interface Measure {
  /** Error beyond two ticks. */
  readonly ppb: bigint;
  /** Of the rates, in words. */
  readonly ratio: string;
}

function measure(s: Segment, first: TracedHost): Measure {
  const rate = new HostCounter({ ...first, start: 0n });
  const expected = rate.count(s.lastTime) - rate.count(s.firstTime);
  const actual = s.lastValue - s.firstValue;
  const error = (actual > expected ? actual - expected : expected - actual) - 2n;
  const fine = rate.fine(s.lastTime) - rate.fine(s.firstTime);
  // What an end is off by: a tick of the view, of the host's own counter where that is coarser.
  const tick = Math.max(1, first.freqHz / s.host.freqHz);
  return {
    ppb: error > 0n ? (error * BILLION) / (expected || 1n) : 0n,
    ratio: rateText(Number(((actual << FINE_BITS) * BILLION) / fine) / 1e9, tick / Number(expected || 1n)),
  };
}

export const counterRate = invariant({
  name: 'counter-rate',
  model: counters,
  verdict({ registers, firstHost }) {
    const measured = Object.values(registers)
      .flatMap((r) => r.segments)
      .filter((s) => s.lastTime > s.firstTime)
      .map((segment) => ({ segment, ...measure(segment, firstHost) }));
    const judged = measured.filter((m) => !m.segment.aware);
    if (!measured.length) return notApplicable('no counter was read twice');
    if (!judged.length) return notApplicable('the guest converts through LPT (pv-rate)');
    const worst = judged.reduce((a, b) => (b.ppb > a.ppb ? b : a));
    const bad = worst.ppb > RATE_BOUND_PPB;
    const seconds = judged.reduce((sum, m) => sum + (m.segment.lastTime - m.segment.firstTime), 0n);
    return {
      status: bad ? 'fail' : 'pass',
      value: bad ? Number(worst.ratio) : 1,
      bound: 1 + Number(RATE_BOUND_PPB) / 1e9,
      unit: 'x its first rate',
      text: bad
        ? `${worst.ratio}x its first rate on ${worst.segment.host.name}`
        : `constant (${worst.ppb} ppb off at most, over ${Number((seconds * 1000n) / PS_PER_SECOND) / 1000} s)`,
      ...(bad && { first: shownPlace(worst.segment.firstPlace) }),
    };
  },
});
