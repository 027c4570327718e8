/** The real gdb-multiarch against a guest. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { guestPath, ROOT } from '../support/machine.js';

const present = spawnSync('gdb-multiarch', ['--version']).status === 0;

/** Starts a guest that waits for gdb, and runs gdb's commands against it. */
async function debug(
  guest: string,
  commands: string[],
  options: string[] = [],
): Promise<{ gdb: string; status: number; console: string; hash: string }> {
  const args = [
    'dist/cli/main.js',
    'run',
    guestPath(guest),
    '--append',
    'exit=semihosting lines=0',
    '--gdb',
    '0',
    '--hash',
    ...options,
  ];
  const vm = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let console = '';
  vm.stdout.on('data', (d: Buffer) => (console += d.toString('latin1')));
  const lines = createInterface({ input: vm.stderr });
  let port = '';
  let hash = '';
  const exit = once(vm, 'exit');
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      hash = /^state-hash: (\w+)$/.exec(line)?.[1] ?? hash;
      port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? port;
      if (port) resolve();
    });
    vm.on('exit', () => reject(new Error('the machine ended before gdb could connect')));
  });
  const batch = [
    '-nx',
    '-batch',
    '-ex',
    'set pagination off',
    '-ex',
    'set confirm off',
    '-ex',
    `target remote :${port}`,
  ];
  const gdb = spawn('gdb-multiarch', [...batch, ...commands.flatMap((c) => ['-ex', c]), guestPath(guest)], {
    cwd: ROOT,
  });
  let text = '';
  gdb.stdout.on('data', (d: Buffer) => (text += d.toString()));
  gdb.stderr.on('data', (d: Buffer) => (text += d.toString()));
  await once(gdb, 'exit');
  const [status] = (await exit) as [number];
  return { gdb: text, status, console, hash };
}

describe.skipIf(!present && !process.env.CI)('gdb-multiarch', () => {
  test('breaks, steps, reads and writes registers and memory, watches, goes on to the end', async () => {
    const { gdb, status, console } = await debug('hello', [
      'info threads',
      'break *guest_main',
      'continue',
      'print $pc == (unsigned long) &guest_main',
      'bt 1',
      'print/x $CurrentEL',
      'print/x $MIDR_EL1',
      'print/x $SCTLR_EL1 & 1',
      'set $before = $pc',
      'stepi',
      'print $pc - $before',
      'print/x *(unsigned int *) 0x40200000',
      'set $kept = $x20',
      'set $x20 = 0x123456789abcdef0',
      'print/x $x20',
      'set $x20 = $kept',
      'set $v3.u[1] = 77',
      'print $v3.u[1]',
      'set *(unsigned char *) 0x40100000 = 0x5a',
      'x/2xb 0x40100000',
      'delete',
      'continue',
    ]);
    expect(gdb).toMatch(/1\s+Thread 1/);
    expect(gdb).toMatch(/Breakpoint 1, .*guest_main/);
    expect(gdb).toMatch(/\$1 = 1/);
    expect(gdb).toMatch(/= 0x411fd070/);
    expect(gdb).toMatch(/= 4\n/);
    expect(gdb).toMatch(/= 0x123456789abcdef0/);
    expect(gdb).toMatch(/= 77\n/);
    expect(gdb).toMatch(/0x40100000:\s+0x5a\s+0x00/);
    expect(gdb).toMatch(/exited normally/);
    expect(console).toMatch(/^1\.\.10$/m);
    expect(status).toBe(0);
  });

  test('vCPUs are threads', async () => {
    const { gdb, status } = await debug(
      'smp',
      ['break guest_main', 'continue', 'info threads', 'thread 2', 'print/x $MPIDR_EL1', 'delete', 'continue'],
      ['--smp', '2'],
    );
    expect(gdb).toMatch(/Thread 2 \(vCPU 1, off\)/);
    expect(gdb).toMatch(/exited normally/);
    expect(status).toBe(0);
  });

  test('a watchpoint stops at the store and tells the address', async () => {
    const { gdb } = await debug('hello', [
      'break guest_main',
      'continue',
      'delete',
      'watch -l *(long *) ($sp - 16)',
      'continue',
      'kill',
    ]);
    expect(gdb).toMatch(/Hardware watchpoint 2/);
    expect(gdb).toMatch(/Old value = /);
  });

  test('attaching changes nothing', async () => {
    const plain = spawnSync(
      process.execPath,
      ['dist/cli/main.js', 'run', guestPath('smp'), '--append', 'exit=semihosting lines=0', '--hash', '--smp', '2'],
      { cwd: ROOT, encoding: 'utf8' },
    );
    const { hash, console } = await debug('smp', ['info registers pc', 'x/4xw 0x40200000', 'detach'], ['--smp', '2']);
    expect(hash).toBe(/^state-hash: (\w+)$/m.exec(plain.stderr)?.[1]);
    expect(console).toBe(plain.stdout);
  });
});
