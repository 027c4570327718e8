/** Every strategy under every downtime policy, on a guest: what it reads of its clock against true time. */
import { describe, expect, it } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { parseHost } from '../../src/host/frequency.js';
import { DOWNTIME_POLICIES, type DowntimePolicy, type StrategyName } from '../../src/hypervisor/strategy/index.js';
import { beginWith, type MigrationRecord } from '../../src/migration/migrate.js';
import { type Machine, restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { parseSample, ReadRecorder, type Sample } from '../../src/verify/demo/clock.js';
import { Session, type SessionEvent } from '../../src/verify/session.js';
import { guestMachine } from '../support/machine.js';

const MS = 1_000_000_000n;
const DOWNTIME = 7n * MS;
const PV_HZ = 100_000_000;
const FIRST_HZ = 25_000_000;
const LATER = ['freq=1GHz,start=999999937,cntsc=1', 'freq=19.2MHz,start=77,cntsc=1', 'freq=25MHz,start=5,cntsc=1'];
const SAME = ['freq=25MHz,start=999999937', 'freq=25MHz,start=77', 'freq=25MHz,start=5'];

const hostsOf = (strategy: StrategyName): string[] => (strategy === 'refuse' ? SAME : LATER);

function machineFor(strategy: StrategyName, engine: 'interp' | 'jit' = 'interp'): Machine {
  const bootargs = `samples=120 work=2000 report=only exit=semihosting${strategy === 'lpt' ? ' lpt=on' : ''}`;
  const machine = guestMachine('clock', { bootargs, lpt: strategy === 'lpt', ips: 10_000_000, engine });
  beginWith(machine, strategy);
  return machine;
}

const migrations = (strategy: StrategyName, policy: DowntimePolicy): SessionEvent[] =>
  hostsOf(strategy).map((host, i) => ({
    when: { kind: 'console', pattern: new RegExp(`^S ${30 * (i + 1)} `) },
    action: { kind: 'migrate', to: parseHost(host), strategy, policy, downtime: DOWNTIME },
  }));

interface Run {
  readonly machine: Machine;
  readonly samples: readonly Sample[];
  readonly frequencies: readonly number[];
  readonly records: readonly MigrationRecord[];
}

function run(strategy: StrategyName, policy: DowntimePolicy): Run {
  const machine = machineFor(strategy);
  const recorder = new ReadRecorder(machine);
  const samples: Sample[] = [];
  const frequencies: number[] = [];
  let line = '';
  const session = new Session(machine, migrations(strategy, policy), (byte) => {
    if (byte !== 10) {
      line += String.fromCharCode(byte);
      return;
    }
    const sample = parseSample(line.trimEnd(), recorder);
    if (sample) {
      samples.push(sample);
      frequencies.push(Number(line.split(' ')[3]));
    }
    line = '';
  });
  expect(session.run()).toBe('exit');
  expect(session.refusals).toEqual([]);
  expect(session.migrations).toHaveLength(3);
  expect(samples).toHaveLength(120);
  return { machine, samples, frequencies, records: session.migrations };
}

/** What a guest that reckons by `hz` is off, in ns, at each sample: its time less true time without what is hidden. */
function errors({ samples, records }: Run, value: (s: Sample) => bigint, hz: number): number[] {
  const [first] = samples;
  return samples.map((s) => {
    const hidden = records.filter((r) => r.resume <= s.time).reduce((sum, r) => sum + r.hidden, 0n);
    const guest = (Number(value(s) - value(first!)) / hz) * 1e9;
    return guest - Number(s.time - first!.time - hidden) / 1000;
  });
}

/** A tick of each counter that the run has met, for either sample. */
const GRAIN_NS = 2 * (1e9 / 19.2e6 + 1e9 / 25e6);

describe.each(DOWNTIME_POLICIES)('with downtime %s', (policy) => {
  it.each<StrategyName>(['lpt', 'trap', 'scaled', 'refuse'])('a guest keeps time under %s', (strategy) => {
    const result = run(strategy, policy);
    const { samples, frequencies, records, machine } = result;
    const lpt = strategy === 'lpt';
    const off = errors(result, (s) => (lpt ? s.pv! : s.native), lpt ? PV_HZ : FIRST_HZ);
    // 8.24 fixed point, over the time spent on the 1 GHz host and less on the others.
    const span = Number(samples.at(-1)!.time - samples[0]!.time) / 1000;
    const bound = GRAIN_NS + (strategy === 'scaled' ? span * 970e-9 : 0);
    for (const ns of off) expect(Math.abs(ns)).toBeLessThan(bound);
    expect(new Set(frequencies)).toEqual(new Set(lpt ? [25e6, 1e9, 19.2e6] : [25e6]));
    expect(records.map((r) => r.hidden)).toEqual(records.map(() => (policy === 'paused' ? DOWNTIME : 0n)));
    const stolen = policy === 'stolen' ? records.reduce((sum, r) => sum + (r.resume - r.stop), 0n) : 0n;
    expect(machine.vm.vcpus[0]!.stolen).toBe(stolen);
    const [account] = machine.host.accounts;
    expect(account!.stolen).toBe(stolen);
    expect(account!.running + account!.idle + account!.stolen + account!.paused + account!.off).toBe(
      machine.host.now(),
    );
    if (strategy === 'trap') expect(machine.host.exits.trap).toBeGreaterThanOrEqual(2 * samples.length);
    else expect(machine.host.exits.trap).toBe(0);
    expect(records.map((r) => r.rateErrorPpb)).toEqual(strategy === 'scaled' ? [-953.674, -15.258, 0] : [0, 0, 0]);
  });

  it('a guest under offset has its counter go on at the rate of each host', () => {
    const { samples, frequencies, records } = run('offset', policy);
    expect(new Set(frequencies)).toEqual(new Set([25e6, 1e9, 19.2e6]));
    for (let i = 1; i < samples.length; i++) {
      const [a, b] = [samples[i - 1]!, samples[i]!];
      const crossed = records.find((r) => r.stop >= a.time && r.resume <= b.time);
      const ticks = Number(b.native - a.native);
      expect(ticks).toBeGreaterThanOrEqual(0);
      const on = (hz: number, ps: bigint): number => (hz * Number(ps)) / 1e12;
      const hz = frequencies[i]!;
      // The downtime, where it counts, counts at the frequency that the guest was told first.
      const expected = crossed
        ? on(crossed.from.freqHz, crossed.stop - a.time) +
          on(FIRST_HZ, policy === 'paused' ? 0n : DOWNTIME) +
          on(hz, b.time - crossed.stop - DOWNTIME)
        : on(hz, b.time - a.time);
      expect(Math.abs(ticks - expected)).toBeLessThan(3);
    }
  });
});

describe('cut by save and restore', () => {
  it.each<[StrategyName, DowntimePolicy]>([
    ['trap', 'stolen'],
    ['scaled', 'elapsed'],
    ['lpt', 'paused'],
  ])('%s, %s is the same run', (strategy, policy) => {
    const whole = machineFor(strategy);
    new Session(whole, migrations(strategy, policy), () => {}).run();
    const hash = stateHash(whole);
    for (const [i, share] of [0.3, 0.6, 0.95].entries()) {
      const count = Math.floor(whole.host.instructions * share) + i * 7;
      const first = machineFor(strategy, 'jit');
      const stop: SessionEvent = { when: { kind: 'instructions', count }, action: { kind: 'stop' } };
      const before = new Session(first, [...migrations(strategy, policy), stop], () => {});
      before.run();
      const second = restoreSnapshot(saveSnapshot(first), 'interp');
      new Session(second, before.pending, () => {}).run();
      expect(stateHash(second)).toBe(hash);
    }
  });
});
