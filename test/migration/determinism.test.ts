/** The same inputs give the same run: twice, on either engine, and cut by save and restore anywhere. */
import { describe, expect, test } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { guestMachine, type MachineOptions, runToEnd } from '../support/machine.js';

const CASES: [string, MachineOptions][] = [
  ['smp', { vcpus: 1 }],
  ['smp', { vcpus: 3, cpu: 'neoverse-n1' }],
  ['smp', { vcpus: 8, listRegisters: 1 }],
  ['steal', { vcpus: 2, steal: ['vcpu=0 every=1ms for=300us', 'vcpu=1 every=700us for=100us jitter=200us'] }],
  ['ticks', { bootargs: 'exit=semihosting rounds=1 long=4 lines=0' }],
  ['gic', { vcpus: 2 }],
  ['mmu', { cpu: 'neoverse-n1' }],
];

const whole = (guest: string, options: MachineOptions) => {
  const machine = guestMachine(guest, options);
  const { status, console } = runToEnd(machine);
  return { status, console, hash: stateHash(machine), instructions: machine.host.instructions };
};

describe.each(CASES)('%s %j', (guest, options) => {
  const reference = whole(guest, options);

  test('ends well', () => {
    expect(reference.status).toBe('exit');
    expect(reference.console).toMatch(/^1\.\.\d+$/m);
    expect(reference.console).not.toMatch(/^not ok/m);
  });

  test('the block compiler runs it bit for bit as the interpreter does', () => {
    expect(whole(guest, { ...options, engine: 'jit' })).toEqual(reference);
  });

  test('cut by save and restore it is the same run', () => {
    const { instructions } = reference;
    // Spread over the run, at odd places: in handlers, between LDXR and STXR, in WFI.
    for (let cut = 1; cut <= 6; cut++) {
      const at = Math.floor((instructions * cut) / 7) + cut * 17;
      const first = guestMachine(guest, options);
      const before = runToEnd(first, [{ when: { kind: 'instructions', count: at }, action: { kind: 'stop' } }]);
      const second = restoreSnapshot(saveSnapshot(first), cut % 2 ? 'interp' : 'jit');
      const after = runToEnd(second);
      expect(before.console + after.console).toBe(reference.console);
      expect(stateHash(second)).toBe(reference.hash);
      // Saving must not change the machine that goes on, either.
      runToEnd(first);
      expect(stateHash(first)).toBe(reference.hash);
    }
  });
});
