import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSteal, type StealPattern, StealSchedule } from './steal.js';

fc.configureGlobal({ seed: 1 });

const MS = 1_000_000_000n;

describe('parseSteal', () => {
  it('reads a pattern', () => {
    expect(parseSteal('vcpu=0 every=10ms for=3ms')).toEqual({
      vcpu: 0,
      every: 10n * MS,
      length: 3n * MS,
      phase: 0n,
      jitter: 0n,
    });
    expect(parseSteal('every=10ms,for=3ms,phase=2ms,jitter=7ms')).toEqual({
      vcpu: 'all',
      every: 10n * MS,
      length: 3n * MS,
      phase: 2n * MS,
      jitter: 7n * MS,
    });
  });

  it.each([
    ['', 'unknown part ; say "vcpu=0 every=10ms for=3ms"'],
    ['vcpu=0 for=3ms', 'no period; add every=10ms'],
    ['vcpu=0 every=3ms', 'no length; add for=3ms'],
    ['every=3ms for=3ms', 'for is not less than every'],
    ['every=3ms for=0ms', 'for=0 steals nothing'],
    ['every=10ms for=3ms jitter=8ms', 'jitter is more than every - for'],
    ['every=10 for=3ms', 'every 10: no unit'],
    ['vcpu=x every=10ms for=3ms', 'vcpu x is not a number'],
    ['every=10ms for=3ms for=4ms', 'for is given twice'],
  ])('refuses %j', (text, message) => {
    expect(() => parseSteal(text)).toThrow(RangeError);
    expect(() => parseSteal(text)).toThrow(message);
  });
});

describe('StealSchedule', () => {
  it('follows one pattern', () => {
    const schedule = new StealSchedule([parseSteal('vcpu=1 every=10ms for=3ms phase=5ms')]);
    expect(schedule.stolenUntil(0n, 1)).toBeNull();
    expect(schedule.nextStealStart(0n, 1)).toBe(5n * MS);
    expect(schedule.stolenUntil(5n * MS, 1)).toBe(8n * MS);
    expect(schedule.stolenUntil(8n * MS - 1n, 1)).toBe(8n * MS);
    expect(schedule.stolenUntil(8n * MS, 1)).toBeNull();
    expect(schedule.nextStealStart(6n * MS, 1)).toBe(6n * MS);
    expect(schedule.nextStealStart(8n * MS, 1)).toBe(15n * MS);
    expect(schedule.stolenUntil(1005n * MS, 1)).toBe(1008n * MS);
    expect(schedule.stolenUntil(6n * MS, 0)).toBeNull();
    expect(schedule.nextStealStart(0n, 0)).toBeNull();
  });

  it('merges patterns that touch or overlap', () => {
    const schedule = new StealSchedule([
      parseSteal('every=10ms for=3ms'),
      parseSteal('every=20ms for=3ms phase=3ms'),
      parseSteal('vcpu=0 every=40ms for=2ms phase=5ms'),
    ]);
    expect(schedule.stolenUntil(0n, 0)).toBe(7n * MS);
    expect(schedule.stolenUntil(0n, 1)).toBe(6n * MS);
    expect(schedule.stolenUntil(10n * MS, 0)).toBe(13n * MS);
  });

  it('refuses patterns that leave a vCPU no time', () => {
    const half = (vcpu: number | 'all', phase: bigint): StealPattern => ({
      vcpu,
      every: 10n * MS,
      length: 5n * MS,
      phase,
      jitter: 0n,
    });
    expect(() => new StealSchedule([half('all', 0n), half(2, 5n * MS)])).toThrow(
      /patterns of vCPU 2 together take all/,
    );
    expect(() => new StealSchedule([half('all', 0n), half('all', 0n)])).toThrow(/patterns of all vCPUs/);
    expect(() => new StealSchedule([half(1, 0n), half(2, 0n)])).not.toThrow();
  });

  const patterns = fc.array(
    fc
      .record({
        vcpu: fc.constantFrom<(number | 'all')[]>(0, 1, 'all'),
        every: fc.bigInt({ min: 40n, max: 100n }),
        length: fc.bigInt({ min: 1n, max: 12n }),
        phase: fc.bigInt({ min: 0n, max: 200n }),
        jitterShare: fc.bigInt({ min: 0n, max: 100n }),
      })
      .map(({ jitterShare, ...p }) => ({ ...p, jitter: ((p.every - p.length) * jitterShare) / 100n })),
    { maxLength: 3 },
  );

  it('agrees with itself instant by instant, and takes each share exactly', () => {
    fc.assert(
      fc.property(patterns, fc.integer(), (list, seed) => {
        const schedule = new StealSchedule(list, seed);
        const stolen = (t: bigint) => schedule.stolenUntil(t, 0) !== null;
        for (let t = 0n; t < 400n; t++) {
          const until = schedule.stolenUntil(t, 0);
          const next = schedule.nextStealStart(t, 0);
          if (until !== null) {
            expect(next).toBe(t);
            expect(stolen(until)).toBe(false);
            for (let u = t; u < until; u++) expect(stolen(u)).toBe(true);
          } else if (next !== null) {
            expect(next).toBeGreaterThan(t);
            expect(stolen(next)).toBe(true);
            expect(stolen(next - 1n)).toBe(false);
          }
        }
        for (const pattern of list) {
          const alone = new StealSchedule([{ ...pattern, vcpu: 0 }], seed);
          for (let n = 0n; n < 5n; n++) {
            let total = 0n;
            const start = pattern.phase + n * pattern.every;
            for (let t = start; t < start + pattern.every; t++) total += alone.stolenUntil(t, 0) === null ? 0n : 1n;
            expect(total).toBe(pattern.length);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('jitter depends on the seed, the vCPU and the period, and on nothing else', () => {
    const pattern = parseSteal('every=10ms for=1ms jitter=9ms');
    const starts = (seed: number, vcpu: number) => {
      const schedule = new StealSchedule([pattern], seed);
      return Array.from({ length: 8 }, (_, n) => schedule.nextStealStart(BigInt(n) * 10n * MS, vcpu));
    };
    expect(starts(1, 0)).toEqual(starts(1, 0));
    expect(starts(1, 0)).not.toEqual(starts(2, 0));
    expect(starts(1, 0)).not.toEqual(starts(1, 1));
    expect(new Set(starts(1, 0).map((s) => s! % (10n * MS))).size).toBeGreaterThan(4);
  });
});
