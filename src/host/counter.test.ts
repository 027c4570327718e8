import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostCounter } from './counter.js';
import { HOST_PRESETS, type HostSpec } from './frequency.js';

fc.configureGlobal({ seed: 1 });

const specs = fc.record({
  name: fc.constant('h'),
  freqHz: fc.oneof(fc.integer({ min: 1, max: 2_000_000_000 }), fc.constantFrom(...HOST_PRESETS.map((p) => p.freqHz))),
  ppm: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -100_000_000, max: 100_000_000 }).map((ppb) => ppb / 1000),
  ),
  start: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
});
// Up to ten years of host time.
const instants = fc.bigInt({ min: 0n, max: 320_000_000n * 10n ** 12n });

/** The definition, unreduced. */
function definition({ freqHz, ppm, start }: HostSpec, t: bigint): bigint {
  return (BigInt(freqHz) * (10n ** 9n + BigInt(Math.round(ppm * 1000))) * t) / 10n ** 21n + start;
}

describe('HostCounter', () => {
  it('is the definition at any instant', () => {
    fc.assert(
      fc.property(specs, instants, (spec, t) => {
        expect(new HostCounter(spec).count(t)).toBe(definition(spec, t));
      }),
      { numRuns: 2000 },
    );
  });

  it('timeOf is the first instant with at least that count', () => {
    fc.assert(
      fc.property(specs, instants, (spec, t) => {
        const counter = new HostCounter(spec);
        const count = counter.count(t);
        const first = counter.timeOf(count);
        expect(first).toBeLessThanOrEqual(t);
        expect(counter.count(first)).toBe(count);
        if (first > 0n) expect(counter.count(first - 1n)).toBe(count - 1n);
      }),
      { numRuns: 2000 },
    );
  });

  it('timeOf answers for counts that no instant shows exactly', () => {
    fc.assert(
      fc.property(specs, fc.bigInt({ min: -5n, max: 10n ** 20n }), (spec, ticks) => {
        const counter = new HostCounter(spec);
        const t = counter.timeOf(spec.start + ticks);
        expect(counter.count(t) >= spec.start + ticks).toBe(true);
        if (t > 0n) expect(counter.count(t - 1n) < spec.start + ticks).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is exact near 2^56 and after a century', () => {
    const start = (1n << 56n) - 3n;
    const counter = new HostCounter({ name: 'h', freqHz: 19_200_000, ppm: 0, start });
    expect(counter.count(0n)).toBe(start);
    expect(counter.count(52_083n)).toBe(start);
    expect(counter.count(52_084n)).toBe(start + 1n);
    const century = 3_155_760_000n * 10n ** 12n;
    expect(counter.count(century) - start).toBe(3_155_760_000n * 19_200_000n);
  });

  it('applies drift in parts per billion', () => {
    const second = 10n ** 12n;
    const counter = (ppm: number) => new HostCounter({ name: 'h', freqHz: 1_000_000_000, ppm, start: 0n });
    expect(counter(30).count(second)).toBe(1_000_030_000n);
    expect(counter(-0.001).count(second)).toBe(999_999_999n);
    expect(counter(0.1 + 0.2).count(second)).toBe(1_000_000_300n);
    expect(counter(30).freqHz).toBe(1_000_000_000);
  });
});
