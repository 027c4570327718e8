import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { el0MayAccess, eventBetween } from './event-stream.js';
import { GenericTimer, resetTimerState, type TimerState } from './generic-timer.js';

fc.configureGlobal({ seed: 1 });

const MAX = (1n << 64n) - 1n;
const edges = [
  0n,
  1n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 56n,
  (1n << 63n) - 1n,
  1n << 63n,
  MAX - 1n,
  MAX,
];
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: MAX }), fc.constantFrom(...edges));
const comparator = fc.record({ ctl: fc.integer({ min: 0, max: 3 }), cval: u64 });
const states: fc.Arbitrary<TimerState> = fc.record({
  cntvoff: u64,
  cntpoff: u64,
  cntkctl: fc.bigInt({ min: 0n, max: 0x3ffn }),
  cntv: comparator,
  cntp: comparator,
});
const counts = fc.oneof(fc.bigInt({ min: 0n, max: 1n << 70n }), fc.constantFrom(...edges));

function armed(view: bigint, cval: bigint, ctl = 1): { timer: GenericTimer; count: bigint } {
  const count = 1n << 40n;
  const timer = new GenericTimer(resetTimerState(count - view));
  timer.write('CNTV_CVAL_EL0', cval, count);
  timer.write('CNTV_CTL_EL0', BigInt(ctl), count);
  return { timer, count };
}

describe('counters', () => {
  it('subtracts the offsets modulo 2^64', () => {
    fc.assert(
      fc.property(states, counts, (state, count) => {
        const timer = new GenericTimer(state);
        expect(timer.read('CNTVCT_EL0', count)).toBe((((count - state.cntvoff) % (MAX + 1n)) + MAX + 1n) % (MAX + 1n));
        expect(timer.read('CNTPCT_EL0', count)).toBe((((count - state.cntpoff) % (MAX + 1n)) + MAX + 1n) % (MAX + 1n));
      }),
    );
  });

  it('is not writable', () => {
    expect(() => new GenericTimer().write('CNTVCT_EL0', 1n, 0n)).toThrow(RangeError);
  });
});

describe('CTL', () => {
  it.each([
    // ctl, view, cval, CTL as read, line
    [0, 5n, 5n, 0, false],
    [2, 5n, 5n, 2, false],
    [1, 4n, 5n, 1, false],
    [1, 5n, 5n, 5, true],
    [1, 6n, 5n, 5, true],
    [3, 5n, 5n, 7, false],
    [1, 0n, 0n, 5, true],
    [1, MAX, 0n, 5, true],
    [1, 0n, MAX, 1, false],
    [1, MAX - 1n, MAX, 1, false],
    [1, MAX, MAX, 5, true],
    [1, (1n << 63n) - 1n, 1n << 63n, 1, false],
    [1, 1n << 63n, (1n << 63n) - 1n, 5, true],
  ])('ctl %i, counter %i, CVAL %i', (ctl, view, cval, read, line) => {
    const { timer, count } = armed(view, cval, ctl);
    expect(timer.read('CNTV_CTL_EL0', count)).toBe(BigInt(read));
    expect(timer.lineV(count)).toBe(line);
    expect(timer.lineP(count)).toBe(false);
  });

  it('keeps ENABLE and IMASK only', () => {
    const timer = new GenericTimer();
    timer.write('CNTP_CTL_EL0', MAX, 0n);
    expect(timer.save().cntp.ctl).toBe(3);
    timer.write('CNTKCTL_EL1', MAX, 0n);
    expect(timer.read('CNTKCTL_EL1', 0n)).toBe(0x3ffn);
  });
});

describe('TVAL', () => {
  it.each([
    [100n, 1n, 101n],
    [100n, 0n, 100n],
    [100n, 0xffff_ffffn, 99n],
    [100n, 0x7fff_ffffn, 100n + 0x7fff_ffffn],
    [100n, 0x8000_0000n, (100n - 0x8000_0000n) & MAX],
    [100n, 0xdead_0000_0001n, 100n + 1n],
    [MAX, 1n, 0n],
    [0n, 0xffff_ffffn, MAX],
  ])('written at counter %i as %i gives CVAL %i', (view, tval, cval) => {
    const { timer, count } = armed(view, 7n);
    timer.write('CNTV_TVAL_EL0', tval, count);
    expect(timer.read('CNTV_CVAL_EL0', count)).toBe(cval);
    expect(timer.read('CNTV_TVAL_EL0', count)).toBe(tval & 0xffff_ffffn);
  });

  it('counts down through zero to negative values, and wraps at 32 bits', () => {
    const { timer, count } = armed(1000n, 1002n);
    const tval = (n: bigint) => timer.read('CNTV_TVAL_EL0', count + n);
    expect([0n, 1n, 2n, 3n].map(tval)).toEqual([2n, 1n, 0n, 0xffff_ffffn]);
    expect(tval(2n + (1n << 31n))).toBe(0x8000_0000n);
    expect(tval(3n + (1n << 31n))).toBe(0x7fff_ffffn);
    // The condition stays met where TVAL looks positive again (D11.2.4: the CompareValue view decides).
    expect(timer.read('CNTV_CTL_EL0', count + 3n + (1n << 31n))).toBe(5n);
  });
});

describe('nextDeadlineCount', () => {
  it('is the first count at which a line rises', () => {
    fc.assert(
      fc.property(states, counts, (state, count) => {
        const timer = new GenericTimer(state);
        const next = timer.nextDeadlineCount(count);
        const low = { v: timer.lineV(count), p: timer.lineP(count) };
        if (next === null) {
          for (const [ctl, line] of [
            [state.cntv.ctl, low.v],
            [state.cntp.ctl, low.p],
          ] as const) {
            expect(ctl !== 1 || line).toBe(true);
          }
          return;
        }
        expect(next).toBeGreaterThan(count);
        const rises = (at: bigint) => (timer.lineV(at) && !low.v) || (timer.lineP(at) && !low.p);
        expect(rises(next)).toBe(true);
        expect(rises(next - 1n)).toBe(false);
        expect(rises(count + (next - count) / 2n)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes the earlier of both timers', () => {
    const timer = new GenericTimer({
      ...resetTimerState(100n),
      cntv: { ctl: 1, cval: 50n },
      cntp: { ctl: 1, cval: 140n },
    });
    expect(timer.nextDeadlineCount(120n)).toBe(140n);
    expect(timer.nextDeadlineCount(140n)).toBe(150n);
    expect(timer.nextDeadlineCount(150n)).toBeNull();
  });
});

describe('event stream', () => {
  it.each([
    // CNTKCTL, counter, next event
    [0x04n, 0n, 1n],
    [0x04n, 1n, 3n],
    [0x0cn, 0n, 2n],
    [0x0cn, 1n, 2n],
    [0x94n, 0n, 512n],
    [0x94n, 512n, 1536n],
    [0x9cn, 512n, 1024n],
    [0xf4n, 0x8000n, 0x18000n],
  ])('CNTKCTL %i, counter %i: next at %i', (cntkctl, view, next) => {
    const timer = new GenericTimer({ ...resetTimerState(), cntkctl });
    expect(timer.nextEventCount(view)).toBe(next);
  });

  it('is the transition of one bit of the virtual counter', () => {
    fc.assert(
      fc.property(states, counts, (state, count) => {
        const timer = new GenericTimer({ ...state, cntkctl: state.cntkctl | 4n });
        const bit = (at: bigint) => (timer.cntvct(at) >> ((state.cntkctl >> 4n) & 15n)) & 1n;
        const rising = (state.cntkctl & 8n) === 0n;
        const next = timer.nextEventCount(count)!;
        expect(next).toBeGreaterThan(count);
        expect([bit(next - 1n), bit(next)]).toEqual(rising ? [0n, 1n] : [1n, 0n]);
        // At most one more transition, of the other direction, lies between.
        const middle = next - (1n << ((state.cntkctl >> 4n) & 15n));
        if (middle > count) expect([bit(middle - 1n), bit(middle)]).toEqual(rising ? [1n, 0n] : [0n, 1n]);
        expect(next - count).toBeLessThanOrEqual(2n << ((state.cntkctl >> 4n) & 15n));
      }),
      { numRuns: 2000 },
    );
  });

  it('is off without EVNTEN, and across an interval says what it holds', () => {
    expect(new GenericTimer().nextEventCount(0n)).toBeNull();
    expect(eventBetween(0x94n, 0n, 511n)).toBe(false);
    expect(eventBetween(0x94n, 0n, 512n)).toBe(true);
    expect(eventBetween(0x90n, 0n, 512n)).toBe(false);
    expect(eventBetween(0x9cn, MAX - 3n, 2n)).toBe(true);
  });
});

describe('EL0 access', () => {
  it.each([
    ['CNTPCT_EL0', 0x1n],
    ['CNTVCT_EL0', 0x2n],
    ['CNTFRQ_EL0', 0x3n],
    ['CNTV_TVAL_EL0', 0x100n],
    ['CNTP_CVAL_EL0', 0x200n],
  ] as const)('%s needs CNTKCTL %i', (register, bits) => {
    for (let cntkctl = 0n; cntkctl < 0x400n; cntkctl++) {
      expect(el0MayAccess(cntkctl, register)).toBe((cntkctl & bits) !== 0n);
    }
  });
});

describe('state', () => {
  it('is copied in and out', () => {
    const given = resetTimerState(5n);
    const timer = new GenericTimer(given);
    const before = timer.save();
    timer.write('CNTV_CVAL_EL0', 9n, 0n);
    timer.write('CNTVOFF_EL2', -1n, 0n);
    expect(given).toEqual(resetTimerState(5n));
    expect(before).toEqual(resetTimerState(5n));
    const after = timer.save();
    expect(after).toMatchObject({ cntvoff: MAX, cntv: { cval: 9n } });
    timer.restore(before);
    expect(timer.save()).toEqual(before);
    expect(structuredClone(after)).toEqual(after);
  });
});
