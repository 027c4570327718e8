/** The 2018 beta's migration interrupt (unverified INTID), with a guest that asks for it and one that does not. */
import { expect, it } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { parseHost } from '../../src/host/frequency.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import type { SessionEvent } from '../../src/verify/session.js';
import { guestMachine, runToEnd } from '../support/machine.js';

const MS = 1_000_000_000n;
const at = (n: number, to: string): SessionEvent => ({
  when: { kind: 'instructions', count: n },
  action: { kind: 'migrate', to: parseHost(to), strategy: 'lpt', downtime: MS },
});
const machineOf = (ask: number) =>
  guestMachine('notice', {
    pvTime: 'beta2018',
    lpt: true,
    bootargs: `exit=semihosting pv=beta2018 ask=${ask} rounds=80`,
  });
const MOVES = [at(500_000, '1GHz'), at(800_000, '19.2MHz'), at(1_100_000, '1GHz')];

it.each([
  [1, 3],
  [0, 0],
])('ask=%i: %i interrupts for 3 migrations', (ask, interrupts) => {
  const machine = machineOf(ask);
  const { console, session } = runToEnd(machine, MOVES);
  expect(session.migrations).toHaveLength(3);
  expect(console).toMatch(new RegExp(`^N ${interrupts} interrupts, 3 changes$`, 'm'));
  expect(console).not.toMatch(/^(not ok|Bail out)/m);
  expect(machine.vm.save().lptInterrupt).toBe(ask === 1 ? true : undefined);
});

it('what was asked for is in snapshots', () => {
  const whole = machineOf(1);
  runToEnd(whole, MOVES);
  const first = machineOf(1);
  const stop: SessionEvent = { when: { kind: 'instructions', count: 700_000 }, action: { kind: 'stop' } };
  runToEnd(first, [...MOVES, stop]);
  const second = restoreSnapshot(saveSnapshot(first), 'jit');
  expect(stateHash(second)).toBe(stateHash(first));
  runToEnd(second, MOVES.slice(1));
  expect(stateHash(second)).toBe(stateHash(whole));
});
