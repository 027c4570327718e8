/** The its guest, and its storm: on our machines, saved and restored in the middle, and the same ELF on QEMU. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import { type Machine, restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { Watch } from '../../src/verify/watch.js';
import { guestMachine, guestPath, type MachineOptions, runToEnd } from '../support/machine.js';

function expectPass(console: string, checks: number): void {
  expect(console).not.toMatch(/^(not ok|Bail out)/m);
  expect(console).toMatch(new RegExp(`^1\\.\\.${checks}$`, 'm'));
  expect(console.match(/^ok /gm)).toHaveLength(checks);
}

const MACHINES: [MachineOptions, number][] = [
  [{ vcpus: 1, bootargs: 'exit=semihosting table=flat' }, 33],
  [{ vcpus: 2, listRegisters: 1, engine: 'jit' }, 40],
  [{ vcpus: 2, gic: { lazySync: true } }, 40],
  [{ vcpus: 2, gic: { inflightMove: 'prune', eoiMaintenance: 'all', trap: { group1: true } } }, 40],
  [{ vcpus: 4, cpu: 'neoverse-n1', listRegisters: 16, host: '1GHz' }, 40],
];

test.each(MACHINES)('its %j', (options, checks) => {
  const machine = guestMachine('its', { its: true, ...options });
  const watch = new Watch(machine);
  const { status, console } = runToEnd(machine);
  expectPass(console, checks);
  expect(watch.verdicts(status === 'stalled').filter((v) => v.status === 'fail')).toEqual([]);
  expect(machine.vm.end).toEqual({ kind: 'exit', code: 0 });
});

test('without an ITS the guest finds none', () => {
  const { console } = runToEnd(guestMachine('its'));
  expect(console).toMatch(/^ok 1 - LPIs and an ITS # SKIP/m);
});

/** Runs to an instant, saves and goes on from the bytes, again and again. */
function cutUp(machine: Machine, instants: number[]): Machine {
  let it = machine;
  for (const at of instants) {
    it.host.run({ instructions: at });
    it = restoreSnapshot(saveSnapshot(it), at % 2 ? 'jit' : 'interp');
  }
  return it;
}

describe.each(['its', 'its-storm'])('%s', (guest) => {
  test.each([false, true])('saved and restored at any instant, ends as if it had not been; lazySync %s', (lazySync) => {
    const options = {
      its: true,
      vcpus: 2,
      ...(lazySync && { gic: { lazySync } }),
      bootargs: 'exit=semihosting rounds=20',
    };
    const whole = guestMachine(guest, options);
    runToEnd(whole);
    const instants = Array.from({ length: 24 }, (_, n) => 20_011 + n * 70_003).filter(
      (n) => n < whole.host.instructions,
    );
    const cut = cutUp(guestMachine(guest, options), instants);
    expect(instants.length).toBeGreaterThan(10);
    const { status, console } = runToEnd(cut);
    expect(console).not.toMatch(/^(not ok|Bail out)/m);
    expect(status).toBe('exit');
    expect(cut.vm.end).toEqual({ kind: 'exit', code: 0 });
    expect(stateHash(cut)).toBe(stateHash(whole));
  });

  test('saved and not restored: the save changes nothing', () => {
    const options = { its: true, vcpus: 2, bootargs: 'exit=semihosting rounds=20' };
    const [saved, not] = [guestMachine(guest, options), guestMachine(guest, options)];
    for (let at = 100_000; at < 1_000_000; at += 100_000) {
      saved.host.run({ instructions: at });
      saveSnapshot(saved);
    }
    runToEnd(saved);
    runToEnd(not);
    expect(stateHash(saved)).toBe(stateHash(not));
  });
});

test('a storm of MAPTI and DISCARD leaves nothing behind, and nobody waits for it', () => {
  const machine = guestMachine('its-storm', { its: true, vcpus: 2, bootargs: 'exit=semihosting rounds=60 limit=20' });
  const { console } = runToEnd(machine);
  expectPass(console, 3);
  expect(Number(/ (\d+) commands$/m.exec(console)![1])).toBeGreaterThan(10_000);
  expect(machine.vm.vgic.lpisPending).toBe(0);
  expect(machine.vm.vgic.refusals.size).toBe(0);
});

const qemu = spawnSync('qemu-system-aarch64', ['--version']).status === 0;

test.skipIf(!qemu)('the same ELF passes on QEMU', () => {
  const machine = ['-M', 'virt,gic-version=3,its=on', '-cpu', 'cortex-a57', '-m', '256', '-smp', '2', '-semihosting'];
  const start = ['-kernel', guestPath('its'), '-append', 'exit=semihosting oracle=qemu'];
  const { stdout, status } = spawnSync('qemu-system-aarch64', [...machine, '-nographic', '-net', 'none', ...start], {
    encoding: 'utf8',
    timeout: 120_000,
    input: '',
  });
  expectPass(stdout.replaceAll('\r', ''), 40);
  expect(status).toBe(0);
});
