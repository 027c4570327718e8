/** A VM over a thousand hosts: what its guest reads against the guest time that has really passed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GenericTimer, resetTimerState } from '../../arch/timer/generic-timer.js';
import { PS_PER_SECOND as SECOND } from '../../arch/timer/time.js';
import { HostCounter } from '../../host/counter.js';
import { createLpt, encodeLpt, pvCountFromPage } from '../pvtime/index.js';
import { firstGuestTime, guestCounter, planMigration, type StrategyName, scaleValueFor } from './index.js';

fc.configureGlobal({ seed: 1 });

const MIGRATIONS = 1000;

interface Leg {
  /** Host counter in Hz, and its value at host time 0. */
  freqHz: number;
  start: bigint;
  /** How long the VM runs there, and how long the migration behind it takes, in picoseconds. */
  dwell: bigint;
  downtime: bigint;
}

const legs: fc.Arbitrary<Leg[]> = fc.array(
  fc.record({
    freqHz: fc.integer({ min: 1_000_000, max: 1_050_000_000 }),
    start: fc.bigInt({ min: 0n, max: 1n << 40n }),
    dwell: fc.bigInt({ min: 1n, max: 10n * SECOND }),
    downtime: fc.bigInt({ min: 0n, max: 10n * SECOND }),
  }),
  { minLength: MIGRATIONS + 1, maxLength: MIGRATIONS + 1 },
);

/** What a clock shows, in ticks of `hz`, and how far it may be from the guest time that has passed. */
interface Reading {
  ticks: bigint;
  hz: bigint;
  /** In ticks: how much less, and how much more it may be. */
  less: number;
  more: number;
}

/**
 * Runs the tour and compares at three instants on each host: `read` makes a clock of the counter's value.
 * Guest time is true time less the downtimes, or with them.
 */
function tour(
  strategy: StrategyName,
  hosts: readonly Leg[],
  counts: boolean,
  lptHz: number | null,
  rateErrorPpb: (leg: number) => number = () => 0,
): { worstLess: number; worstMore: number; waits: bigint } {
  let counter = new HostCounter({ name: 'h', freqHz: hosts[0]!.freqHz, ppm: 0, start: hosts[0]!.start });
  let timers = [resetTimerState(counter.count(0n))];
  let time = firstGuestTime(counter.freqHz);
  let lpt = lptHz === null ? null : createLpt('rfc2020', lptHz, counter.freqHz);
  // One host time for all hosts: true time. What is left out of guest time is added up here, and nothing else.
  let now = 0n;
  let hidden = 0n;
  let scaledAway = 0;
  let [worstLess, worstMore, waits, last] = [0, 0, 0n, 0n];
  for (const [i, leg] of hosts.entries()) {
    const from = now;
    const view = guestCounter(time, counter);
    for (const t of [from, from + leg.dwell / 3n, from + leg.dwell]) {
      const native = new GenericTimer(timers[0]!).cntvct(view.count(t));
      const { ticks, hz, less, more } = clockOf(native, strategy, lpt, view.freqHz, counter.freqHz);
      expect(ticks).toBeGreaterThanOrEqual(last);
      last = ticks;
      const drift = scaledAway + Number(t - from) * rateErrorPpb(i) * 1e-9;
      // Thousandths of a tick, exactly, then a number.
      const error = Number(ticks * 1000n - ((t - hidden) * hz * 1000n) / SECOND) / 1000 - (drift * Number(hz)) / 1e12;
      expect(error).toBeGreaterThan(-less);
      expect(error).toBeLessThan(more);
      worstLess = Math.min(worstLess, error);
      worstMore = Math.max(worstMore, error);
    }
    scaledAway += Number(leg.dwell) * rateErrorPpb(i) * 1e-9;
    const next = hosts[i + 1];
    if (!next) break;
    const stop = from + leg.dwell;
    const to = new HostCounter({ name: 'h', freqHz: next.freqHz, ppm: 0, start: next.start });
    const input = { from: counter, to, stop, resume: stop + leg.downtime, included: counts ? leg.downtime : 0n };
    const plan = planMigration(strategy, { ...input, time, timers, lpt });
    if (!counts) hidden += leg.downtime;
    waits += plan.resume - input.resume;
    [counter, timers, time, lpt, now] = [to, plan.timers, plan.time, plan.lpt, plan.resume];
  }
  return { worstLess, worstMore, waits };
}

/** One tick of the host's counter and one of the guest's clock, each once: what two counters' grids are apart. */
function clockOf(
  native: bigint,
  strategy: StrategyName,
  lpt: ReturnType<typeof createLpt> | null,
  shownHz: number,
  hostHz: number,
): Reading {
  if (strategy !== 'lpt')
    return { ticks: native, hz: BigInt(shownHz), less: 1 + shownHz / hostHz + 0.001, more: 1.001 };
  const ticks = pvCountFromPage('rfc2020', encodeLpt(lpt!), native);
  const { pvFreqHz } = lpt!;
  return { ticks, hz: BigInt(pvFreqHz), less: 1 + pvFreqHz / hostHz + 0.001, more: pvFreqHz / hostHz + 0.001 };
}

describe(`${MIGRATIONS} migrations between 1 MHz and 1.05 GHz`, () => {
  it.each([
    [false, 'without the downtime'],
    [true, 'with the downtime'],
  ])('under lpt leave the PV clock within a tick of either counter of true time (%s)', (counts) => {
    fc.assert(
      fc.property(legs, fc.integer({ min: 1_000_000, max: 1_050_000_000 }), (hosts, pvHz) => {
        tour('lpt', hosts, counts, pvHz);
      }),
      { numRuns: 8 },
    );
  });

  it.each([[false], [true]])('under trap leave the counter within a tick of either of true time', (counts) => {
    fc.assert(
      fc.property(legs, (hosts) => void tour('trap', hosts, counts, null)),
      { numRuns: 8 },
    );
  });

  it.each([[false], [true]])('under scaled do so but for the rate that 8.24 fixed point gives', (counts) => {
    fc.assert(
      fc.property(legs, (given) => {
        // Where the ratio is 256 or more, the migration is refused.
        const hosts = given.map((h) => ({ ...h, freqHz: 10_000_000 + (h.freqHz % 1_000_000_000) }));
        const firstHz = hosts[0]!.freqHz;
        const errors = hosts.map(({ freqHz }, i) => {
          const wanted = firstHz * 2 ** 24;
          return i ? ((freqHz * scaleValueFor(freqHz, firstHz) - wanted) / wanted) * 1e9 : 0;
        });
        tour('scaled', hosts, counts, null, (leg) => errors[leg]!);
      }),
      { numRuns: 8 },
    );
  });

  it('under offset do so, too, where the frequency stays', () => {
    fc.assert(
      fc.property(
        legs,
        (hosts) =>
          void tour(
            'offset',
            hosts.map((h) => ({ ...h, freqHz: 25_000_000 })),
            true,
            null,
          ),
      ),
      { numRuns: 8 },
    );
  });

  it('add no wait worth speaking of', () => {
    fc.assert(
      fc.property(legs, (hosts) => {
        const slowest = BigInt(Math.min(...hosts.map((h) => h.freqHz)));
        expect(tour('lpt', hosts, true, 100_000_000).waits).toBeLessThan((2n * BigInt(MIGRATIONS) * SECOND) / slowest);
      }),
      { numRuns: 2 },
    );
  });
});
