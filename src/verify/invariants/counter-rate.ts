/**
 * The guest's reads advance at the rate of the host that it began on, on every host. What the two ends of a measurement
 * leave open (a tick each) does not count.
 */
import { PS_PER_SECOND } from '../../arch/timer/time.js';
import { HostCounter } from '../../host/counter.js';
import type { TracedHost } from '../../trace/index.js';
import { invariant, notApplicable } from './invariant.js';
import { counters, type Segment } from './models/counters.js';
import { shownPlace } from './offences.js';

/** A crystal is better, and so is what quantisation leaves of a long run. */
export const RATE_BOUND_PPB = 50_000n;
const BILLION = 1_000_000_000n;

/** Measured and expected advance in ticks, and the error beyond two ticks in ppb. */
function measure(s: Segment, first: TracedHost): { actual: bigint; expected: bigint; ppb: bigint } {
  const rate = new HostCounter({ ...first, start: 0n });
  const expected = rate.count(s.lastTime) - rate.count(s.firstTime);
  const actual = s.lastValue - s.firstValue;
  const error = (actual > expected ? actual - expected : expected - actual) - 2n;
  return { actual, expected, ppb: error > 0n ? (error * BILLION) / (expected || 1n) : 0n };
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
    // Six digits are what is shown: whole millionths.
    const ratio = Number((worst.actual * BILLION) / (worst.expected || 1n)) / 1e9;
    const seconds = judged.reduce((sum, m) => sum + (m.segment.lastTime - m.segment.firstTime), 0n);
    return {
      status: bad ? 'fail' : 'pass',
      value: bad ? ratio : 1,
      bound: 1 + Number(RATE_BOUND_PPB) / 1e9,
      unit: 'x its first rate',
      text: bad
        ? `${ratio.toFixed(6)}x its first rate on ${worst.segment.host.name}`
        : `constant (${worst.ppb} ppb off at most, over ${Number((seconds * 1000n) / PS_PER_SECOND) / 1000} s)`,
      ...(bad && { first: shownPlace(worst.segment.firstPlace) }),
    };
  },
});
