import { describe, expect, it } from 'vitest';
import { guestMachine, type MachineOptions, runToEnd } from '../../test/support/machine.js';
import { stateHash } from '../cli/state-hash.js';
import { parseHost } from '../host/frequency.js';
import { pvCount } from '../hypervisor/pvtime/index.js';
import type { StrategyName } from '../hypervisor/strategy/index.js';
import { migrate } from './migrate.js';
import { restoreSnapshot, saveSnapshot } from './snapshot.js';

const MS = 1_000_000_000n;
const OTHER = parseHost('freq=1GHz,start=12345678,name=b');

function running(options: MachineOptions = {}) {
  const machine = guestMachine('smp', { vcpus: 2, ...options });
  machine.host.onTransmit = () => {};
  machine.host.run({ instructions: 40_000 });
  return machine;
}

/** CNTVCT_EL0 of a vCPU now. */
const virtual = ({ host, vm }: ReturnType<typeof running>, vcpu = 0): bigint =>
  vm.vcpus[vcpu]!.timer.cntvct(vm.counter.count(host.now()));

describe('a migration', () => {
  it('with strategy offset goes on with the same count on every vCPU, at the new rate', () => {
    const machine = running();
    const before = virtual(machine);
    const stop = machine.host.now();
    const record = migrate(machine, OTHER, 'offset', 7n * MS);
    expect(record).toMatchObject({ stop, hidden: 7n * MS, stolen: 0n, virtualBefore: before });
    // Guest time goes on where it was, to less than a tick.
    expect([0n, 1n]).toContain(record.virtualAfter - before);
    expect(record.resume - stop - 7n * MS).toBeLessThan(40_000n);
    expect(machine.host.now()).toBe(record.resume);
    expect([virtual(machine, 0), virtual(machine, 1)]).toEqual([record.virtualAfter, record.virtualAfter]);
    machine.host.pause(MS);
    expect(virtual(machine)).toBe(record.virtualAfter + 1_000_000n);
  });

  it('with strategy lpt keeps the PV counter, and changes the native one', () => {
    const machine = running({ lpt: true });
    const pv = pvCount(machine.vm.lpt!, virtual(machine));
    const record = migrate(machine, OTHER, 'lpt', MS);
    expect(record.pvBefore).toBe(pv);
    expect(record.pvAfter! - pv).toBeLessThanOrEqual(1n);
    expect(pvCount(machine.vm.lpt!, virtual(machine))).toBe(record.pvAfter);
    expect(record.virtualAfter).not.toBe(record.virtualBefore);
    expect(machine.vm.lpt).toMatchObject({ nativeFreqHz: 1e9, runs: 2 });
  });

  it('books the pause to every vCPU, and to no other account', () => {
    const machine = running();
    const before = machine.host.accounts.map((a) => ({ ...a }));
    const { stop, resume } = migrate(machine, OTHER, 'offset', 7n * MS);
    expect(machine.host.accounts).toEqual(before.map((a) => ({ ...a, paused: a.paused + resume - stop })));
  });

  it('survives a snapshot on either side of it', () => {
    const machine = running();
    const copy = restoreSnapshot(saveSnapshot(machine), 'jit');
    migrate(machine, OTHER, 'offset', 7n * MS);
    migrate(copy, OTHER, 'offset', 7n * MS);
    const behind = restoreSnapshot(saveSnapshot(copy), 'interp');
    expect(runToEnd(machine).status).toBe('exit');
    expect(runToEnd(behind).status).toBe('exit');
    expect(stateHash(behind)).toBe(stateHash(machine));
  });
});

describe('a migration that is refused', () => {
  it.each<[string, StrategyName, MachineOptions, RegExp]>([
    [
      'to another frequency',
      'refuse',
      {},
      /^migration refused: .*\(--strategy offset, lpt, trap or scaled to go on\)$/,
    ],
    ['by LPT where there is none', 'lpt', {}, /^--strategy lpt: the VM has no LPT structure/],
  ])('%s leaves the machine as it was', (_name, strategy, options, message) => {
    const machine = running(options);
    const [hash, time, spec] = [stateHash(machine), machine.host.now(), machine.host.counter.spec];
    expect(() => migrate(machine, OTHER, strategy, MS)).toThrow(RangeError);
    expect(() => migrate(machine, OTHER, strategy, MS)).toThrow(message);
    expect(stateHash(machine)).toBe(hash);
    expect(machine.host.now()).toBe(time);
    expect(machine.host.counter.spec).toBe(spec);
    expect(runToEnd(machine).status).toBe('exit');
  });

  it('is not where the frequency is the same', () => {
    const machine = running();
    migrate(machine, parseHost('freq=25MHz,start=99,name=c'), 'refuse', MS);
    expect(machine.host.counter.spec.name).toBe('c');
  });
});
