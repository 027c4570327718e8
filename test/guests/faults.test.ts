/** Guests that pass on a good hypervisor see what each fault does. Migrations' faults are in src/migration/faults.test.ts. */
import { describe, expect, test } from 'vitest';
import { stateHash } from '../../src/cli/state-hash.js';
import type { FaultName } from '../../src/hypervisor/faults.js';
import { migrate } from '../../src/migration/migrate.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import { guestMachine, type MachineOptions, runToEnd } from '../support/machine.js';

interface Case {
  readonly fault: FaultName;
  readonly guest: string;
  readonly bootargs: string;
  readonly machine?: MachineOptions;
  /** What the guest says with the fault on. */
  readonly says: RegExp;
}

const STOLEN: MachineOptions = { vcpus: 2, steal: ['vcpu=all every=1ms for=300us'] };

const CASES: Case[] = [
  {
    fault: 'soft-timer-spurious',
    guest: 'edges',
    bootargs: 'phase=values',
    says: /^not ok .*CNTp, busy: a deadline moved away/m,
  },
  { fault: 'soft-timer-missed', guest: 'edges', bootargs: 'phase=values', says: /^not ok .*CNTp, CVAL 0: the inter/m },
  { fault: 'cval-truncated', guest: 'edges', bootargs: 'phase=values', says: /^not ok .*CVAL 2\^63: no interrupt/m },
  { fault: 'ticks-as-nanoseconds', guest: 'ticks', bootargs: 'rounds=1 lines=0', says: /^not ok .*none is early/m },
  {
    fault: 'late-vcpu-forgotten',
    guest: 'steal',
    bootargs: 'every=0 late=1 expect=1000000',
    machine: STOLEN,
    says: /^not ok .*vCPU 1: at least/m,
  },
];

const run = ({ guest, bootargs, machine }: Case, faults: FaultName[]) =>
  runToEnd(
    guestMachine(guest, { bootargs: `exit=semihosting ${bootargs}`, ...machine, ...(faults.length && { faults }) }),
  );

describe.each(CASES)('$fault', (it) => {
  test('off, the guest passes', () => {
    const { console } = run(it, []);
    expect(console).toMatch(/^1\.\.\d+$/m);
    expect(console).not.toMatch(/^(not ok|Bail out)/m);
  });
  test('on, the guest sees it', () => {
    expect(run(it, [it.fault]).console).toMatch(it.says);
  });
});

test('wfi-not-woken: the guest never wakes', () => {
  const { status, console } = runToEnd(guestMachine('ticks', { faults: ['wfi-not-woken'] }));
  expect(status).toBe('stalled');
  expect(console).not.toMatch(/READY/);
});

test('physical-line-stuck: one interrupt follows another', () => {
  const machine = guestMachine('ticks', { bootargs: 'rounds=0', faults: ['physical-line-stuck'] });
  let printed = '';
  machine.host.onTransmit = (byte) => {
    printed += String.fromCharCode(byte);
  };
  machine.host.run({ until: 12_000_000_000n });
  const at = printed.length;
  machine.host.run({ until: 14_000_000_000n });
  // The timer is off, its interrupt is pending all the same, and the guest gets nowhere.
  expect(machine.vm.vcpus[0]!.timer.state.cntp.ctl).toBe(0);
  expect(machine.vm.vgic.mmioRead('redist', 0x1_0200, 4, 0)! & (1n << 30n)).not.toBe(0n);
  expect(printed.slice(at)).toBe('');
});

test('ticks-as-nanoseconds: right where a tick is a nanosecond', () => {
  const bootargs = 'exit=semihosting rounds=1 lines=0';
  const { console } = runToEnd(guestMachine('ticks', { bootargs, host: '1GHz', faults: ['ticks-as-nanoseconds'] }));
  expect(console).not.toMatch(/^(not ok|Bail out)/m);
});

test('run-delay-gap: a microsecond of each stretch is missing, wherever the run is cut', () => {
  const machine = guestMachine('steal', { ...STOLEN, faults: ['run-delay-gap'] });
  machine.host.onTransmit = () => {};
  machine.host.run({ until: 10_000_000_000n });
  const [account] = machine.host.accounts;
  expect(account!.stolen - machine.vm.vcpus[0]!.stolen).toBe((account!.stolen / 300_000_000n) * 1_000_000n);
  const cut = guestMachine('steal', { ...STOLEN, faults: ['run-delay-gap'] });
  cut.host.onTransmit = () => {};
  cut.host.run({ until: 5_299_600_000n });
  const copy = restoreSnapshot(saveSnapshot(cut), 'interp');
  copy.host.run({ until: 10_000_000_000n });
  expect(stateHash(copy)).toBe(stateHash(machine));
});

test('stolen-restarts: the guest reads zero behind a migration', () => {
  const machine = guestMachine('steal', { ...STOLEN, faults: ['stolen-restarts'] });
  machine.host.onTransmit = () => {};
  machine.host.run({ until: 10_000_000_000n });
  expect(machine.vm.vcpus[0]!.stolen).toBeGreaterThan(0n);
  migrate(machine, machine.host.counter.spec, 'offset', 0n);
  const pages = machine.vm.memory().find((m) => m.name === 'pv-time')!;
  expect(new DataView(pages.bytes.buffer, pages.bytes.byteOffset).getBigUint64(8, true)).toBe(0n);
});

test('rtc-stands-still: the RTC is behind by the downtime', () => {
  const seconds = (faults: FaultName[]): bigint => {
    const machine = guestMachine('hello', faults.length ? { faults } : {});
    machine.host.run({ until: 1_000_000n });
    migrate(machine, machine.host.counter.spec, 'offset', 3_000_000_000_000n);
    return machine.vm.board.bus.readDevice(0x0901_0000, 4)!;
  };
  expect([seconds([]), seconds(['rtc-stands-still'])]).toEqual([3n, 0n]);
});
