import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timeline } from './timeline.js';

fc.configureGlobal({ seed: 1 });

const GIGA = 1_000_000_000;
const ips = fc.constantFrom(1e6, 1e9, 12_500_000, 1e12, 3_125_000);
const slots = fc.integer({ min: 1, max: 1e7 });

describe('a slot', () => {
  it('is whole picoseconds', () => {
    expect(new Timeline(GIGA).slotPs).toBe(1000n);
    expect(new Timeline(1e12).slotPs).toBe(1n);
  });

  it.each([0, 999_999, 3e8, 7e6, 1.5e6, 2e12, Number.NaN, Number.POSITIVE_INFINITY])(
    'cannot be had at %d a second',
    (n) => {
      expect(() => new Timeline(n)).toThrow(RangeError);
    },
  );
});

describe('time', () => {
  it('is the sum of all slots, however they are cut', () => {
    fc.assert(
      fc.property(ips, fc.array(slots), (rate, parts) => {
        const line = new Timeline(rate);
        for (const part of parts) line.spend(part);
        expect(line.now()).toBe(line.slotPs * BigInt(parts.reduce((a, b) => a + b, 0)));
      }),
    );
  });

  it('counts slots that are not spent yet as it will when they are', () => {
    fc.assert(
      fc.property(ips, fc.integer({ min: 1, max: 8 }), slots, slots, (rate, parallel, before, more) => {
        const line = new Timeline(rate);
        line.setParallel(parallel);
        line.spend(before);
        const ahead = line.now(more);
        line.spend(more);
        expect(line.now()).toBe(ahead);
      }),
    );
  });

  it('takes as long for m processors that run side by side as for one', () => {
    for (let m = 1; m <= 8; m++) {
      const line = new Timeline(GIGA);
      line.setParallel(m);
      for (let turn = 0; turn < m; turn++) line.spend(12_345);
      expect(line.now()).toBe(12_345_000n);
    }
  });

  it('loses less than a picosecond at each change of the number of processors, and never goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), slots)), (steps) => {
        const line = new Timeline(GIGA);
        let exact = 0; // in 1/840 ps: 840 is a multiple of 1 to 8
        let last = 0n;
        for (const [parallel, count] of steps) {
          line.setParallel(parallel);
          expect(line.now()).toBe(last);
          line.spend(count);
          exact += (count * 1000 * 840) / parallel;
          expect(line.now()).toBeGreaterThanOrEqual(last);
          last = line.now();
        }
        const lost = Math.floor(exact / 840) - Number(last);
        expect(lost).toBeGreaterThanOrEqual(-1e-3);
        expect(lost).toBeLessThanOrEqual(steps.length);
      }),
    );
  });

  it('knows the least number of slots to an instant', () => {
    fc.assert(
      fc.property(
        ips,
        fc.integer({ min: 1, max: 8 }),
        slots,
        fc.bigInt({ min: 0n, max: 10n ** 13n }),
        (rate, m, done, at) => {
          const line = new Timeline(rate);
          line.setParallel(m);
          line.spend(done);
          const needed = Number(line.slotsUntil(at));
          expect(line.now(needed)).toBeGreaterThanOrEqual(at);
          if (needed) expect(line.now(needed - 1)).toBeLessThan(at);
        },
      ),
    );
  });

  it('jumps forward and not back', () => {
    const line = new Timeline(GIGA);
    line.setParallel(3);
    line.spend(100);
    line.advanceTo(1_000_000n);
    expect(line.now()).toBe(1_000_000n);
    line.advanceTo(999_999n);
    expect(line.now()).toBe(1_000_000n);
    line.spend(3);
    expect(line.now()).toBe(1_001_000n);
  });

  it('goes on from its saved state, fractions of a picosecond included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), slots, slots, (parallel, before, behind) => {
        const line = new Timeline(1e12);
        line.setParallel(parallel);
        line.spend(before);
        const copy = new Timeline(1e12, structuredClone(line.save()));
        line.spend(behind);
        copy.spend(behind);
        expect(copy.now()).toBe(line.now());
        expect(copy.save()).toEqual(line.save());
      }),
    );
  });
});
