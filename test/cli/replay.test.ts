/** `--record` and `--replay` from the command line: logs on disk, the terminal in real pace, what is refused. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMON } from '../../src/cli/options.js';
import { MACHINE_OPTIONS } from '../../src/cli/replay.js';
import { addRun } from '../../src/cli/run.js';
import { readLog } from '../../src/verify/replay/index.js';
import { guestPath, ROOT } from '../support/machine.js';
import { chronovisor } from './cli.js';

let folder: string;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]) => chronovisor(args, { limit: 120 });
const hashOf = (stderr: string): string | undefined => /^state-hash: (\w{64})$/m.exec(stderr)?.[1];

/** Prompts with '>' and sends back what it reads from the UART; 'q' turns it off. */
const ECHO = [
  0xd2a12001, // mov  x1, #0x09000000
  0x528007c3, // mov  w3, #'>'
  0xb9000023, // str  w3, [x1]          UARTDR
  0xb9401822, // ldr  w2, [x1, #0x18]   UARTFR
  0x3727ffe2, // tbnz w2, #4, . - 4     RXFE
  0xb9400023, // ldr  w3, [x1]
  0xb9000023, // str  w3, [x1]
  0x7101c47f, // cmp  w3, #'q'
  0x54ffff61, // b.ne . - 20
  0x52b08000, // mov  w0, #0x84000000
  0x72800100, // movk w0, #8            SYSTEM_OFF
  0xd4000002, // hvc  #0
];

const CLOCK = [
  guestPath('clock'),
  '--append',
  'exit=semihosting every=0 samples=4000',
  '--cpu',
  'neoverse-n1',
  '--memory',
  '16M',
];
const EVENTS = [
  '--migrate',
  'insn=300000 to 1GHz',
  '--input',
  't=2ms type ab\\n',
  '--steal',
  'vcpu=0 every=1ms for=200us',
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  writeFileSync(path('echo.bin'), Uint32Array.from(ECHO));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run recorded', () => {
  let recorded: Awaited<ReturnType<typeof chronovisor>>;
  const log = (): string => path('clock.log');

  beforeAll(async () => {
    recorded = await run('run', ...CLOCK, ...EVENTS, '--seed', '9', '--record', log(), '--hash');
  }, 120_000);

  test('leaves a log with its end', () => {
    const { header, records, cut } = readLog(readFileSync(log()));
    expect(cut).toBe(false);
    expect(header).toMatchObject({ pace: 'fast', machine: { config: { cpu: 'neoverse-n1' }, steal: { seed: 9 } } });
    expect(records.flatMap((r) => (r.kind === 'input' ? [r.action.kind] : []))).toEqual(['migrate', 'type']);
    expect(records.at(-1)).toMatchObject({ kind: 'end', status: 'exit', hash: hashOf(recorded.stderr) });
  });

  test('is replayed without saying its options again, on either engine, with its exit status and console', async () => {
    const again = await run('run', CLOCK[0]!, '--replay', log(), '--engine', 'jit', '--hash', '--json', path('r.json'));
    expect(again.stdout).toBe(recorded.stdout);
    expect(again.status).toBe(recorded.status);
    expect(hashOf(again.stderr)).toBe(hashOf(recorded.stderr));
    expect(again.stderr).toMatch(
      /^replay \S+clock\.log: ok, as recorded at \d+ instants, .*; ended as recorded \(exit\)$/m,
    );
    const json = JSON.parse(readFileSync(path('r.json'), 'utf8'));
    expect(json.verdicts.at(-1)).toMatchObject({ name: 'state-hash', status: 'pass', value: 0, bound: 0 });
  });

  test('is gone on with from a snapshot of the replay', async () => {
    await run('run', CLOCK[0]!, '--replay', log(), '--save', path('mid.cv'), '--save-at', 't=1.7ms');
    const rest = await run('restore', path('mid.cv'), '--replay', log(), '--hash');
    expect(rest.stderr).toMatch(/: ok, as recorded/);
    expect(hashOf(rest.stderr)).toBe(hashOf(recorded.stderr));
    expect(rest.status).toBe(recorded.status);
  });

  test('is recorded anew by its replay', async () => {
    await run('run', CLOCK[0]!, '--replay', log(), '--record', path('again.log'));
    expect(readFileSync(path('again.log')).equals(readFileSync(log()))).toBe(true);
  });

  test.each<[string, string[], RegExp]>([
    [
      'another image',
      [guestPath('hello')],
      /the image is not the one recorded \(\S+clock\.elf, SHA-256 \w{12}\.\.\.\)/,
    ],
    ['another seed', [CLOCK[0]!, '--seed', '8'], /--seed \(steal\.seed\) is 8, the log has 9/],
    ['other vCPUs', [CLOCK[0]!, '--smp', '2'], /--smp \(config\.vcpus\) is 2, the log has 1/],
    ['another host', [CLOCK[0]!, '--host', '25MHz'], /--host \(spec\.\w+\) is 25MHz, the log has 62\.5MHz/],
    ['other costs', [CLOCK[0]!, '--cost', 'all=0'], /--cost \(costs\.\w+\) is 0, the log has \d+/],
    ['another command line', [CLOCK[0]!, '--append', 'x'], /the machine at the start is not the recorded one/],
    ['another initrd', [CLOCK[0]!, '--initrd', guestPath('hello')], /was recorded without --initrd/],
    ['events of its own', [CLOCK[0]!, '--migrate', 't=1s to 1GHz'], /--migrate: not with --replay/],
  ])('is refused with %s', async (_name, args, message) => {
    const { status, stderr, stdout } = await run('run', ...args, '--replay', log());
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('cut off is replayed up to there, and said to be', async () => {
    const { length } = readFileSync(log());
    writeFileSync(path('cut.log'), readFileSync(log()));
    truncateSync(path('cut.log'), length - 40);
    const { status, stderr } = await run('run', CLOCK[0]!, '--replay', path('cut.log'));
    expect(stderr).toMatch(/cut\.log: ok, .*the log is cut off there: its recording was ended by force/);
    expect(status).toBe(1);
  });

  test('that cannot be a log is refused', async () => {
    const bytes = readFileSync(log());
    bytes[bytes.length - 9]! ^= 4;
    writeFileSync(path('damaged.log'), bytes);
    const cases: [string[], RegExp][] = [
      [['--replay', path('damaged.log')], /damaged\.log: replay log: record \d+ is damaged/],
      [['--replay', path('echo.bin')], /echo\.bin: replay log: not a Chronovisor replay log/],
      [['--replay', path('nosuch')], /nosuch: no such file/],
      [['--replay', folder], /is a folder/],
      [['--replay', log(), '--record', log()], /is the --replay log/],
      [['--record', path('x.log'), '--gdb', '0'], /--record: not with --gdb/],
      [['--record', path('no/x.log')], /no such folder/],
    ];
    for (const [args, message] of cases) {
      const { status, stderr } = await run('run', CLOCK[0]!, ...args);
      expect(stderr).toMatch(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(status).toBe(2);
    }
    expect(existsSync(path('x.log'))).toBe(false);
  });

  test('by --timeout ends there again, with its status', async () => {
    const log = path('timeout.log');
    const first = await run('run', path('echo.bin'), '--memory', '16M', '--timeout', '0.3', '--record', log, '--hash');
    expect(first.status).toBe(124);
    const again = await run('run', path('echo.bin'), '--replay', log, '--hash');
    expect(again.stderr).toMatch(/: ok, .*ended as recorded \(timeout\)/);
    expect([again.status, hashOf(again.stderr)]).toEqual([124, hashOf(first.stderr)]);
  });
});

test('every option of run that says what the machine is is in the log', () => {
  const program = new Command();
  addRun(program);
  const common = COMMON.map((o) => o.attributeName());
  const own = program.commands[0]!.options.map((o) => o.attributeName()).filter((name) => !common.includes(name));
  expect(own.filter((name) => !MACHINE_OPTIONS.includes(name))).toEqual([]);
});

test('a snapshot with its log is replayed by restore, and by nothing else', async () => {
  await run('run', ...CLOCK, '--save', path('s.cv'), '--save-at', 'insn=200000', '--until', 'insn=200001');
  const first = await run(
    'restore',
    path('s.cv'),
    '--migrate',
    'insn=400000 to 1GHz',
    '--record',
    path('s.log'),
    '--hash',
  );
  const again = await run('restore', path('s.cv'), '--replay', path('s.log'), '--hash');
  expect(again.stderr).toMatch(/: ok, .*ended as recorded/);
  expect(hashOf(again.stderr)).toBe(hashOf(first.stderr));
  const wrong = await run('run', CLOCK[0]!, '--replay', path('s.log'));
  expect([wrong.status, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/recorded from a snapshot: chronovisor restore/),
  ]);
});

/** Runs the command line at a terminal of its own, and types at the prompt; what the terminal showed. */
function atTerminal(args: string[], typed: string): Promise<string> {
  const command = [process.execPath, join(ROOT, 'dist/cli/main.js'), ...args].map((a) => `'${a}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let screen = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    if (!screen.includes('>') && text.includes('>')) child.stdin.write(typed);
    screen += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve(screen) : reject(new Error(`status ${status}: ${screen}`))));
  });
}

test('what is typed at a terminal in real pace is replayed at its instants', async () => {
  const log = path('typed.log');
  const screen = await atTerminal(
    ['run', path('echo.bin'), '--memory', '16M', '--pace', 'real', '--record', log, '--hash'],
    'hello q',
  );
  expect(screen).toMatch(/>hello q/);
  const { records, header } = readLog(readFileSync(log));
  expect(header.pace).toBe('real');
  const bytes = records.flatMap((r) => (r.kind === 'input' && r.action.kind === 'receive' ? r.action.bytes : []));
  expect(String.fromCharCode(...bytes)).toBe('hello q');
  for (const engine of ['interp', 'jit']) {
    const again = await run('run', path('echo.bin'), '--replay', log, '--hash', '--engine', engine);
    expect(again.stdout).toBe('>hello q');
    expect(again.stderr).toMatch(/: ok, .*ended as recorded \(poweroff\)/);
    expect(hashOf(again.stderr)).toBe(/state-hash: (\w{64})/.exec(screen)![1]);
  }
  // Replayed at the wall clock's pace it is the same run, too.
  const slow = await run('run', path('echo.bin'), '--replay', log, '--pace', 'real');
  expect(slow.stderr).toMatch(/: ok, .*ended as recorded \(poweroff\)/);
});
