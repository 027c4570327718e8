/**
 * A run of Debian that reads its PTP clocks with a static program (`guests/linux-ptp`), before and behind a migration.
 * Each reading stands between two of CNTVCT_EL0, and what true UTC was at those is computed from the host's counter.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHost } from '../../src/host/frequency.js';
import type { VmConfig } from '../../src/hypervisor/vm/config.js';
import { writeCpio } from '../../src/loader/debian/cpio.js';
import type { DebianCloudImage } from '../../src/loader/debian/index.js';
import type { Machine } from '../../src/migration/snapshot.js';
import { Session } from '../../src/verify/session.js';
import { guestPath } from '../support/machine.js';
import { debianMachine } from './debian.js';

const EPOCH = 1_767_225_600n;
const NS = 1_000_000_000n;
const MS = 1_000_000_000n;

/** The image's initrd with the program and the script that runs it: an archive behind an archive is unpacked, too. */
function withProgram(folder: string, initrd: string, script: string): string {
  const more = writeCpio([
    { kind: 'file', path: 'bin/ptp', data: readFileSync(guestPath('linux-ptp')), mode: 0o755 },
    { kind: 'file', path: 'etc/cv.sh', data: Buffer.from(script), mode: 0o755 },
  ]);
  const path = join(folder, 'initrd');
  const first = readFileSync(initrd);
  // An archive that is not compressed begins at a multiple of 4.
  writeFileSync(path, Buffer.concat([first, Buffer.alloc(-first.length & 3), more]));
  return path;
}

export interface Reading {
  clock: string;
  /** True UTC at the reads of CNTVCT_EL0 around it, in ns. */
  earliest: bigint;
  latest: bigint;
  /** What the clock said, in ns. */
  utc: bigint;
}

export interface PtpRun {
  readonly machine: Machine;
  readonly session: Session;
  readonly status: string;
  readonly readings: readonly Reading[];
  readonly lines: readonly string[];
}

/** @param show commands whose output is wanted, before the migration and at the end */
export function measure(
  image: DebianCloudImage,
  to: string,
  config: Partial<VmConfig> = {},
  show: { first?: string; last?: string } = {},
): PtpRun {
  const folder = mkdtempSync(join(tmpdir(), 'linux-ptp-'));
  try {
    const names = 'for c in /sys/class/ptp/*; do echo "name $(cat $c/clock_name)"; done';
    const { first = 'true', last = 'true' } = show;
    const script = `${names}; ${first}; ptp 5; echo MIGRATE; ptp 5; ${last}; poweroff -f\n`;
    const initrd = withProgram(folder, image.initrd, script);
    const append = 'console=ttyAMA0 quiet cv.nomodules';
    const memory = 256 * 2 ** 20;
    return run(debianMachine({ ...image, initrd }, { cpu: 'cortex-a57', vcpus: 2, memory, append, config }), to);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(machine: Machine, host: string): PtpRun {
  const readings: Reading[] = [];
  const lines: string[] = [];
  let line = '';
  const to = parseHost(host);
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
  return { machine, status, session, readings, lines };
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
