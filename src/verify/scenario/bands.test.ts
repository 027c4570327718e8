import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIVITIES, ActivityBands } from './bands.js';

const stretch = fc.record({
  kind: fc.nat({ max: ACTIVITIES.length - 1 }),
  length: fc.oneof(fc.bigInt(1n, 100_000n), fc.bigInt(1n, 10n ** 13n)),
});

describe('bands', () => {
  it('keep the sum of every activity, in bounded room, each in its place', () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 60 }), (list) => {
        const bands = new ActivityBands(1);
        const sums = ACTIVITIES.map(() => 0);
        let at = 0n;
        for (const { kind, length } of list) {
          bands.add(0, ACTIVITIES[kind]!, at, at + length);
          sums[kind]! += Number(length) / 1000;
          at += length;
        }
        const { width, vcpus } = bands.bands;
        const [stretches] = vcpus;
        expect(stretches!.length).toBeLessThanOrEqual(384);
        expect(stretches!.length).toBe(Math.min(384, Math.max(0, Math.ceil(Number(at) / 1000 / width - 1e-9))));
        for (const [i, column] of stretches!.entries()) {
          const total = column.reduce((a, b) => a + b, 0);
          // All but the last are full.
          if (i < stretches!.length - 1) expect(Math.abs(total / width - 1)).toBeLessThan(1e-6);
        }
        for (const [kind, sum] of sums.entries()) {
          const booked = stretches!.reduce((total, column) => total + column[kind]!, 0);
          expect(Math.abs(booked - sum)).toBeLessThanOrEqual(1e-6 + Number(at) * 1e-12);
        }
      }),
      { numRuns: 300 },
    );
  });
});
