import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostCounter } from '../../host/counter.js';
import {
  decodeVmclock,
  encodeVmclock,
  VMCLOCK_FIELDS,
  vmclockAt,
  vmclockPage,
  vmclockTime,
  vmclockValues,
} from './index.js';

const PS = 1_000_000_000_000n;
const EPOCH = 1_767_225_600n * PS;

const counterOf = (freqHz: number, ppm = 0, start = 0n): HostCounter =>
  new HostCounter({ name: 'host', freqHz, ppm, start });

/** From 1 MHz to 2 GHz, with drift. */
const counters = fc
  .record({
    freq: fc.integer({ min: 1_000_000, max: 2_000_000_000 }),
    ppb: fc.integer({ min: -100_000, max: 100_000 }),
    start: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
  })
  .map(({ freq, ppb, start }) => ({ freq, of: counterOf(freq, ppb / 1000, start) }));
const instants = fc.bigInt({ min: 0n, max: 1_000_000n * PS });
const spans = fc.bigInt({ min: 0n, max: 100_000n * PS });

describe('the page', () => {
  it('has its fields where the ABI has them', () => {
    const offsets = Object.fromEntries(VMCLOCK_FIELDS.map((f) => [f.name, f.offset]));
    expect(offsets).toMatchObject({ seq_count: 12, disruption_marker: 16, flags: 24, clock_status: 34 });
    expect(offsets).toMatchObject({ counter_period_shift: 39, counter_value: 40, vm_generation_counter: 104 });
    const page = encodeVmclock({ magic: 0x4b4c4356n, version: 1n, counter_period_shift: 29n });
    expect(page.length).toBe(4096);
    expect([...page.subarray(0, 4)]).toEqual([...Buffer.from('VCLK')]);
    expect([page[8], page[9], page[39]]).toEqual([1, 0, 29]);
    expect(decodeVmclock(page)).toMatchObject({ magic: 0x4b4c4356n, version: 1n, counter_period_shift: 29n });
  });

  it('says 1 GHz exactly as far as 64 bits go', () => {
    const state = vmclockAt({ counter: counterOf(1e9), cntvoff: 0n, now: 0n, utc: EPOCH, notBefore: 0n }, 0);
    expect(state).toMatchObject({ shift: 29, period: (1n << 93n) / 1_000_000_000n, count: 0n, utc: EPOCH });
    const values = decodeVmclock(vmclockPage(state));
    expect(values).toMatchObject({
      time_sec: 1_767_225_600n,
      time_frac_sec: 0n,
      seq_count: 0n,
      time_maxerror_nanosec: 2n,
    });
  });

  it('knows TAI since 2017', () => {
    const at = (seconds: bigint) => {
      const instant = { counter: counterOf(1e9), cntvoff: 0n, now: 0n, utc: seconds * PS, notBefore: 0n };
      const { flags, tai_offset_sec: offset } = decodeVmclock(vmclockPage(vmclockAt(instant, 0)));
      return [flags! & 1n, BigInt.asIntN(16, offset!)];
    };
    expect([at(1_483_228_799n), at(1_483_228_800n)]).toEqual([
      [0n, 0n],
      [1n, -37n],
    ]);
  });

  it('has an even sequence count, and a marker that changes, at every migration', () => {
    const counter = counterOf(25e6);
    const of = (n: number) => vmclockValues(vmclockAt({ counter, cntvoff: 0n, now: 1n, utc: 1n, notBefore: 0n }, n));
    expect([0, 1, 2].map((n) => [of(n).seq_count, of(n).disruption_marker])).toEqual([
      [0n, 0n],
      [2n, 1n],
      [4n, 2n],
    ]);
    expect(of(2 ** 31).seq_count).toBe(0n);
  });
});

describe('the time of a count', () => {
  it('is never late and at most a tick early, for days, whatever the counter', () => {
    fc.assert(
      fc.property(counters, instants, spans, ({ freq, of: counter }, now, later) => {
        const cntvoff = counter.count(now / 2n);
        const state = vmclockAt({ counter, cntvoff, now, utc: EPOCH + now, notBefore: 0n }, 1);
        expect(state.period >> 63n).toBe(1n);
        const values = decodeVmclock(vmclockPage(state));
        const count = counter.count(now + later);
        const time = vmclockTime(values, BigInt.asUintN(64, count - cntvoff));
        const truth = ((EPOCH + now + later) << 64n) / PS;
        const tick = (2n << 64n) / BigInt(freq);
        expect(time).toBeLessThanOrEqual(truth);
        // A picosecond for timeOf, and what 100000 s of a period that is a unit short come to.
        expect(truth - time).toBeLessThanOrEqual(tick + (2n << 64n) / PS);
      }),
    );
  });

  it('does not go back at a migration, however short', () => {
    fc.assert(
      fc.property(counters, counters, instants, fc.bigInt({ min: 0n, max: 2_000_000n }), (a, b, stop, downtime) => {
        const before = vmclockAt(
          { counter: a.of, cntvoff: 0n, now: stop / 2n, utc: EPOCH + stop / 2n, notBefore: 0n },
          0,
        );
        const last = vmclockTime(vmclockValues(before), BigInt.asUintN(64, a.of.count(stop)));
        const now = stop + downtime;
        const instant = { counter: b.of, cntvoff: 5n, now, utc: EPOCH + now, notBefore: EPOCH + stop };
        const values = vmclockValues(vmclockAt(instant, 1));
        const first = vmclockTime(values, BigInt.asUintN(64, b.of.count(now) - 5n));
        expect(first).toBeGreaterThanOrEqual(last);
        const error = (values.time_maxerror_nanosec! << 64n) / 1_000_000_000n;
        const truth = ((EPOCH + now) << 64n) / PS;
        expect(first - truth).toBeLessThanOrEqual(error);
        expect(truth - first).toBeLessThanOrEqual(error);
      }),
    );
  });
});
