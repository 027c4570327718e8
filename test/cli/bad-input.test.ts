/** Input that cannot be used: one line that says why, exit status 2, and no file left half-written. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saveSnapshot } from '../../src/migration/snapshot.js';
import { makeElf } from '../loader/images.js';
import { guestMachine, guestPath } from '../support/machine.js';
import { chronovisor } from './cli.js';

const HELLO = guestPath('hello');
let folder: string;
let before: string[];

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Files by name, in the folder that is every run's working folder. */
function makeFiles(): Record<string, Uint8Array | string> {
  const hello = readFileSync(HELLO);
  const elf = (change: (view: DataView) => void): Uint8Array => {
    const copy = Uint8Array.from(hello);
    change(new DataView(copy.buffer));
    return copy;
  };
  const machine = guestMachine('hello', { ramBytes: 4 << 20 });
  machine.host.run({ instructions: 1000 });
  const snapshot = saveSnapshot(machine);
  const damaged = (at: number): Uint8Array => snapshot.map((b, i) => (i === at ? b ^ 0x10 : b));
  const ram = 0x4010_0000n;
  const image = new Uint8Array(4096);
  new DataView(image.buffer).setUint32(56, 0x644d5241, true);
  new DataView(image.buffer).setBigUint64(16, 1n << 40n, true);
  const dtb = new Uint8Array(64);
  new DataView(dtb.buffer).setUint32(0, 0xd00dfeed);
  new DataView(dtb.buffer).setUint32(4, 64);
  return {
    empty: '',
    'cut.elf': hello.subarray(0, 100),
    'cut2.elf': hello.subarray(0, hello.length >> 1),
    'x86.elf': elf((v) => v.setUint16(18, 62, true)),
    'arm32.elf': elf((v) => v.setUint8(4, 1)),
    'big-endian.elf': elf((v) => v.setUint8(5, 2)),
    'wild-headers.elf': elf((v) => v.setBigUint64(32, 0xffff_ffff_ffff_ff00n, true)),
    'overlap.elf': makeElf({
      entry: ram,
      segments: [
        { physical: ram, data: new Uint8Array(64) },
        { physical: ram + 32n, data: new Uint8Array(64) },
      ],
    }),
    'huge.elf': makeElf({ entry: ram, segments: [{ physical: ram, data: bytes(1), memorySize: 1n << 50n }] }),
    'low.elf': makeElf({ entry: 0n, segments: [{ physical: 0n, data: bytes(1) }] }),
    'huge.Image': image,
    'cut.gz': gzipSync(hello).subarray(0, 500),
    'damaged.gz': gzipSync(hello).map((b, i) => (i === 300 ? b ^ 0xff : b)),
    'windows.exe': Buffer.concat([Buffer.from('MZ'), Buffer.alloc(58), bytes(64, 0, 0, 0), Buffer.from('PE\0\0d\x86')]),
    'cut.dtb': dtb.subarray(0, 20),
    'damaged.dtb': dtb,
    'big.bin': new Uint8Array(5 << 20),
    'cut.cv': snapshot.subarray(0, snapshot.length - 1),
    'short.cv': snapshot.subarray(0, 12),
    'damaged.cv': damaged(200),
    'future.cv': damaged(8),
    'longer.cv': Buffer.concat([snapshot, bytes(0)]),
    kept: 'as it was',
  };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
  for (const [name, contents] of Object.entries(makeFiles())) writeFileSync(join(folder, name), contents);
  mkdirSync(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(join(folder, 'sparse'), '');
  truncateSync(join(folder, 'sparse'), 2 ** 33);
  before = readdirSync(folder, { recursive: true }).map(String).sort();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Arguments and what the one line must name. */
const FILES: [string, RegExp][] = [
  ['nosuch', /nosuch: no such file/],
  ['folder', /folder: is a folder/],
  ['kept/x', /kept\/x: a part of the path is not a folder/],
  ['pipe', /pipe: is not a regular file/],
  ['/dev/zero', /\/dev\/zero: is not a regular file/],
  ['', /empty file name/],
  ['empty', /empty: the file is empty/],
  ['sparse', /sparse: 8589934592 bytes; at most/],
  ['cut.elf', /cut\.elf: .*100 bytes/],
  ['cut2.elf', /cut2\.elf/],
  ['x86.elf', /x86\.elf: ELF for amd64/],
  ['arm32.elf', /arm32\.elf: .*only 64-bit ELF/],
  ['big-endian.elf', /big-endian\.elf: .*only little-endian/],
  ['wild-headers.elf', /wild-headers\.elf/],
  ['overlap.elf', /overlap\.elf: .*overlaps/],
  ['huge.elf', /huge\.elf: .*RAM/],
  ['low.elf', /low\.elf: .*not RAM/],
  ['huge.Image', /huge\.Image: .*RAM/],
  ['cut.gz', /cut\.gz/],
  ['damaged.gz', /damaged\.gz/],
  ['windows.exe', /windows\.exe/],
  ['cut.cv', /cut\.cv: this is a snapshot; .*chronovisor restore/],
  ['damaged.dtb', /damaged\.dtb: this is a device tree; pass it with --dtb/],
];

const SNAPSHOTS: [string, RegExp][] = [
  ['nosuch', /nosuch: no such file/],
  ['folder', /folder: is a folder/],
  ['empty', /not a Chronovisor snapshot/],
  [HELLO, /not a Chronovisor snapshot/],
  ['cut.cv', /bytes long, its header says/],
  ['short.cv', /cut off/],
  ['damaged.cv', /damaged \(CRC-32\)/],
  ['future.cv', /format version 17/],
  ['longer.cv', /bytes long, its header says/],
];

const OPTIONS: [string[], RegExp][] = [
  [['--smp', '600'], /--smp 600: .*1 to 8/],
  [['--smp', '0'], /--smp 0/],
  [['--smp', ''], /--smp/],
  [['--smp', '1.5'], /--smp 1\.5/],
  [['--memory', '1T'], /--memory/],
  [['--memory', '3'], /--memory 3/],
  [['--memory', '-1G'], /--memory "-1G"/],
  [['--memory', '4G'], /--memory/],
  [['--memory', ''], /--memory/],
  [['--memory', '2M'], /RAM is 0x40000000\.\.0x40200000/],
  [['--initrd', 'big.bin', '--memory', '4M'], /no room for the initrd/],
  [['--initrd', 'empty'], /initrd is empty/],
  [['--initrd', 'nosuch'], /nosuch: no such file/],
  [['--dtb', 'cut.dtb'], /device tree: 20 bytes/],
  [['--dtb', 'damaged.dtb'], /device tree/],
  [['--dtb', HELLO], /device tree: .*magic/],
  [['--host', '25'], /--host 25: no unit; say 25MHz/],
  [['--host', '0Hz'], /--host 0Hz: out of range/],
  [['--host', ''], /--host/],
  [['--host', '99GHz'], /99GHz: out of range/],
  [['--host', `freq=25MHz,ppm=${'9'.repeat(5000)}`], /--host/],
  [['--gic', 'nonsense'], /--gic nonsense/],
  [['--gic', 'listRegisters=17'], /listRegisters=17: a GIC has 1 to 16/],
  [['--cpu', 'toString'], /--cpu toString: no such profile/],
  [['--migrate', 'nonsense'], /--migrate nonsense: say "<when> to/],
  [['--migrate', 't=1s to nowhere'], /nowhere: no such host/],
  [['--until', 'nonsense'], /--until nonsense/],
  [['--until', 'console=/(/'], /--until/],
  [['--until', 'insn=1e99'], /--until insn=1e99/],
  [['--input', 't=1s'], /--input t=1s/],
  [['--power-key', 'x\ny'], /--power-key/],
  [['--strategy', 'x'], /--strategy x/],
  [['--downtime', 'x'], /--downtime x/],
  [['--pause', '10'], /--pause 10: no unit/],
  [['--steal', 'every=1ms for=1ms'], /--steal/],
  [['--cost', 'x=1'], /--cost x=1/],
  [['--ips', '7000000'], /--ips 7000000/],
  [['--quantum', '1s'], /--quantum 1s: 100ns to 100ms/],
  [['--seed', '-1'], /--seed -1/],
  [['--pvtime', 'x'], /--pvtime x/],
  [['--fault', 'wfi-not-wokne'], /--fault wfi-not-wokne: no such fault/],
  [['--lpt-freq', '0Hz'], /--lpt-freq 0Hz/],
  [['--epoch', 'x'], /--epoch x/],
  [['--timeout', '-1'], /--timeout -1: seconds/],
  [['--timeout', '0'], /--timeout 0/],
  [['--timeout', ''], /--timeout/],
  [['--pace', 'x'], /--pace/],
  [['--engine', 'x'], /--engine/],
  [['--save-at', 't=1s'], /--save-at: no file; add --save/],
  [['--save', 'f', '--save-at', 'x'], /--save-at x/],
  [['--save', 'nosuch/f'], /nosuch: no such folder/],
  [['--save', 'kept/f'], /kept/],
  [['--save', 'folder'], /folder: is a folder/],
  [['--save', ''], /empty file name/],
  [['--save', '/proc/f'], /\/proc\/f/],
  [['--json', 'nosuch/f'], /nosuch: no such folder/],
  [['--report', 'kept'], /kept/],
  [['--report', '/proc/f'], /\/proc\/f/],
  [['--unknown'], /unknown option '--unknown'/],
  [['another'], /too many arguments/],
];

const COMMANDS: [string[], RegExp][] = [
  [['frobnicate'], /unknown command 'frobnicate'/],
  [['run'], /no image; name a kernel, or add --firmware/],
  [['--log', 'x', 'inspect', 'hosts'], /--log/],
  [['inspect', 'nosuch'], /nosuch: no such file/],
  [['inspect', 'empty'], /the file is empty/],
  [['inspect', 'damaged.cv'], /damaged/],
  [['inspect', 'damaged.dtb'], /device tree/],
  [['image', 'nosuch'], /no such image/],
  [['image', 'debian-cloud', '--cache', '/proc/f'], /\/proc\/f/],
  [['demo', '--report', '/proc/f'], /\/proc\/f/],
  [['demo', 'x'], /too many arguments/],
];

async function refused(args: string[], message: RegExp): Promise<void> {
  const { status, stdout, stderr } = await chronovisor(args, { cwd: folder, limit: 20 });
  expect(stderr).toMatch(/^(chronovisor|error): [^\n]{1,300}\n(\(chronovisor --help says more\)\n)?$/);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(status).toBe(2);
}

describe.concurrent('one line and exit status 2', () => {
  test.each(FILES)('run %j', (name, message) => refused(['run', name], message));
  test.each(SNAPSHOTS)('restore %j', (name, message) => refused(['restore', name], message));
  test.each(OPTIONS)('run hello.elf %j', (args, message) => refused(['run', HELLO, ...args], message));
  test.each(COMMANDS)('%j', (args, message) => refused(args, message));
});

test('no file is left behind, and none that was there has changed', async () => {
  await chronovisor(['run', HELLO, '--json', 'kept', '--memory', '3'], { cwd: folder });
  expect(readdirSync(folder, { recursive: true }).map(String).sort()).toEqual(before);
  expect(readFileSync(join(folder, 'kept'), 'latin1')).toBe('as it was');
});

test('a device is written to, not replaced', async () => {
  expect((await chronovisor(['run', HELLO, '--json', '/dev/null'], { cwd: folder })).status).toBe(0);
  expect(execFileSync('stat', ['-c', '%F', '/dev/null']).toString()).toBe('character special file\n');
});
