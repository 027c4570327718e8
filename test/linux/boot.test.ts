/**
 * Boots Debian's cloud kernel with the built command line and checks what the guest says of its processors, its
 * interrupts, its clock and its stolen time. The runs are shared: each is some seconds of a processor.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliResult, chronovisor } from '../cli/cli.js';
import { debian } from './debian.js';

/** What `--json` writes, as far as it is looked at here. */
interface Result {
  status: string;
  exitCode: number;
  hostTimeNs: number;
  stateHash: string;
  migrations: { from: { freqHz: number }; to: { freqHz: number }; strategy: string }[];
  verdicts: { name: string; status: string; value: number; text: string }[];
}

interface Boot extends CliResult {
  readonly result: Result;
}

const found = await debian();
const LIMIT = 300;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'linux-boot-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let runs = 0;
async function boot(append: string, ...args: string[]): Promise<Boot> {
  const { kernel, initrd } = found.image!;
  const json = join(folder, `${runs++}.json`);
  const common = ['--initrd', initrd, '--host', '25MHz', '--timeout', String(LIMIT), '--json', json];
  const line = `console=ttyAMA0 quiet ${append}`;
  const done = await chronovisor(['run', kernel, ...common, '--append', line, ...args], { limit: LIMIT + 20 });
  return {
    ...done,
    stdout: done.stdout.replaceAll('\r', ''),
    result: JSON.parse(readFileSync(json, 'utf8')) as Result,
  };
}

/** The lines that the guest prints under `== name`. */
function section(console: string, name: string): string[] {
  const lines = console.split('\n');
  const start = lines.indexOf(`== ${name}`) + 1;
  expect(start).toBeGreaterThan(0);
  const length = lines.slice(start).findIndex((line) => line.startsWith('== ') || line.startsWith('CHRONOVISOR'));
  return lines.slice(start, length < 0 ? undefined : start + length);
}

/** Counts of an interrupt on each CPU; the first column names it, or the last. */
function counts(console: string, name: string, cpus: number): number[] {
  const line = section(console, 'interrupts').find((l) => l.trimStart().startsWith(`${name}:`) || l.endsWith(name));
  return (line ?? '')
    .trim()
    .split(/\s+/)
    .slice(1, 1 + cpus)
    .map(Number);
}

/** Steal column of /proc/stat in ticks of 10 ms: the sum over all CPUs, then each. */
const steal = (console: string): number[] =>
  section(console, 'stat')
    .filter((line) => line.startsWith('cpu'))
    .map((line) => Number(line.split(/\s+/)[8]));

const verdict = ({ result }: Boot, name: string) => result.verdicts.find((v) => v.name === name);

/** What every boot to poweroff has to show. */
function expectWhole({ stdout, result }: Boot, cpus: number): void {
  const markers = stdout.split('\n').filter((line) => line.startsWith('CHRONOVISOR-'));
  expect(markers).toEqual(['CHRONOVISOR-BOOT-OK', 'CHRONOVISOR-READY', 'CHRONOVISOR-DONE']);
  expect(stdout).toMatch(/reboot: Power down\n$/);
  expect(result.status).toBe('poweroff');
  expect(section(stdout, 'clocksource')).toEqual(['arch_sys_counter']);
  const timers = counts(stdout, 'arch_timer', cpus);
  expect(timers).toHaveLength(cpus);
  for (const n of timers) expect(n).toBeGreaterThan(20);
  expect(counts(stdout, 'Err', 1)).toEqual([0]);
}

/** The kernel's own checks of our instructions. */
function expectSelfTests({ stdout }: Boot): void {
  expect(stdout).toMatch(/^crypto self-tests: 63 passed, 0 not$/m);
  expect(stdout).toMatch(/raid6: using algorithm neonx\d/);
  expect(stdout).toMatch(/raid6: using neon recovery algorithm/);
  expect(stdout).toMatch(/xor: using function: arm64_neon/);
  expect(stdout).not.toMatch(/WARNING|BUG:|Oops|self-test.*failed|alg: .*fail/i);
}

describe.skipIf(!found.image)(found.image ? 'Debian' : `no Debian image: ${found.reason}`, () => {
  test('on one Cortex-A57, from 25 MHz to 1 GHz: goes on, powers off, and the verdicts name the change', async () => {
    const run = await boot('', '--cpu', 'cortex-a57', '--migrate', 'console=/CHRONOVISOR-READY/ to 1GHz');
    expectWhole(run, 1);
    expectSelfTests(run);
    expect(run.status).toBe(1);
    expect(run.result.exitCode).toBe(1);
    expect(run.result.migrations).toMatchObject([{ from: { freqHz: 25e6 }, to: { freqHz: 1e9 }, strategy: 'offset' }]);
    const rate = verdict(run, 'counter-rate')!;
    expect(rate).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/^40\.0{3,6}x its first rate on 1GHz/),
    });
    expect(rate.value).toBeCloseTo(40, 4);
    expect(run.stderr).toMatch(/^ {2}counter-rate +FAIL +(40\.0000|39\.9999)\d*x/m);
    expect(verdict(run, 'counter-monotonic')).toMatchObject({ status: 'pass' });
    // A guest that sleeps for a second of a 25 MHz counter sleeps for a fortieth of one at 1 GHz.
    expect(verdict(run, 'timer-early')).toMatchObject({ status: 'fail' });
    expect(steal(run.stdout)).toEqual([0, 0]);
  });

  test('on four Neoverse-N1, between hosts of the same frequency: nothing to complain of', async () => {
    const to = 'freq=25MHz,start=0x7000000000,name=other';
    const run = await boot(
      '',
      '--cpu',
      'neoverse-n1',
      '--smp',
      '4',
      '--migrate',
      `console=/CHRONOVISOR-READY/ to ${to}`,
    );
    expectWhole(run, 4);
    expectSelfTests(run);
    expect(run.status).toBe(0);
    expect(run.result.migrations).toMatchObject([{ from: { freqHz: 25e6 }, to: { freqHz: 25e6 } }]);
    expect(run.result.verdicts.filter((v) => v.status === 'fail')).toEqual([]);
    for (const ipi of ['Rescheduling interrupts', 'Function call interrupts']) {
      const sent = counts(run.stdout, ipi, 4);
      expect(sent.filter((n) => n > 0).length).toBeGreaterThanOrEqual(2);
    }
    expect(steal(run.stdout)).toEqual([0, 0, 0, 0, 0]);
  });

  test('tells the time that was stolen from it', async () => {
    const pattern = ['--steal', 'vcpu=0 every=10ms for=3ms', '--steal', 'vcpu=1 every=20ms for=1ms jitter=10ms'];
    const run = await boot('cv.nomodules', '--smp', '2', ...pattern, '--until', 'console=/== dmesg/');
    expect(run.status).toBe(0);
    expect(run.result.status).toBe('stopped');
    const identity = verdict(run, 'stolen-identity')!;
    expect(identity.status).toBe('pass');
    const [, host, told] = /^(\d+) ns stolen by the host, (\d+) ns told to the guest; identity exact$/.exec(
      identity.text,
    )!;
    expect(told).toBe(host);
    const [sum, ...each] = steal(run.stdout);
    const TICK = 10e6;
    expect(each).toHaveLength(2);
    expect(each[0]).toBeGreaterThan(30);
    // Each CPU rounds down to a tick, and learns of what was stolen last at its next one.
    expect(Math.abs(Number(host) / TICK - sum!)).toBeLessThan(2);
  });

  test('comes to the marker, and twice in the same state', async () => {
    const args = ['--smp', '2', '--memory', '256M', '--hash', '--until', 'console=/CHRONOVISOR-BOOT-OK/'];
    const [a, b] = await Promise.all([boot('', ...args), boot('', ...args)]);
    expect(a.stdout).toMatch(/CHRONOVISOR-BOOT-OK$/);
    expect(a.status).toBe(0);
    expect(a.result.status).toBe('stopped');
    expect(a.stderr).toMatch(/^state-hash: [0-9a-f]{64}$/m);
    expect(b.stdout).toBe(a.stdout);
    expect(b.stderr).toBe(a.stderr);
    expect(b.result.stateHash).toBe(a.result.stateHash);
  });
});
