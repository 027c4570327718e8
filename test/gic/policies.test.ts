/** Policies as a guest sees them: what reads of active state give, what an access costs, and that both are in a snapshot. */
import { describe, expect, test } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { parseGic } from '../../src/hypervisor/vm/gic-option.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { guestMachine, runToEnd } from '../support/machine.js';

const machine = (gic: string, work = 'active') =>
  guestMachine('latency', {
    ...parseGic(gic),
    vcpus: 2,
    host: '1GHz',
    bootargs: `exit=semihosting rounds=20 period=19937 work=${work}`,
  });

const accesses = (console: string): number[] =>
  /^ACCESSES (\d+) wrong (\d+) aborted (\d+)/m.exec(console)!.slice(1).map(Number);

describe('active state that another vCPU has', () => {
  test.each(['activeRead=sync', 'activeRead=sync,lazySync=on', 'eoiMaintenance=all', 'trap.group1=on'])(
    '%s: is read as it is, with a kick each time',
    (gic) => {
      const m = machine(gic);
      expect(accesses(runToEnd(m).console)).toEqual([400, 0, 0]);
      expect(m.host.exits.kick).toBeGreaterThan(400);
    },
  );

  test('activeRead=local: is sometimes wrong, and nobody is kicked for it', () => {
    const m = machine('activeRead=local');
    const [all, wrong, aborted] = accesses(runToEnd(m).console);
    expect([all, aborted]).toEqual([400, 0]);
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThan(400);
    expect(m.host.exits.kick).toBeLessThan(400);
  });

  test('activeRead=abort: every access takes an external abort', () => {
    expect(accesses(runToEnd(machine('activeRead=abort')).console)).toEqual([400, 0, 400]);
  });
});

test.each([
  'inflightMove=maintenance',
  'inflightMove=migrating-flag',
  'inflightMove=prune',
  'inflightMove=prune,eoiMaintenance=none',
])('%s: an interrupt moved while it is handled comes once more for each time it is pended', (gic) => {
  expect(accesses(runToEnd(machine(gic, 'move')).console)).toEqual([400, 0, 0]);
});

test.each(['activeRead=local,lazySync=on', 'inflightMove=migrating-flag'])(
  '%s: cut by save and restore it is the same run',
  (gic) => {
    const whole = machine(gic);
    const reference = runToEnd(whole).console;
    for (const part of [3, 5]) {
      const first = machine(gic);
      const count = Math.floor((whole.host.instructions * part) / 7);
      const before = runToEnd(first, [{ when: { kind: 'instructions', count }, action: { kind: 'stop' } }]).console;
      const second = restoreSnapshot(saveSnapshot(first), 'interp');
      expect(second.vm.vgic.policies).toEqual(whole.vm.vgic.policies);
      expect(before + runToEnd(second).console).toBe(reference);
      expect(stateHash(second)).toBe(stateHash(whole));
    }
  },
);
