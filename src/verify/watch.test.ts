import { describe, expect, it } from 'vitest';
import { guestMachine, type MachineOptions } from '../../test/support/machine.js';
import { parseHost } from '../host/frequency.js';
import type { StrategyName } from '../hypervisor/strategy/index.js';
import { CounterSamples } from './samples.js';
import { Session, type SessionEvent } from './session.js';
import type { Verdict } from './verdict.js';
import { Watch } from './watch.js';
import { parseWhen } from './when.js';

/** Verdicts of a guest that is migrated once. */
function verdictsOf(
  guest: string,
  options: MachineOptions,
  host: string,
  strategy: StrategyName,
): Map<string, Verdict> {
  const machine = guestMachine(guest, options);
  const watch = new Watch(machine);
  const migrate: SessionEvent = {
    when: parseWhen('t=5ms', ''),
    action: { kind: 'migrate', to: parseHost(host), strategy, downtime: 3_000_000_000n },
  };
  const session = new Session(
    machine,
    [migrate, { when: parseWhen('t=60ms', ''), action: { kind: 'stop' } }],
    () => {},
  );
  session.run();
  expect(session.migrations).toHaveLength(1);
  return new Map(watch.verdicts().map((v) => [v.name, v]));
}

const TICKS: MachineOptions = { bootargs: 'exit=semihosting rounds=4 long=4 lines=0' };

describe('a guest that only reads its counter', () => {
  it('keeps time between hosts of the same frequency', () => {
    const verdicts = verdictsOf('ticks', TICKS, '25MHz', 'offset');
    expect([...verdicts.values()].filter((v) => v.status === 'fail')).toEqual([]);
    expect(verdicts.get('counter-rate')).toMatchObject({ status: 'pass', value: 1 });
  });

  it.each([
    ['1GHz', 40, true],
    ['10MHz', 0.4, false],
  ])('does not on one of %s: its counter runs %d times as fast', (host, ratio, early) => {
    const verdicts = verdictsOf('ticks', TICKS, host, 'offset');
    const rate = verdicts.get('counter-rate')!;
    expect(rate.status).toBe('fail');
    expect(rate.value).toBeCloseTo(ratio, 3);
    expect(rate.first).toMatchObject({ vcpu: 0, pc: expect.stringMatching(/^0x/) });
    expect(rate.first!.timeNs).toBeGreaterThanOrEqual(8_000_000);
    expect(verdicts.get('timer-early')!.status).toBe(early ? 'fail' : 'pass');
    expect(verdicts.get('counter-monotonic')!.status).toBe('pass');
  });

  it('sees its counter step back where LPT is kept and the new one is slower', () => {
    const verdicts = verdictsOf('clock', { host: '1GHz', lpt: true }, '25MHz', 'lpt');
    expect(verdicts.get('counter-monotonic')).toMatchObject({ status: 'fail', unit: 'steps' });
  });
});

describe('the time stolen', () => {
  it('is exact on the account, through a migration', () => {
    const options = { vcpus: 2, steal: ['vcpu=0 every=1ms for=300us', 'vcpu=1 every=700us for=100us jitter=200us'] };
    const identity = verdictsOf('steal', options, '25MHz', 'offset').get('stolen-identity')!;
    expect(identity.status).toBe('pass');
    expect(identity.text).toMatch(/^([1-9]\d+) ns stolen by the host, \1 ns told to the guest; identity exact$/);
  });
});

describe('samples', () => {
  it('stay few, even and in order however many come', () => {
    const samples = new CounterSamples();
    for (let n = 1; n <= 100_000; n++) samples.add({ time: BigInt(n) * 1000n, value: BigInt(n) });
    const { list } = samples;
    expect(list.length).toBeGreaterThan(500);
    expect(list.length).toBeLessThan(2048);
    const steps = new Set(list.slice(1).map((s, i) => s.time - list[i]!.time));
    expect(steps.size).toBe(1);
    for (const { time, value } of list) expect(time).toBe(value * 1000n);
  });
});
