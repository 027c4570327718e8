/** Debian's U-Boot for QEMU's virt board, from flash to its prompt, and what it says there. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, chronovisor } from '../cli/cli.js';

const U_BOOT = '/usr/lib/u-boot/qemu_arm64/u-boot.bin';
const found = existsSync(U_BOOT);

/** One line, since U-Boot drops what is typed while it works: the second bank is asked, erased and programmed. */
const COMMANDS = [
  'mw.l 4000000 98; md.l 4000040 3; mw.l 4000000 ff',
  'protect off 4000000 403ffff; erase 4000000 403ffff',
  'mw.l 40100000 12345678 40; cp.b 40100000 4000000 100; md.l 40000fc 2',
  'mw.l 4000000 90; md.l 4000000 1',
  'poweroff',
].join('; ');

describe.skipIf(!found && !process.env.CI)(found ? "Debian's U-Boot" : `no ${U_BOOT}: install u-boot-qemu`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'u-boot-'));
  const saved = join(dir, 'in-id-mode.snap');
  let run: CliResult;
  beforeAll(async () => {
    const typed = ['--input', 'console=/stop autoboot/ type x', '--input', `console=/=> $/ type ${COMMANDS}\\n`];
    const save = ['--save', saved, '--save-at', 'console=/00890089/'];
    const machine = ['--firmware', U_BOOT, '--memory', '128M', '--engine', 'jit', '--hash'];
    run = await chronovisor(['run', ...machine, ...typed, ...save, '--timeout', '180'], { limit: 200 });
  }, 210_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('reaches its prompt with its flash found, and takes commands', () => {
    expect(run.stderr).not.toContain('chronovisor:');
    expect(run.status).toBe(0);
    expect(run.stdout).toContain('Flash: 64 MiB');
    expect(run.stdout).toContain('=> ');
    expect(run.stdout).toMatch(/poweroff \.\.\./);
  });

  it('finds the flash in query and identification mode, erases and programs it', () => {
    expect(run.stdout).toMatch(/04000040: 00510051 00520052 00590059/);
    expect(run.stdout).toMatch(/040000fc: 12345678 ffffffff/);
    expect(run.stdout).toMatch(/04000000: 00890089/);
  });

  it('goes on from a snapshot that was made while the flash was not its array', async () => {
    const restored = await chronovisor(['restore', saved, '--engine', 'jit', '--hash', '--timeout', '100']);
    expect(restored.status).toBe(0);
    const hash = /state-hash: [0-9a-f]{64}/;
    const of = ({ stdout, stderr }: CliResult): string | undefined => hash.exec(stdout + stderr)?.[0];
    expect(of(restored)).toBeDefined();
    expect(of(restored)).toBe(of(run));
  });
});
