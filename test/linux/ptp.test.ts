/**
 * PTP clocks of an unmodified Debian kernel, read by a static program (`guests/linux-ptp`): `ptp_kvm` over KVM's hypercall.
 * Each reading stands between two of CNTVCT_EL0, and what true UTC was at those is computed from the host's counter.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseHost } from '../../src/host/frequency.js';
import { writeCpio } from '../../src/loader/debian/cpio.js';
import type { DebianCloudImage } from '../../src/loader/debian/index.js';
import type { Machine } from '../../src/migration/snapshot.js';
import { Session } from '../../src/verify/session.js';
import { guestPath } from '../support/machine.js';
import { debian, debianMachine } from './debian.js';

const EPOCH = 1_767_225_600n;
const NS = 1_000_000_000n;
const MS = 1_000_000_000n;

const found = await debian();
const folder = mkdtempSync(join(tmpdir(), 'linux-ptp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The image's initrd with the program and the script that runs it: an archive behind an archive is unpacked, too. */
function withProgram(initrd: string, script: string): string {
  const more = writeCpio([
    { kind: 'file', path: 'bin/ptp', data: readFileSync(guestPath('linux-ptp')), mode: 0o755 },
    { kind: 'file', path: 'etc/cv.sh', data: Buffer.from(script), mode: 0o755 },
  ]);
  const path = join(folder, 'initrd');
  writeFileSync(path, Buffer.concat([readFileSync(initrd), more]));
  return path;
}

interface Reading {
  clock: string;
  /** True UTC at the reads of CNTVCT_EL0 around it, in ns. */
  earliest: bigint;
  latest: bigint;
  /** What the clock said, in ns. */
  utc: bigint;
}

/** Readings of a run that migrates in its middle. */
function measure(image: DebianCloudImage) {
  const script = 'for c in /sys/class/ptp/*; do echo "name $(cat $c/clock_name)"; done; ptp 5; echo MIGRATE; ptp 5';
  const initrd = withProgram(image.initrd, `${script}; poweroff -f\n`);
  const append = 'console=ttyAMA0 quiet cv.nomodules';
  const machine = debianMachine({ ...image, initrd }, { cpu: 'cortex-a57', vcpus: 2, memory: 256 * 2 ** 20, append });
  const readings: Reading[] = [];
  const lines: string[] = [];
  let line = '';
  const to = parseHost('freq=1GHz,start=7777');
  const when = { kind: 'console', pattern: /^MIGRATE/ } as const;
  const action = { kind: 'migrate', to, strategy: 'offset', downtime: 30n * MS } as const;
  const session = new Session(machine, [{ when, action }], (byte) => {
    if (byte === 13) return;
    if (byte !== 10) {
      line += String.fromCharCode(byte);
      return;
    }
    const reading = readingOf(machine, line);
    if (reading) readings.push(reading);
    lines.push(line);
    line = '';
  });
  const status = session.run();
  return { status, session, readings, lines };
}

function readingOf({ vm, host }: Machine, line: string): Reading | null {
  const [, clock, before, seconds, ns, after] = /^C (\S+) (\d+) (\d+)\.(\d{9}) (\d+)$/.exec(line) ?? [];
  if (!clock) return null;
  const { cntvoff } = vm.vcpus[0]!.timer.save();
  const utcOf = (count: bigint): bigint =>
    EPOCH * NS + host.counter.timeOf(BigInt.asUintN(64, count + cntvoff)) / 1000n;
  // A count lasts until the next one.
  const latest = utcOf(BigInt(after!) + 1n);
  return { clock, earliest: utcOf(BigInt(before!)), latest, utc: BigInt(seconds!) * NS + BigInt(ns!) };
}

describe.skipIf(!found.image)(found.image ? 'ptp_kvm of Debian 12' : `no Debian image: ${found.reason}`, () => {
  let run: ReturnType<typeof measure>;
  beforeAll(() => {
    run = measure(found.image!);
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
});
