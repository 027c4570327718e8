import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GenericTimer, resetTimerState, type TimerState } from '../../arch/timer/generic-timer.js';
import { HostCounter } from '../../host/counter.js';
import { HOST_PRESETS, type HostSpec, parseHost } from '../../host/frequency.js';
import { createLpt, decodeLpt, encodeLpt, type LptProfile, pvCountFromPage } from '../pvtime/index.js';
import {
  admitMigration,
  type MigrationInput,
  parseDowntime,
  parseStrategy,
  planMigration,
  STRATEGIES,
} from './index.js';

fc.configureGlobal({ seed: 1 });

const MAX = (1n << 64n) - 1n;
const SECOND = 10n ** 12n;
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
  })
  .filter(({ from, to }) => from.start <= 1n << 50n || (isPreset(from) && isPreset(to)))
  .map(({ from, to, stop, resume, share, timers, profile, pv }) => {
    const counter = new HostCounter(from);
    // The virtual counter is anywhere between 0 and the physical one.
    const reset = resetTimerState((counter.count(stop) * share) >> 20n);
    return {
      from: counter,
      to: new HostCounter(to),
      stop,
      resume,
      timers: timers.map(([cntv, cntp]): TimerState => ({ ...reset, cntv, cntp })),
      lpt: createLpt(profile, pv, from.freqHz),
    };
  });

function viewsOf({ timers }: { timers: readonly TimerState[] }, count: bigint) {
  return timers.map((t) => new GenericTimer(t).cntvct(count));
}

describe('names', () => {
  it('reads what is there and says so of what is not', () => {
    for (const name of STRATEGIES) expect(parseStrategy(name)).toBe(name);
    expect(parseDowntime('paused')).toBe('paused');
    expect(() => parseStrategy('trap')).toThrow(
      new RangeError('--strategy trap: not available in this version; available: offset, lpt, refuse'),
    );
    expect(() => parseStrategy('scaled')).toThrow('not available in this version; available: offset, lpt, refuse');
    expect(() => parseStrategy('lpt2')).toThrow('--strategy lpt2: no such strategy; available: offset, lpt, refuse');
    for (const name of ['elapsed', 'stolen']) {
      expect(() => parseDowntime(name)).toThrow(
        new RangeError(`--downtime ${name}: not available in this version; available: paused`),
      );
    }
  });
});

describe('offset', () => {
  it('keeps the counters and every comparator, whatever the hosts', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planMigration('offset', input);
        const [before] = viewsOf(input, input.from.count(input.stop));
        expect(plan.virtualBefore).toBe(before);
        expect(plan.virtualAfter).toBe(before);
        expect(viewsOf(plan, input.to.count(input.resume))).toEqual([before, before]);
        for (const [vcpu, timer] of plan.timers.entries()) {
          const was = input.timers[vcpu]!;
          expect([timer.cntv, timer.cntp, timer.cntkctl]).toEqual([was.cntv, was.cntp, was.cntkctl]);
          expect(timer.cntvoff).toBe(plan.cntvoff);
          expect(new GenericTimer(timer).cntpct(input.to.count(input.resume))).toBe(
            new GenericTimer(was).cntpct(input.from.count(input.stop)),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('needs no LPT, and keeps PV time exact where the frequency stays', () => {
    const from = new HostCounter(parseHost('25MHz'));
    const to = new HostCounter(parseHost('freq=25MHz,start=777'));
    const input = { from, to, stop: 5n * SECOND, resume: SECOND, timers: [resetTimerState(1000n)], lpt: null };
    expect(planMigration('offset', input)).toMatchObject({
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

describe('refuse', () => {
  it('refuses another frequency with both in the error, before anything is done', () => {
    expect(() => admitMigration('refuse', 25_000_000, 1_000_000_000, null)).toThrow(
      /refused: .* 1000000000 Hz, the source's at 25000000 Hz/,
    );
    expect(() => admitMigration('offset', 25_000_000, 1_000_000_000, null)).not.toThrow();
  });

  it('is offset where the frequency is the same', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        if (input.from.freqHz === input.to.freqHz) {
          expect(planMigration('refuse', input)).toEqual(planMigration('offset', input));
        } else {
          expect(() => planMigration('refuse', input)).toThrow(RangeError);
        }
      }),
    );
  });
});

describe('lpt', () => {
  it('never steps the PV counter back, nor forward by more than one tick', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planMigration('lpt', input);
        const [before] = viewsOf(input, input.from.count(input.stop));
        const [after] = viewsOf(plan, input.to.count(input.resume));
        expect([plan.virtualBefore, plan.virtualAfter]).toEqual([before, after]);
        const { profile, pvFreqHz } = input.lpt!;
        const pvBefore = pvCountFromPage(profile, encodeLpt(input.lpt!), before!);
        const pvAfter = pvCountFromPage(profile, plan.lptPage!, after!);
        expect([plan.pvBefore, plan.pvAfter]).toEqual([pvBefore, pvAfter]);
        expect(pvAfter).toBeGreaterThanOrEqual(pvBefore);
        const tick = BigInt(Math.ceil(pvFreqHz / input.to.freqHz));
        // The multipliers' rounding: below one PV tick each while the PV counter is below 2^62.
        expect(pvAfter - pvBefore).toBeLessThanOrEqual(tick + 2n);
      }),
      { numRuns: 3000 },
    );
  });

  it('re-bases every comparator: never early, less than two ticks late, met stays met', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planMigration('lpt', input);
        const [fromHz, toHz] = [BigInt(input.from.freqHz), BigInt(input.to.freqHz)];
        for (const [vcpu, timer] of plan.timers.entries()) {
          const was = input.timers[vcpu]!;
          const left = was.cntv.cval - plan.virtualBefore;
          const leftNow = timer.cntv.cval - plan.virtualAfter;
          expect(timer.cntv.ctl).toBe(was.cntv.ctl);
          expect(leftNow <= 0n).toBe(left <= 0n);
          if (timer.cntv.cval === 0n || timer.cntv.cval === MAX) continue;
          expect(leftNow * fromHz).toBeGreaterThanOrEqual(left * toHz);
          expect((leftNow - 1n) * fromHz).toBeLessThan(left * toHz);
        }
        const [stop, resume] = [input.from.count(input.stop), input.to.count(input.resume)];
        for (const [vcpu, timer] of plan.timers.entries()) {
          const [old, now] = [new GenericTimer(input.timers[vcpu]), new GenericTimer(timer)];
          expect([now.lineV(resume), now.lineP(resume)]).toEqual([old.lineV(stop), old.lineP(stop)]);
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
      timers: [{ ...resetTimerState(), cntv: { ctl: 1, cval: MAX }, cntp: { ctl: 1, cval: 0n } }],
      lpt: createLpt('rfc2020', 100_000_000, 25_000_000),
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
      timers: [{ ...resetTimerState(), cntv: { ctl: 1, cval: 50_000_010n } }],
      lpt: createLpt('rfc2020', 100_000_000, 25_000_000),
    };
    const plan = planMigration('lpt', input);
    expect(plan).toMatchObject({
      virtualBefore: 50_000_000n,
      // 2^63 / 10 is rounded down, so that 2 * 10^9 still shows the PV tick before.
      virtualAfter: 2_000_000_001n,
      cntvoff: 1_000_000_004n,
      pvBefore: 200_000_000n,
      pvAfter: 200_000_000n,
    });
    expect(plan.timers[0]!.cntv.cval - plan.virtualAfter).toBe(400n);
    expect(decodeLpt('rfc2020', plan.lptPage!)).toMatchObject({ sequence_number: 4n, native_freq: 1_000_000_000n });
  });

  it('refuses without LPT, with vCPUs that disagree, and where 64 bits do not do', () => {
    const from = new HostCounter(parseHost('19.2MHz'));
    const to = new HostCounter(parseHost('1GHz'));
    const lpt = createLpt('rfc2020', 19_200_000, 19_200_000);
    const base = { from, to, stop: 0n, resume: 0n, timers: [resetTimerState()], lpt };
    expect(() => planMigration('lpt', { ...base, lpt: null })).toThrow(/--strategy lpt: the VM has no LPT structure/);
    expect(() => planMigration('lpt', { ...base, timers: [resetTimerState(), resetTimerState(1n)] })).toThrow(
      /vCPU 1's/,
    );
    expect(() => planMigration('lpt', { ...base, timers: [resetTimerState(1n)] })).toThrow(/does not fit 64 bits/);
    expect(() => planMigration('offset', { ...base, timers: [] })).toThrow(/no vCPU/);
  });
});

/** Runs a VM over many hosts under `lpt`; returns its PV readings against the PV time that passed while it ran. */
function tour(hosts: readonly HostSpec[], pvHz: number, seed: number) {
  let random = seed >>> 0 || 1;
  const next = (limit: bigint) => {
    random = Math.imul(random, 1664525) + 1013904223;
    return (BigInt(random >>> 0) * limit) >> 32n;
  };
  let spec = hosts[0]!;
  let timers: TimerState[] = [resetTimerState(new HostCounter(spec).count(0n))];
  let lpt = createLpt('rfc2020', pvHz, spec.freqHz);
  let page = encodeLpt(lpt);
  let start = 0n;
  let reading = 0n;
  let jumps = 0n;
  let largest = 0n;
  for (const to of hosts.slice(1)) {
    const from = new HostCounter(spec);
    const stop = start + next(SECOND) + 1n;
    const view = (t: bigint) => pvCountFromPage('rfc2020', page, new GenericTimer(timers[0]!).cntvct(from.count(t)));
    const readings = [start, start + (stop - start) / 3n, stop].map(view);
    for (const pv of readings) {
      expect(pv).toBeGreaterThanOrEqual(reading);
      reading = pv;
    }
    const resume = next(1000n * SECOND);
    const plan = planMigration('lpt', { from, to: new HostCounter(to), stop, resume, timers, lpt });
    expect(plan.pvBefore).toBe(reading);
    const jump = plan.pvAfter! - plan.pvBefore!;
    jumps += jump;
    if (jump > largest) largest = jump;
    [spec, timers, lpt, page, start] = [to, plan.timers, plan.lpt!, plan.lptPage!, resume];
  }
  return { jumps, largest, runs: lpt.runs };
}

describe('a thousand migrations under lpt', () => {
  const random = fc.array(presets, { minLength: 1001, maxLength: 1001 });
  const hostsOf = (frequencies: readonly number[]) =>
    frequencies.map((freqHz, i): HostSpec => ({ name: `${i}`, freqHz, ppm: 0, start: BigInt(i) * 12_345_678_901n }));

  it('never step PV time back, and each adds at most one tick of the destination or of PV', () => {
    fc.assert(
      fc.property(random, presets, fc.integer(), (frequencies, pvHz, seed) => {
        const { jumps, largest, runs } = tour(hostsOf(frequencies), pvHz, seed);
        expect(runs).toBe(1001);
        const slowest = Math.min(...frequencies);
        expect(largest).toBeLessThanOrEqual(BigInt(Math.ceil(pvHz / slowest)) + 1n);
        const bound = frequencies.slice(1).reduce((sum, hz) => sum + Math.ceil(pvHz / hz), 0);
        expect(jumps).toBeLessThanOrEqual(BigInt(bound));
      }),
      { numRuns: 5 },
    );
  });

  it('add nothing to PV time where each host ticks a multiple of as often as the one before', () => {
    const frequencies = [25_000_000, 50_000_000, 100_000_000, 1_000_000_000];
    expect(tour(hostsOf(frequencies), 25_000_000, 1).jumps).toBe(0n);
    expect(tour(hostsOf(Array.from({ length: 1001 }, () => 19_200_000)), 1_000_000_000, 1).jumps).toBe(0n);
  });
});
