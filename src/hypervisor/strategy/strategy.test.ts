import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GenericTimer, resetTimerState, type TimerState } from '../../arch/timer/generic-timer.js';
import { FINE_BITS, type Ps, PS_PER_SECOND as SECOND, type SystemCounter } from '../../arch/timer/time.js';
import { HostCounter } from '../../host/counter.js';
import { HOST_PRESETS, type HostSpec, parseHost } from '../../host/frequency.js';
import {
  createLpt,
  decodeLpt,
  encodeLpt,
  type LptProfile,
  pvCountFromPage,
  pvCountUnbounded,
} from '../pvtime/index.js';
import {
  admitMigration,
  firstGuestTime,
  type GuestTimeState,
  guestCounter,
  type MigrationInput,
  type MigrationPlan,
  parseDowntime,
  parseStrategy,
  planMigration,
  STRATEGIES,
  type StrategyName,
  scaleErrorPpb,
  scaleValueFor,
} from './index.js';

fc.configureGlobal({ seed: 1 });

const MAX = (1n << 64n) - 1n;
const presets = fc.constantFrom(...HOST_PRESETS.map((p) => p.freqHz));
// Any frequency, or a preset with a counter as far as 2^56.
const specs: fc.Arbitrary<HostSpec> = fc
  .tuple(
    fc.oneof(
      fc.tuple(presets, fc.bigInt({ min: 0n, max: 1n << 56n })),
      fc.tuple(fc.integer({ min: 1_000_000, max: 2_000_000_000 }), fc.bigInt({ min: 0n, max: 1n << 50n })),
    ),
    fc.constantFrom(0, 30, -12.5),
  )
  .map(([[freqHz, start], ppm]) => ({ name: 'h', freqHz, ppm, start }));
const instants = fc.bigInt({ min: 0n, max: 1_000_000n * SECOND });
const comparators = fc.record({
  ctl: fc.integer({ min: 0, max: 3 }),
  cval: fc.oneof(fc.bigInt({ min: 0n, max: 1n << 57n }), fc.constantFrom(0n, 1n, 1n << 63n, MAX)),
});

const isPreset = (spec: HostSpec) => HOST_PRESETS.some((p) => p.freqHz === spec.freqHz);

/** A VM with two vCPUs on the host `from`. */
const inputs: fc.Arbitrary<MigrationInput> = fc
  .record({
    from: specs,
    to: specs,
    stop: instants,
    resume: instants,
    share: fc.bigInt({ min: 0n, max: 1n << 20n }),
    timers: fc.array(fc.tuple(comparators, comparators), { minLength: 2, maxLength: 2 }),
    profile: fc.constantFrom<LptProfile[]>('rfc2020', 'beta2018'),
    pv: presets,
    included: fc.constantFrom(0n, 1n, SECOND / 7n),
    leads: fc.record({ virtual: fc.bigInt({ min: 0n, max: MAX }), physical: fc.bigInt({ min: 0n, max: MAX }) }),
  })
  // A counter that reads 0 cannot be ahead of anything.
  .filter(({ from, stop }) => new HostCounter(from).count(stop) > 1n)
  .filter(({ from, to }) => from.start <= 1n << 50n || (isPreset(from) && isPreset(to)))
  .map(({ from, to, stop, resume, share, timers, profile, pv, included, leads }) => {
    const counter = new HostCounter(from);
    // The virtual counter is anywhere between 0 and the physical one.
    const reset = resetTimerState(((counter.count(stop) - 1n) * share) >> 20n);
    return {
      from: counter,
      to: new HostCounter(to),
      stop,
      resume,
      timers: timers.map(([cntv, cntp]): TimerState => ({ ...reset, cntv, cntp })),
      lpt: createLpt(profile, pv, from.freqHz),
      included,
      time: { ...firstGuestTime(from.freqHz), leads },
    };
  });

function viewsOf({ timers }: { timers: readonly TimerState[] }, count: bigint) {
  return timers.map((t) => new GenericTimer(t).cntvct(count));
}

/** Guest time by one of the counters, in 2^-64 ticks of it. */
function guestTime(
  { time, timers }: { time: GuestTimeState; timers: readonly TimerState[] },
  system: SystemCounter,
  t: Ps,
  which: 'virtual' | 'physical' = 'virtual',
): bigint {
  const offset = which === 'virtual' ? timers[0]!.cntvoff : timers[0]!.cntpoff;
  return BigInt.asUintN(128, guestCounter(time, system).fine(t) - (offset << FINE_BITS)) - time.leads[which];
}

/** Host ticks, in ticks of the guest's counter: 1 where that is the host's. */
const coarseness = (plan: MigrationPlan, toHz: number): bigint =>
  plan.time.kind === 'native' ? 1n : BigInt(Math.ceil(plan.time.firstHz / toHz)) + 1n;

describe('names', () => {
  it('are read, and refused with what there is', () => {
    for (const name of STRATEGIES) expect(parseStrategy(name)).toBe(name);
    for (const name of ['paused', 'elapsed', 'stolen']) expect(parseDowntime(name)).toBe(name);
    expect(() => parseStrategy('lpt2')).toThrow(
      new RangeError('--strategy lpt2: no such strategy; available: offset, lpt, trap, scaled, refuse'),
    );
    expect(() => parseDowntime('short')).toThrow(
      new RangeError('--downtime short: no such downtime policy; available: paused, elapsed, stolen'),
    );
  });
});

describe('a strategy that keeps the counter', () => {
  it.each<StrategyName>(['offset', 'trap', 'scaled'])(
    '%s: guest time goes on exactly, readings never back',
    (strategy) => {
      fc.assert(
        fc.property(inputs, (given) => {
          const input = { ...given, lpt: null };
          const { firstHz } = input.time;
          if (strategy === 'scaled' && firstHz / input.to.freqHz > 255) return;
          const plan = planMigration(strategy, input);
          const passed = ((input.included * BigInt(firstHz)) << FINE_BITS) / SECOND;
          for (const which of ['virtual', 'physical'] as const) {
            const before = guestTime(input, input.from, input.stop, which);
            expect(guestTime(plan, input.to, input.resume, which) - passed).toBe(before);
          }
          const counter = guestCounter(plan.time, input.to);
          for (const [vcpu, timer] of plan.timers.entries()) {
            const was = input.timers[vcpu]!;
            expect([timer.cntv, timer.cntp, timer.cntkctl]).toEqual([was.cntv, was.cntp, was.cntkctl]);
            const [a, b] = [new GenericTimer(was), new GenericTimer(timer)];
            const [stop, resume] = [input.from.count(input.stop), counter.count(plan.resume)];
            expect(b.cntvct(resume)).toBe(plan.virtualAfter);
            expect(b.cntvct(resume)).toBeGreaterThanOrEqual(a.cntvct(stop));
            expect(b.cntpct(resume)).toBeGreaterThanOrEqual(a.cntpct(stop));
            // Nothing but the downtime, where it counts, and what a tick of each counter is coarse.
            const forward = b.cntvct(resume) - a.cntvct(stop) - (passed >> FINE_BITS);
            expect(forward).toBeLessThanOrEqual(1n + coarseness(plan, input.to.freqHz));
          }
        }),
        { numRuns: 1000 },
      );
    },
  );

  it.each<StrategyName>(['offset', 'trap', 'scaled'])(
    '%s: the wait is less than a tick of either counter',
    (strategy) => {
      fc.assert(
        fc.property(inputs, (given) => {
          const { firstHz } = given.time;
          if (strategy === 'scaled' && firstHz / given.to.freqHz > 255) return;
          const { resume } = planMigration(strategy, { ...given, lpt: null });
          const slowest = BigInt(Math.min(given.from.freqHz, given.to.freqHz, firstHz));
          expect(resume).toBeGreaterThanOrEqual(given.resume);
          // Two ticks of the slowest; drift, and the scale's rounding, make them a little longer.
          expect(resume - given.resume).toBeLessThanOrEqual((21n * SECOND) / 10n / slowest + 1n);
        }),
        { numRuns: 1000 },
      );
    },
  );

  it('offset needs no LPT, and keeps PV time exact where the frequency stays', () => {
    const from = new HostCounter(parseHost('25MHz'));
    const to = new HostCounter(parseHost('freq=25MHz,start=777'));
    const input: MigrationInput = {
      from,
      to,
      stop: 5n * SECOND,
      resume: SECOND,
      included: 0n,
      timers: [resetTimerState(1000n)],
      lpt: null,
      time: firstGuestTime(25_000_000),
    };
    expect(planMigration('offset', input)).toMatchObject({
      resume: SECOND,
      cntvoff: 25_000_000n + 777n - (125_000_000n - 1000n) + (1n << 64n),
      virtualBefore: 124_999_000n,
      virtualAfter: 124_999_000n,
      lpt: null,
      lptPage: null,
      pvBefore: null,
      pvAfter: null,
    });
    const plan = planMigration('offset', { ...input, lpt: createLpt('rfc2020', 100_000_000, 25_000_000) });
    expect([plan.pvBefore, plan.pvAfter]).toEqual([499_996_000n, 499_996_000n]);
    expect(plan.lpt?.runs).toBe(2);
  });
});

describe('trap and scaled', () => {
  const tour = (strategy: StrategyName, hosts: readonly string[]): { rates: number[]; errors: number[] } => {
    const counters = hosts.map((text) => new HostCounter(parseHost(text)));
    let time = firstGuestTime(counters[0]!.freqHz);
    let timers = [resetTimerState()];
    const rates: number[] = [];
    const errors: number[] = [];
    for (const [i, to] of counters.entries()) {
      if (i > 0) {
        const stop = 10n * SECOND;
        const from = counters[i - 1]!;
        const input = { from, to, stop, resume: SECOND, included: 0n, time, timers, lpt: null };
        const plan = planMigration(strategy, input);
        [time, timers] = [plan.time, plan.timers];
        errors.push(plan.rateErrorPpb);
      }
      const counter = guestCounter(time, to);
      expect(counter.freqHz).toBe(counters[0]!.freqHz);
      rates.push(Number(counter.count(1_000_000n * SECOND) - counter.count(0n)) / 1e6);
    }
    return { rates, errors };
  };

  it('present the first frequency on every host', () => {
    const hosts = ['25MHz', '1GHz', '19.2MHz', '25MHz'];
    expect(tour('trap', hosts).rates).toEqual([25e6, 25e6, 25e6, 25e6]);
    const { rates, errors } = tour('scaled', hosts);
    expect(errors).toEqual([-953.674, -15.258, 0]);
    for (const [i, ppb] of errors.entries()) expect((rates[i + 1]! / 25e6 - 1) * 1e9).toBeCloseTo(ppb, 0);
  });

  it('scaled rounds to 8.24 fixed point: at most half of its last place off', () => {
    const hz = fc.integer({ min: 1_000_000, max: 1_050_000_000 });
    fc.assert(
      fc.property(hz, hz, (from, to) => {
        if (to / from >= 255) return;
        const value = scaleValueFor(from, to);
        expect(Math.abs(scaleErrorPpb(from, to, value))).toBeLessThanOrEqual((0.5 / value) * 1e9 * 1.0001 + 0.001);
      }),
    );
    expect(scaleValueFor(25_000_000, 25_000_000)).toBe(1 << 24);
    expect(scaleErrorPpb(25_000_000, 1_000_000_000, scaleValueFor(25_000_000, 1_000_000_000))).toBe(0);
    expect(() => scaleValueFor(1_000_000, 256_000_000)).toThrow(
      /^migration refused: a counter of 1000000 Hz cannot be scaled to 256000000 Hz; ScaleVal is 8.24 fixed point/,
    );
    expect(() => scaleValueFor(2_000_000_000, 1)).toThrow(RangeError);
  });
});

describe('what cannot be had', () => {
  const vm = { time: firstGuestTime(25_000_000), lpt: null, pvTime: 'rfc2020' } as const;
  const lpt = createLpt('rfc2020', 100_000_000, 25_000_000);
  const [a, b] = [parseHost('25MHz'), parseHost('1GHz')];
  const scalable = parseHost('freq=1GHz,cntsc=1');

  it('is refused with its reason before anything is done', () => {
    expect(() => admitMigration('refuse', 'paused', a, b, vm)).toThrow(
      /refused: .* 1000000000 Hz, the source's at 25000000 Hz \(--strategy offset, lpt, trap or scaled to go on\)$/,
    );
    expect(() => admitMigration('lpt', 'paused', a, b, vm)).toThrow(/^--strategy lpt: the VM has no LPT structure/);
    expect(() => admitMigration('offset', 'stolen', a, b, { ...vm, pvTime: 'off' })).toThrow(
      /^--downtime stolen: the VM has no stolen time structure/,
    );
    expect(() => admitMigration('scaled', 'paused', a, b, vm)).toThrow(/cannot be scaled \(no FEAT_CNTSC\)/);
    expect(() =>
      admitMigration(
        'scaled',
        'paused',
        b,
        { ...a, cntsc: true, freqHz: 1_000_000 },
        {
          ...vm,
          time: firstGuestTime(1_000_000_000),
        },
      ),
    ).toThrow(/8\.24 fixed point/);
    expect(() => admitMigration('trap', 'paused', a, parseHost('freq=1GHz,ecv=0'), vm)).toThrow(/no FEAT_ECV/);
    expect(() => admitMigration('offset', 'paused', a, b, { ...vm, lpt })).toThrow(
      /offers LPT, and its PV counter would jump where the native frequency goes from 25000000 Hz to 1000000000 Hz/,
    );
  });

  it('is all: everything else is admitted, under every downtime', () => {
    for (const downtime of ['paused', 'elapsed', 'stolen'] as const) {
      expect(() => admitMigration('offset', downtime, a, b, vm)).not.toThrow();
      expect(() => admitMigration('lpt', downtime, a, b, { ...vm, lpt })).not.toThrow();
      expect(() => admitMigration('trap', downtime, a, b, { ...vm, lpt })).not.toThrow();
      expect(() => admitMigration('scaled', downtime, a, scalable, { ...vm, lpt })).not.toThrow();
      expect(() => admitMigration('refuse', downtime, a, { ...b, freqHz: a.freqHz }, vm)).not.toThrow();
    }
  });

  it('refuse is offset where the frequency is the same', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const same = { ...input, to: new HostCounter({ ...parseHost('1GHz'), freqHz: input.from.freqHz }) };
        expect(planMigration('refuse', same)).toEqual(planMigration('offset', same));
      }),
    );
  });
});

describe('lpt', () => {
  it('carries guest time exactly, and never steps the PV counter back', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planMigration('lpt', input);
        const [fromHz, toHz] = [BigInt(input.from.freqHz), BigInt(input.to.freqHz)];
        const passed = ((input.included * toHz) << FINE_BITS) / SECOND;
        for (const which of ['virtual', 'physical'] as const) {
          const exact = (guestTime(input, input.from, input.stop, which) * toHz) / fromHz;
          expect(guestTime(plan, input.to, input.resume, which) - passed).toBe(exact);
        }
        const [before] = viewsOf(input, input.from.count(input.stop));
        const [after] = viewsOf(plan, input.to.count(plan.resume));
        expect([plan.virtualBefore, plan.virtualAfter]).toEqual([before, after]);
        const { profile } = input.lpt!;
        const pvBefore = pvCountFromPage(profile, encodeLpt(input.lpt!), before!);
        const pvAfter = pvCountFromPage(profile, plan.lptPage!, after!);
        expect([plan.pvBefore, plan.pvAfter]).toEqual([pvBefore, pvAfter]);
        expect(pvAfter).toBeGreaterThanOrEqual(pvBefore);
      }),
      { numRuns: 3000 },
    );
  });

  it('re-bases every comparator: never early by guest time or by the PV counter, met stays met', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planMigration('lpt', input);
        const [fromHz, toHz] = [BigInt(input.from.freqHz), BigInt(input.to.freqHz)];
        for (const [vcpu, timer] of plan.timers.entries()) {
          const was = input.timers[vcpu]!;
          expect(timer.cntv.ctl).toBe(was.cntv.ctl);
          if (was.cntv.cval <= plan.virtualBefore) expect(timer.cntv.cval).toBeLessThanOrEqual(plan.virtualAfter);
          else if (timer.cntv.cval < MAX) {
            const due = (((was.cntv.cval << FINE_BITS) - input.time.leads.virtual) * toHz) / fromHz;
            const comes = (timer.cntv.cval << FINE_BITS) - plan.time.leads.virtual;
            expect(comes).toBeGreaterThanOrEqual(due);
            expect(pvCountUnbounded(plan.lpt!, timer.cntv.cval)).toBeGreaterThanOrEqual(
              pvCountUnbounded(input.lpt!, was.cntv.cval),
            );
            // At most a tick of each counter late, and what the multipliers' roundings are apart.
            if (was.cntv.cval > 1n << 57n) continue;
            const slack = toHz / fromHz + 3n + toHz / BigInt(input.lpt!.pvFreqHz);
            expect((comes - due) >> FINE_BITS).toBeLessThanOrEqual(slack);
          }
          if (was.cntp.cval <= input.from.count(input.stop)) {
            const view = new GenericTimer(timer).cntpct(input.to.count(plan.resume));
            expect(timer.cntp.cval).toBeLessThanOrEqual(view);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps a timer that never fires at the end of time', () => {
    const input: MigrationInput = {
      from: new HostCounter(parseHost('25MHz')),
      to: new HostCounter(parseHost('1GHz')),
      stop: SECOND,
      resume: 0n,
      included: 0n,
      timers: [{ ...resetTimerState(), cntv: { ctl: 1, cval: MAX }, cntp: { ctl: 1, cval: 0n } }],
      lpt: createLpt('rfc2020', 100_000_000, 25_000_000),
      time: firstGuestTime(25_000_000),
    };
    const [timer] = planMigration('lpt', input).timers;
    expect(timer).toMatchObject({ cntv: { ctl: 1, cval: MAX }, cntp: { ctl: 1, cval: 0n } });
  });

  it('computes the example of the design: 25 MHz to 1 GHz', () => {
    const input: MigrationInput = {
      from: new HostCounter(parseHost('25MHz')),
      to: new HostCounter(parseHost('freq=1GHz,start=5')),
      stop: 2n * SECOND,
      resume: 3n * SECOND,
      included: 0n,
      timers: [{ ...resetTimerState(), cntv: { ctl: 1, cval: 50_000_010n } }],
      lpt: createLpt('rfc2020', 100_000_000, 25_000_000),
      time: firstGuestTime(25_000_000),
    };
    const plan = planMigration('lpt', input);
    expect(plan).toMatchObject({
      virtualBefore: 50_000_000n,
      // 2^63 / 10 is rounded down, so that 2 * 10^9 still shows the PV tick before: the guest waits a tick.
      resume: 3n * SECOND + 1000n,
      virtualAfter: 2_000_000_001n,
      cntvoff: 1_000_000_005n,
      pvBefore: 200_000_000n,
      pvAfter: 200_000_000n,
    });
    // Not 400: the PV counter reads 200000040 one tick later.
    expect(plan.timers[0]!.cntv.cval).toBe(2_000_000_401n);
    expect(decodeLpt('rfc2020', plan.lptPage!)).toMatchObject({ sequence_number: 4n, native_freq: 1_000_000_000n });
  });

  it('refuses vCPUs that disagree, and where 64 bits do not do', () => {
    const from = new HostCounter(parseHost('19.2MHz'));
    const to = new HostCounter(parseHost('1GHz'));
    const lpt = createLpt('rfc2020', 19_200_000, 19_200_000);
    const time = firstGuestTime(19_200_000);
    const base = { from, to, stop: 0n, resume: 0n, included: 0n, timers: [resetTimerState()], lpt, time };
    expect(() => planMigration('lpt', { ...base, timers: [resetTimerState(), resetTimerState(1n)] })).toThrow(
      /vCPU 1's/,
    );
    expect(() => planMigration('lpt', { ...base, timers: [resetTimerState(1n)] })).toThrow(/does not fit 64 bits/);
    expect(() => planMigration('offset', { ...base, timers: [] })).toThrow(/no vCPU/);
  });
});
