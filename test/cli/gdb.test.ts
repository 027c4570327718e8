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

  test('watchpoints stop at every access to what is watched, reads among them', async () => {
    const { gdb, status } = await debug('hello', [
      'watch *(unsigned int *) &tests',
      'continue',
      'continue',
      'delete',
      'rwatch *(int *) &breakpoint_esr',
      'continue',
      'delete',
      'continue',
    ]);
    expect(gdb).toMatch(/Old value = 0\nNew value = 1\n[\s\S]*Old value = 1\nNew value = 2\n/);
    expect(gdb).toMatch(/read watchpoint 2: .*\n\nValue = -234876364\n/);
    expect(gdb).toMatch(/exited normally/);
    expect(status).toBe(0);
  });

  test('a held vCPU does not run, and one that can only wait says so', async () => {
    const { gdb } = await debug(
      'smp',
      [
        'break *cpu_post',
        'continue',
        'set scheduler-locking on',
        'thread 2',
        'stepi',
        'info threads',
        'set scheduler-locking off',
        'stepi',
        'info threads',
        'kill',
      ],
      ['--smp', '2'],
    );
    expect(gdb).toMatch(/waits for something that nothing will raise/);
    expect(gdb).toMatch(
      /1 +Thread 1 \(vCPU 0, on\) +0x\w+ in cpu_post[\s\S]*1 +Thread 1 \(vCPU 0, on\) +0x\w+ in cpu_wait/,
    );
    expect(gdb).toMatch(/\* 2 +Thread 2 \(vCPU 1, on\)/);
    expect(gdb).not.toMatch(/internal-error/);
  });

  test('calls a function of the guest, answers monitor, refuses what cannot be', async () => {
    const { gdb, status } = await debug('hello', [
      'break *guest_main',
      'continue',
      'print ((long (*)(long)) allocate)(64) != 0',
      'print $pc == (unsigned long) &guest_main',
      'monitor time',
      'monitor translate 0x40200000',
      'set $MIDR_EL1 = 1',
      'x/w 0x9000000',
      'info registers SCTLR_EL1 SP_EL1 sp',
      'delete',
      'continue',
    ]);
    expect(gdb).toMatch(/\$1 = 1\n\$2 = 1\n/);
    expect(gdb).toMatch(/host time \d+ ps, counter 62500000 Hz\nvCPU 0: CNTVCT_EL0 0x\w+/);
    expect(gdb).toMatch(/^0x40200000$/m);
    expect(gdb).toMatch(/Could not write register "MIDR_EL1"/);
    expect(gdb).toMatch(/Cannot access memory at address 0x9000000/);
    const [, banked, inUse] = /SP_EL1 +(0x\w+) .*\nsp +(0x\w+) /.exec(gdb)!;
    expect(banked).toBe(inUse);
    expect(status).toBe(0);
  });

  test('a guest that stalls can be looked at', async () => {
    const { gdb } = await debug('hello', [
      'set *(unsigned int *) 0x40200000 = 0xd503207f',
      'set *(unsigned int *) 0x40200004 = 0x17ffffff',
      'continue',
      'print/x $pc',
      'kill',
    ]);
    expect(gdb).toMatch(/waits for something that nothing will raise/);
    expect(gdb).toMatch(/SIGINT[\s\S]*= 0x40200004/);
  });

  test('attaching, looking, breakpoints, watchpoints and stepping change nothing', async () => {
    const plain = spawnSync(
      process.execPath,
      ['dist/cli/main.js', 'run', guestPath('smp'), '--append', 'exit=semihosting lines=0', '--hash', '--smp', '2'],
      { cwd: ROOT, encoding: 'utf8' },
    );
    const wanted = /^state-hash: (\w+)$/m.exec(plain.stderr)?.[1];
    const sessions = [
      ['info all-registers', 'thread 2', 'x/4xw 0x40200000', 'detach'],
      ['break *cpu_post', 'continue', 'continue', 'info all-registers', 'stepi', 'stepi', 'delete', 'continue'],
      ['watch *(unsigned int *) &ticket_serving', 'continue', 'continue', 'thread 1', 'stepi', 'delete', 'continue'],
    ];
    for (const engine of ['interp', 'jit']) {
      for (const commands of sessions) {
        const { gdb, hash, console } = await debug('smp', commands, ['--smp', '2', '--engine', engine]);
        expect(gdb).toMatch(/exited normally|detached/);
        expect(hash, `${engine}: ${commands}`).toBe(wanted);
        expect(console).toBe(plain.stdout);
      }
    }
  });
});
