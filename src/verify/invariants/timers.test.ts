import { describe, expect, it } from 'vitest';
import { judge } from '../../../test/support/play.js';
import { eventStream } from './event-stream.js';
import { timerEarly } from './timer-early.js';
import { timerLate } from './timer-late.js';
import { timerLost } from './timer-lost.js';
import { timerSpurious } from './timer-spurious.js';

const US = 1_000_000n;
const MS = 1_000n * US;

/** Armed at `time` for `ticks` of 40 ns from then. */
const arm = (time: bigint, ticks: bigint, more: object = {}) =>
  ({ kind: 'timer-written', timer: 'virtual', ctl: 1, cval: 1_000n + ticks, view: 1_000n, time, ...more }) as const;
const write = (time: bigint, ctl: number) => arm(time, 0n, { ctl });
const taken = (time: bigint, more: object = {}) =>
  ({ kind: 'acknowledged', intid: 27, priority: 0xa0, running: 0xff, time, ...more }) as const;
const slice = (activity: string, from: bigint, to: bigint, more: object = {}) =>
  ({ kind: 'activity', activity, from, to, time: to, executed: activity === 'running', ...more }) as const;

describe('timer-early', () => {
  it('passes at the instant meant, a tick before it, and later', () => {
    for (const at of [MS, MS - 40_000n, 2n * MS]) {
      expect(judge(timerEarly, [arm(0n, 25_000n), taken(at)])).toMatchObject({ status: 'pass', value: 0 });
    }
  });

  it('fails before, by the frequency that the guest believes in', () => {
    const verdict = judge(timerEarly, [arm(0n, 25_000n), taken(MS / 40n, { pc: 0x99n })]);
    expect(verdict).toMatchObject({ status: 'fail', value: 1, first: { timeNs: 25_000, vcpu: 0, pc: '0x99' } });
    expect(verdict.text).toContain('975000 ns');
    const told = { kind: 'frequency-read', freqHz: 1_000_000_000 } as const;
    expect(judge(timerEarly, [told, arm(0n, 25_000n), taken(MS / 40n)]).status).toBe('pass');
  });

  it('does not count hidden time as waiting', () => {
    const moved = {
      kind: 'migration-resume',
      time: 6n * MS,
      stop: MS / 2n,
      hidden: 5n * MS,
      freqHz: 25_000_000,
    } as const;
    expect(judge(timerEarly, [arm(0n, 25_000n), moved, taken(MS + MS / 2n)]).status).toBe('fail');
    expect(judge(timerEarly, [arm(0n, 25_000n), moved, taken(6n * MS)]).status).toBe('pass');
  });

  it('has nothing to say of no interrupt', () => {
    expect(judge(timerEarly, [arm(0n, 1n)]).status).toBe('not-applicable');
  });
});

describe('timer-late', () => {
  it('passes one that is taken in the slice behind its instant, and one that is masked for long', () => {
    const prompt = [arm(0n, 25_000n), slice('idle', 0n, MS), taken(MS + US), slice('running', MS, MS + US)];
    expect(judge(timerLate, prompt)).toMatchObject({ status: 'pass', value: 0, bound: 100_000 });
    const masked = [
      arm(0n, 25_000n),
      slice('running', 0n, MS, { masked: true }),
      slice('running', MS, 5n * MS, { masked: true }),
      taken(5n * MS),
    ];
    expect(judge(timerLate, masked)).toMatchObject({ status: 'pass', value: 0 });
    expect(judge(timerLate, masked).text).toContain('at most 4000000 ns from the instant meant');
  });

  it('passes one that wakes its vCPU when the line rises, long behind the instant meant', () => {
    const slow = [
      arm(0n, 25_000n),
      slice('running', 0n, 2n * MS, { timerHeld: () => -1n }),
      slice('idle', 2n * MS, 40n * MS, { timerHeld: () => 0n }),
      taken(40n * MS + US),
    ];
    for (const it of [timerLate, timerLost]) expect(judge(it, slow).status).toBe('pass');
    const asleep = [...slow.slice(0, -1), slice('idle', 40n * MS, 41n * MS, { timerHeld: () => MS }), taken(41n * MS)];
    expect(judge(timerLate, asleep)).toMatchObject({ status: 'fail', value: 1_000_000 });
    const parked = slice('idle', 40n * MS, 60n * MS, { timerHeld: () => 20n * MS });
    expect(judge(timerLost, [...slow.slice(0, -1), parked]).status).toBe('fail');
    expect(judge(timerLost, slow.slice(0, -1)).status).toBe('not-applicable');
  });

  it('fails where it could have been taken all the time, running or idle; stolen time does not count', () => {
    const late = (activity: string, more: object = {}) =>
      judge(timerLate, [
        arm(0n, 25_000n),
        slice(activity, 0n, MS),
        slice(activity, MS, MS + US, more),
        slice(activity, MS + US, 3n * MS, more),
        taken(3n * MS, { pc: 0x5n }),
      ]);
    expect(late('running')).toMatchObject({ status: 'fail', value: 1_999_000, first: { pc: '0x5' } });
    expect(late('idle').status).toBe('fail');
    expect(late('stolen').status).toBe('pass');
    expect(late('running', { deliverable: () => false }).status).toBe('pass');
  });
});

describe('timer-lost', () => {
  it('passes what is taken, what is not due, and what nobody enabled', () => {
    expect(judge(timerLost, [arm(0n, 25_000n), taken(MS), arm(MS, 1n << 60n)]).status).toBe('pass');
    const no = { deliverable: () => false };
    const off = [arm(0n, 25_000n), slice('idle', 0n, MS, no), slice('idle', MS, 90n * MS, no)];
    expect(judge(timerLost, off).status).toBe('not-applicable');
  });

  it('fails a vCPU in WFI that nothing wakes', () => {
    const parked = [arm(0n, 25_000n), slice('idle', 0n, MS), slice('idle', MS, 90n * MS)];
    const verdict = judge(timerLost, parked);
    expect(verdict).toMatchObject({ status: 'fail', value: 1, first: { timeNs: 1_000_000, vcpu: 0 } });
    expect(verdict.text).toContain('virtual timer of vCPU 0 never fired');
  });

  it('passes a counter that runs slower than the guest believes: the condition comes later', () => {
    const idle = (from: bigint, to: bigint, held: bigint) => slice('idle', from, to, { timerHeld: () => held });
    const seen = [idle(0n, 20n * MS, -1n), idle(20n * MS, 40n * MS, 1_000n), taken(40n * MS)];
    expect(judge(timerLost, [arm(0n, 25_000n), ...seen]).status).toBe('pass');
  });

  it('fails a stall with a timer armed, due or not', () => {
    expect(judge(timerLost, [arm(0n, 25_000_000n)], {}, { stalled: true }).status).toBe('fail');
    expect(judge(timerLost, [arm(0n, 25_000_000n), write(1n, 3)], {}, { stalled: true }).status).toBe('not-applicable');
  });

  it('fails one that the guest gives up', () => {
    const parked = [arm(0n, 25_000n), slice('idle', 0n, 5n * MS, { timerHeld: () => 4n * MS })];
    expect(judge(timerLost, [...parked, write(5n * MS, 0)])).toMatchObject({ status: 'fail', value: 1 });
    expect(judge(timerLost, [...parked, arm(5n * MS, 25_000n)])).toMatchObject({ status: 'fail', value: 1 });
    const notYet = [arm(0n, 25_000n), slice('idle', 0n, 5n * MS, { timerHeld: () => -1n }), write(5n * MS, 0)];
    expect(judge(timerLost, notYet).status).not.toBe('fail');
  });

  it('fails one that comes more than 10 ms late', () => {
    const events = [arm(0n, 25_000n), slice('idle', 0n, MS), slice('idle', MS, 12n * MS), taken(12n * MS)];
    expect(judge(timerLost, events)).toMatchObject({ status: 'fail', value: 1 });
    expect(judge(timerLate, events).status).toBe('pass');
  });
});

describe('timer-spurious', () => {
  const no = { timerCondition: () => false };

  it('passes a condition that holds, or held until the guest took it back', () => {
    expect(judge(timerSpurious, [arm(0n, 25_000n), taken(MS), taken(2n * MS)]).status).toBe('pass');
    expect(judge(timerSpurious, [arm(0n, 25_000n), write(2n * MS, 0), taken(2n * MS, no)]).status).not.toBe('fail');
  });

  it('fails an acknowledge of a timer that is off, again and again', () => {
    const storm = [
      arm(0n, 25_000n),
      taken(MS),
      write(MS, 0),
      taken(2n * MS, no),
      taken(3n * MS, no),
      taken(4n * MS, no),
    ];
    expect(judge(timerSpurious, storm)).toMatchObject({ status: 'fail', value: 2, first: { timeNs: 3_000_000 } });
  });

  it('fails a line that rises before its time', () => {
    expect(judge(timerSpurious, [arm(0n, 25_000n), taken(MS / 2n, no)])).toMatchObject({ status: 'fail', value: 1 });
  });
});

describe('event-stream', () => {
  // EVNTEN, EVNTI 10: a period of 2048 ticks, 81.92 us.
  const on = { kind: 'event-stream-written', cntkctl: (10n << 4n) | 4n } as const;
  const P = 2048n * 40_000n;
  const pair = (from: bigint, to: bigint, cause = 'event-stream') =>
    [
      { kind: 'wait', instruction: 'wfe', time: from },
      { kind: 'wake', cause, time: to },
    ] as const;

  it('passes wakes whole periods apart', () => {
    const events = [on, ...pair(0n, P / 2n), ...pair(2n * P, 2n * P + P / 2n), ...pair(3n * P, 3n * P + P / 2n)];
    expect(judge(eventStream, events)).toMatchObject({ status: 'pass', value: 0 });
  });

  it('fails a wait that is longer than a period, and events that are too close', () => {
    expect(judge(eventStream, [on, ...pair(0n, 2n * P)])).toMatchObject({ status: 'fail', value: 81_920 });
    const fast = [on, ...pair(0n, P / 40n), ...pair(P / 2n, P / 2n + P / 40n)];
    expect(judge(eventStream, fast).status).toBe('fail');
  });

  it('does not judge other wakes', () => {
    expect(judge(eventStream, [on, ...pair(0n, 5n * P, 'event')]).status).toBe('not-applicable');
    expect(judge(eventStream, pair(0n, 5n * P)).status).toBe('not-applicable');
  });
});
