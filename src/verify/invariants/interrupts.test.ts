import { describe, expect, it } from 'vitest';
import { judge } from '../../../test/support/play.js';
import { interruptDuplicate } from './interrupt-duplicate.js';
import { interruptLost } from './interrupt-lost.js';
import { interruptPriority } from './interrupt-priority.js';
import { rtcAgreement } from './rtc-agreement.js';
import { stolenIdentity } from './stolen-identity.js';
import { stolenMonotonic } from './stolen-monotonic.js';

const MS = 1_000_000_000n;
const S = 1_000n * MS;

const line = (intid: number, level: boolean, more: object = {}) =>
  ({ kind: 'interrupt-line', intid, level, edge: false, ...more }) as const;
const sgi = (intid: number, more: object = {}) => ({ kind: 'interrupt-pending', intid, sender: 1, ...more }) as const;
const ack = (intid: number, more: object = {}) =>
  ({ kind: 'acknowledged', intid, priority: 0xa0, running: 0xff, ...more }) as const;
const eoi = (intid: number, more: object = {}) =>
  ({ kind: 'end-of-interrupt', intid, drops: true, deactivates: true, ...more }) as const;
const slice = (activity: string, from: bigint, to: bigint, more: object = {}) =>
  ({ kind: 'activity', activity, from, to, time: to, executed: activity === 'running', ...more }) as const;

describe('interrupt-lost', () => {
  const handled = [sgi(3), slice('running', 0n, 1n), ack(3), eoi(3), line(33, true), ack(33), line(33, false), eoi(33)];

  it('passes what is handled, what is disabled and what is masked', () => {
    expect(judge(interruptLost, handled)).toMatchObject({ status: 'pass', value: 0 });
    for (const more of [{ deliverable: () => false }, { masked: true }]) {
      const held = [sgi(3), slice('running', 0n, MS, more), slice('running', MS, 9n * MS, more), ack(3)];
      expect(judge(interruptLost, held).status, JSON.stringify(more)).toBe('pass');
    }
  });

  it.each([
    ['an SGI', sgi(3)],
    ['a level', line(40, true)],
  ])('fails %s that stays undelivered, idle or running', (_name, raised) => {
    for (const activity of ['idle', 'running']) {
      const events = [raised, slice(activity, 0n, MS), slice(activity, MS, 4n * MS), slice(activity, 4n * MS, 9n * MS)];
      expect(judge(interruptLost, events)).toMatchObject({ status: 'fail', value: 1, first: { timeNs: 4_000_000 } });
    }
  });

  it('fails a level that is high again behind its end and never comes', () => {
    const again = [line(40, true), ack(40), eoi(40), slice('idle', 0n, MS), slice('idle', MS, 9n * MS)];
    expect(judge(interruptLost, again).status).toBe('fail');
  });

  it('counts what a stall leaves', () => {
    expect(judge(interruptLost, [sgi(3), slice('idle', 0n, MS)], {}, { stalled: true }).status).toBe('fail');
  });
});

describe('interrupt-duplicate', () => {
  it('passes one acknowledge for each instance, merged ones too', () => {
    const events = [sgi(3), sgi(3), ack(3), sgi(3), eoi(3), ack(3), eoi(3)];
    expect(judge(interruptDuplicate, events)).toMatchObject({ status: 'pass' });
    const pending = [{ vcpu: 1, intid: 5, pending: true, active: false, line: false }];
    expect(judge(interruptDuplicate, [ack(5, { vcpu: 1 })], { interrupts: pending }).status).toBe('pass');
  });

  it('fails an acknowledge out of nothing, and of what is active', () => {
    const twice = [sgi(3), ack(3), eoi(3), ack(3, { time: 5_000n, pc: 0x8n })];
    expect(judge(interruptDuplicate, twice)).toMatchObject({
      status: 'fail',
      value: 1,
      first: { timeNs: 5, pc: '0x8' },
    });
    const both = [line(40, true), ack(40), ack(40, { vcpu: 1 })];
    expect(judge(interruptDuplicate, both)).toMatchObject({ status: 'fail', first: { vcpu: 1 } });
  });
});

describe('interrupt-priority', () => {
  it('passes preemption by a higher priority', () => {
    const nested = [sgi(1), ack(1), sgi(2), ack(2, { priority: 0x40, running: 0xa0 }), eoi(2), eoi(1), sgi(3), ack(3)];
    expect(judge(interruptPriority, nested)).toMatchObject({ status: 'pass', value: 0 });
  });

  it('fails preemption by an equal one, told by the interface or not', () => {
    expect(judge(interruptPriority, [sgi(1), ack(1), sgi(2), ack(2, { running: 0xa0 })]).status).toBe('fail');
    expect(judge(interruptPriority, [sgi(1), ack(1), sgi(2), ack(2)]).status).toBe('fail');
    const cleared = [sgi(1), ack(1), { kind: 'priorities-written' } as const, sgi(2), ack(2)];
    expect(judge(interruptPriority, cleared).status).toBe('pass');
  });

  it('fails where a higher one was to be had', () => {
    const priorityOf = (intid: number) => (intid === 2 ? 0x20 : 0xa0);
    expect(judge(interruptPriority, [sgi(1), sgi(2), ack(1, { priorityOf })]).status).toBe('fail');
    expect(judge(interruptPriority, [sgi(1), sgi(2), ack(1, { priorityOf: () => 256 })]).status).toBe('pass');
  });
});

describe('stolen time', () => {
  const published = (value: bigint, more: object = {}) => ({ kind: 'stolen-published', value, ...more }) as const;
  const account = { running: 99n * MS, idle: 0n, stolen: MS, paused: 0n, off: 0n };
  const none = { ...account, running: 100n * MS, stolen: 0n };
  const end = { accounts: [account, none], told: [MS, 0n], published: [1_000_000n, 0n] };
  const taken = slice('stolen', 0n, MS);

  it('is monotonic or not', () => {
    expect(judge(stolenMonotonic, [published(3n), published(7n), published(0n, { vcpu: 1 })]).status).toBe('pass');
    expect(judge(stolenMonotonic, [published(7n), published(0n)])).toMatchObject({ status: 'fail', value: 1 });
    expect(judge(stolenMonotonic, []).status).toBe('not-applicable');
  });

  it('is told as taken, and the account closes', () => {
    expect(judge(stolenIdentity, [taken, published(1_000_000n)], {}, end)).toMatchObject({ status: 'pass', value: 0 });
    const running = slice('running', MS, 2n * MS);
    expect(judge(stolenIdentity, [taken, published(1_000_000n), running], {}, end).status).toBe('pass');
  });

  it('fails wrong values, forgotten ones, overwritten ones and an account that does not close', () => {
    expect(judge(stolenIdentity, [taken, published(900_000n)], {}, end).text).toContain('at most by 100000 ns');
    const forgotten = judge(stolenIdentity, [taken, slice('running', MS, 2n * MS)], {}, end);
    expect(forgotten).toMatchObject({ status: 'fail', first: { timeNs: 2_000_000, vcpu: 0 } });
    const memory = { ...end, published: [5n, 0n] };
    expect(judge(stolenIdentity, [taken, published(1_000_000n)], {}, memory).status).toBe('fail');
    const open = { ...end, accounts: [account, { ...none, idle: 1n }] };
    expect(judge(stolenIdentity, [taken, published(1_000_000n)], {}, open)).toMatchObject({
      status: 'fail',
      first: { vcpu: 1 },
    });
    expect(judge(stolenIdentity, [taken, published(1_000_000n)], {}, { ...end, told: [0n, 0n] }).status).toBe('fail');
  });

  it('fails a vCPU that gets no structure where another did', () => {
    const call = (vcpu: number, result: bigint) =>
      ({ kind: 'hypercall', function: 0xc500_0021, vcpu, result }) as const;
    expect(judge(stolenIdentity, [call(0, 0x90a0000n), call(1, 0x90a0040n)]).status).toBe('pass');
    expect(judge(stolenIdentity, [call(0, 0x90a0000n), call(1, -1n)])).toMatchObject({
      status: 'fail',
      first: { vcpu: 1 },
    });
    expect(judge(stolenIdentity, [call(0, -1n), call(1, -1n)]).status).toBe('pass');
  });
});

describe('rtc-agreement', () => {
  const rtc = (kind: 'rtc-read' | 'rtc-written', time: bigint, seconds: number) => ({ kind, time, seconds }) as const;

  it('passes true time to a second, and from the guest’s own setting on', () => {
    expect(judge(rtcAgreement, [rtc('rtc-read', 5n * S, 1_005), rtc('rtc-read', 6n * S, 1_005)]).status).toBe('pass');
    const set = [rtc('rtc-written', 5n * S, 9_000), rtc('rtc-read', 8n * S, 9_003)];
    expect(judge(rtcAgreement, set).status).toBe('pass');
    expect(judge(rtcAgreement, []).status).toBe('not-applicable');
  });

  it('fails a clock that stood still', () => {
    const verdict = judge(rtcAgreement, [rtc('rtc-read', 30n * S, 1_005)]);
    expect(verdict).toMatchObject({ status: 'fail', value: 25, bound: 1, first: { timeNs: 30_000_000_000 } });
  });
});
