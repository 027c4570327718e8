/** What each fault of a migration does to a machine, and that a machine carries its faults along. */
import { describe, expect, it } from 'vitest';
import { guestMachine, type MachineOptions } from '../../test/support/machine.js';
import { stateHash } from '../cli/state-hash.js';
import { parseHost } from '../host/frequency.js';
import { migrate } from './migrate.js';
import { restoreSnapshot, saveSnapshot } from './snapshot.js';

const MS = 1_000_000_000n;
const OTHER = parseHost('freq=25MHz,start=12345678');

/** The ticks guest in WFI with both timers armed, 5 ms and 10 ms ahead of about 9 ms. */
function waiting(options: MachineOptions = {}) {
  const machine = guestMachine('ticks', { bootargs: 'exit=semihosting rounds=0', ...options });
  machine.host.onTransmit = () => {};
  machine.host.run({ until: 12n * MS });
  expect(machine.vm.vcpus[0]!.waiting).toBe('wfi');
  expect(machine.vm.vcpus[0]!.timer.state).toMatchObject({ cntv: { ctl: 1 }, cntp: { ctl: 1 } });
  return machine;
}

const virtual = ({ host, vm }: ReturnType<typeof waiting>, vcpu = 0): bigint =>
  vm.vcpus[vcpu]!.timer.cntvct(host.counter.count(host.now()));

describe('faults of a migration', () => {
  it('cntvoff-replayed: the counter jumps by what lies between the hosts', () => {
    const machine = waiting({ faults: ['cntvoff-replayed'] });
    const before = virtual(machine);
    migrate(machine, OTHER, 'offset', 10n * MS);
    expect(virtual(machine) - before).toBe(12_345_678n + 250_000n);
  });

  it('wfi-timer-not-rearmed: nothing wakes the vCPU', () => {
    const machine = waiting({ faults: ['wfi-timer-not-rearmed'] });
    migrate(machine, OTHER, 'offset', 10n * MS);
    expect(machine.vm.deadline(0)).toBeNull();
    expect(machine.host.run({ until: 1000n * MS })).toBe('limit');
    expect(machine.vm.vcpus[0]!.waiting).toBe('wfi');
  });

  it('timer-fires-between-saves: masks a virtual timer due in the gap, and no other', () => {
    for (const [downtime, ctl] of [
      [10n, 3],
      [1n, 1],
    ] as const) {
      const machine = waiting({ faults: ['timer-fires-between-saves'] });
      migrate(machine, OTHER, 'offset', downtime * MS);
      expect(machine.vm.vcpus[0]!.timer.state).toMatchObject({ cntv: { ctl }, cntp: { ctl: 1 } });
    }
  });

  it('per-vcpu-offset: each vCPU is 20 us ahead of the next', () => {
    const machine = guestMachine('smp', { vcpus: 3, faults: ['per-vcpu-offset'] });
    machine.host.run({ instructions: 40_000 });
    const before = virtual(machine);
    migrate(machine, OTHER, 'offset', MS);
    expect([0, 1, 2].map((v) => virtual(machine, v) - before)).toEqual([1000n, 500n, 0n]);
  });
});

describe('a snapshot', () => {
  it('carries the faults, and a restore may add some', () => {
    const bytes = saveSnapshot(waiting({ faults: ['wfi-timer-not-rearmed'] }));
    expect([...restoreSnapshot(bytes, 'interp').vm.faults]).toEqual(['wfi-timer-not-rearmed']);
    const more = restoreSnapshot(bytes, 'interp', {}, ['cntvoff-replayed']).vm;
    expect(more.config.faults).toEqual(['cntvoff-replayed', 'wfi-timer-not-rearmed']);
  });

  it('of a machine without faults does not speak of them', () => {
    expect(restoreSnapshot(saveSnapshot(waiting()), 'interp').vm.config).not.toHaveProperty('faults');
  });

  it('taken behind a faulty migration goes on as the machine does', () => {
    const machine = waiting({ faults: ['wfi-timer-not-rearmed', 'per-vcpu-offset'] });
    migrate(machine, OTHER, 'offset', 10n * MS);
    const copy = restoreSnapshot(saveSnapshot(machine), 'interp');
    for (const { host } of [machine, copy]) host.run({ until: 100n * MS });
    expect(stateHash(copy)).toBe(stateHash(machine));
  });
});
