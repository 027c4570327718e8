/** The vmclock device with a guest that reads it, over migrations of every kind, saved and restored. */
import { expect, it } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { parseHost } from '../../src/host/frequency.js';
import type { StrategyName } from '../../src/hypervisor/strategy/index.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import type { SessionEvent } from '../../src/verify/session.js';
import { guestMachine, type MachineOptions, runToEnd } from '../support/machine.js';

const MS = 1_000_000_000n;
const EPOCH = 1_767_225_600;

const machineOf = (options: MachineOptions = {}) =>
  guestMachine('vmclock', { vmclock: true, startEpoch: EPOCH, bootargs: 'exit=semihosting samples=40', ...options });

const migration = (to: string, strategy: StrategyName, downtime: bigint): SessionEvent => ({
  when: { kind: 'console', pattern: /^READY/ },
  action: { kind: 'migrate', to: parseHost(to), strategy, downtime },
});

it.each([
  ['25MHz', 'freq=1GHz,start=7777,ppm=20', 'trap', 'interp', 7n * MS],
  ['1GHz', 'freq=19.2MHz,ppm=-50', 'offset', 'jit', 0n],
  ['25MHz', '25MHz', 'offset', 'interp', 0n],
  ['25MHz', 'freq=1GHz,ppm=20', 'offset', 'interp', 7n * MS],
  ['1GHz', 'freq=25MHz,cntsc=1', 'scaled', 'jit', 3n * MS],
  ['1.05GHz', 'freq=19.2MHz,start=99', 'lpt', 'interp', 1n],
  ['19.2MHz', '1.05GHz', 'lpt', 'jit', 30n * MS],
] as const)('%s to %s, %s, %s', (host, to, strategy, engine, downtime) => {
  const machine = machineOf({ host, engine, lpt: strategy === 'lpt' });
  const { console, session, status } = runToEnd(machine, [migration(to, strategy, downtime)]);
  expect(session.migrations).toHaveLength(1);
  expect(console).not.toMatch(/^(not ok|Bail out)/m);
  expect(console).toMatch(/^N 1 interrupts, 1 changes$/m);
  expect(console.match(/^ok /gm)).toHaveLength(10);
  expect(status).toBe('exit');
});

it('is the same behind a restore, before and after a migration', () => {
  const at = (n: number): SessionEvent => ({
    when: { kind: 'instructions', count: n },
    action: { kind: 'migrate', to: parseHost('freq=1GHz'), strategy: 'offset', downtime: MS },
  });
  const whole = machineOf();
  runToEnd(whole, [at(600_000)]);
  for (const cut of [300_000, 600_001, 900_000]) {
    const first = machineOf();
    const stop: SessionEvent = { when: { kind: 'instructions', count: cut }, action: { kind: 'stop' } };
    runToEnd(first, [at(600_000), stop]);
    const second = restoreSnapshot(saveSnapshot(first), 'jit');
    expect(stateHash(second)).toBe(stateHash(first));
    runToEnd(second, cut < 600_000 ? [at(600_000)] : []);
    expect(stateHash(second)).toBe(stateHash(whole));
  }
});

it('is not there unless asked for', () => {
  const machine = guestMachine('vmclock');
  const { console } = runToEnd(machine);
  expect(console).toMatch(/# SKIP/i);
  expect(machine.vm.save().vmclock).toBeUndefined();
});
