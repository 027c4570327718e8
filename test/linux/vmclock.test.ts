/**
 * An unmodified kernel of Debian 13's backports: it drives the vmclock device by the device tree, and asks KVM which CPUs it
 * may meet, so that it may move to one of them.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { parseImplementation } from '../../src/hypervisor/identity/index.js';
import { debian } from './debian.js';
import { measure, type PtpRun } from './ptp.js';

const SUITE = 'trixie-backports';
/** TAI - UTC, in ns: this driver's clock is in TAI. */
const TAI = 37_000_000_000n;

const found = await debian(SUITE);

describe.skipIf(!found.image)(found.image ? `the kernel of ${SUITE}` : `no Debian image: ${found.reason}`, () => {
  let run: PtpRun;
  beforeAll(() => {
    const implementations = ['cortex-a57', 'neoverse-n1'].map((name) => parseImplementation(name));
    const first = "dmesg | grep -E 'smccc|vmclock'";
    const last = 'grep vmclock /proc/interrupts';
    // Its cache lines are the same: CTR_EL0 is no question of the implementation.
    const to = 'freq=1GHz,start=7777,ppm=40,cpu=neoverse-n1,ctr=0x8444c004';
    run = measure(found.image!, to, { vmclock: true, implementations }, { first, last });
  }, 300_000);

  const readings = (clock: string) => run.readings.filter((r) => r.clock === clock);

  test('finds the device and the services', () => {
    expect(run.status).toBe('poweroff');
    const text = run.lines.join('\n');
    expect(text).toMatch(/^name vmclock0$/m);
    expect(text).toMatch(/^name KVM virtual PTP$/m);
    expect(text).toMatch(/vmclock 90d0000\.ptp: vmclock0: registered miscdev, PTP/);
    expect(text).toMatch(/smccc: KVM: Number of target implementation CPUs is 2/);
  });

  test('may move to a CPU that it was told of, and is told of the move by the interrupt', () => {
    expect(run.session.refusals).toEqual([]);
    expect(run.session.migrations).toHaveLength(1);
    const [interrupts] = run.lines.filter((line) => / vmclock$/.test(line));
    const [, ...counts] = interrupts!.trim().split(/\s+/);
    expect(counts.slice(0, 2).reduce((sum, n) => sum + Number(n), 0)).toBe(1);
    expect(interrupts).toMatch(/GICv3\s+42 Edge\s+vmclock/);
  });

  test('its vmclock gives true time, before and behind the migration', () => {
    const name = run.lines.indexOf('name vmclock0') < run.lines.indexOf('name KVM virtual PTP') ? 'ptp0' : 'ptp1';
    const list = readings(name);
    expect(list).toHaveLength(10);
    for (const { earliest, latest, utc } of list) {
      // A reading of a 25 MHz counter stays the same for 40 ns: what the page says its error may be.
      expect(utc - TAI).toBeGreaterThanOrEqual(earliest - 40n);
      expect(utc - TAI).toBeLessThanOrEqual(latest);
      expect(latest - earliest).toBeLessThan(20_000n);
    }
  });
});
