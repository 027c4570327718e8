/** `ptp_kvm` of an unmodified Debian 12 kernel, over KVM's hypercall; and what that kernel has read of its CPU. */
import { beforeAll, describe, expect, test } from 'vitest';
import { parseHost } from '../../src/host/frequency.js';
import { admitHostCpu } from '../../src/migration/compatibility.js';
import { debian } from './debian.js';
import { measure, type PtpRun } from './ptp.js';

const found = await debian();

describe.skipIf(!found.image)(found.image ? 'ptp_kvm of Debian 12' : `no Debian image: ${found.reason}`, () => {
  let run: PtpRun;
  beforeAll(() => {
    run = measure(found.image!, 'freq=1GHz,start=7777');
  }, 300_000);

  test('the kernel finds the services, and registers one clock', () => {
    expect(run.status).toBe('poweroff');
    expect(run.lines).toContain('name KVM virtual PTP');
    expect(run.lines).toContain('clocks 1');
  });

  test('the clock is true UTC, within the time it takes to ask, before and after a migration', () => {
    expect(run.session.migrations).toHaveLength(1);
    const ptp = run.readings.filter(({ clock }) => clock === 'ptp0');
    expect(ptp).toHaveLength(10);
    for (const { earliest, latest, utc } of ptp) {
      expect(utc).toBeGreaterThanOrEqual(earliest);
      expect(utc).toBeLessThanOrEqual(latest);
      expect(latest - earliest).toBeLessThan(20_000n);
    }
  });

  test('CLOCK_REALTIME is not, behind the migration: the program sees the difference', () => {
    const behind = run.readings.filter(({ clock }) => clock === 'realtime').slice(5);
    expect(behind.some(({ earliest, utc }) => earliest - utc > 10_000_000n || utc - earliest > 10_000_000n)).toBe(true);
  });

  test('the kernel has read its CPU, and could not go on behind another', () => {
    const { vm } = run.machine;
    expect(() => admitHostCpu(vm, parseHost('freq=1GHz,cpu=neoverse-n1'))).toThrow(
      /^migration refused: destination's MIDR_EL1 is 0x414fd0c1, the guest has read 0x411fd070; .*CTR_EL0/,
    );
    expect(Object.keys(vm.save().identity!.read)).toEqual(
      expect.arrayContaining([
        'MIDR_EL1',
        'REVIDR_EL1',
        'CTR_EL0',
        'DCZID_EL0',
        'ID_AA64ISAR0_EL1',
        'ID_AA64MMFR2_EL1',
      ]),
    );
    expect(() => admitHostCpu(vm, parseHost('19.2MHz'))).not.toThrow();
  });
});
