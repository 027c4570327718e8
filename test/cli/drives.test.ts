/** `--drive` and its files: what is written where, what is refused, and that a run with a drive is as repeatable as any. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { parseNet } from '../../src/cli/devices.js';
import { parseDrive } from '../../src/cli/drives/index.js';
import { guestPath } from '../support/machine.js';
import { chronovisor } from './cli.js';

const DISK = Uint8Array.from({ length: 64 * 1024 }, (_, i) => ((i >> 9) * 3 + i) & 0xff);

let folder: string;
let disk: string;
let overlay: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drives-'));
  disk = join(folder, 'disk.img');
  overlay = join(folder, 'overlay');
});
beforeEach(() => {
  writeFileSync(disk, DISK);
  rmSync(overlay, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) =>
  chronovisor(['run', guestPath('dma'), '--append', 'exit=semihosting', '--memory', '16M', ...args], { limit: 120 });
const hashOf = (stderr: string) => /^state-hash: ([0-9a-f]{64})$/m.exec(stderr)?.[1];

test('an overlay gets what the guest writes, and has it in the next run', async () => {
  const drive = `${disk},overlay=${overlay},bus=mmio`;
  const first = await run('--drive', drive, '--hash');
  expect(first.stderr).toMatch(/state-hash/);
  expect(first.status).toBe(0);
  expect(new Uint8Array(readFileSync(disk))).toEqual(DISK);
  const written = readFileSync(overlay);
  // Sector 9, in cluster 1: where the cluster is, behind header and bits.
  expect([...written.subarray(8192 + 9 * 512, 8192 + 9 * 512 + 3)]).toEqual([1, 8, 15]);
  const second = await run('--drive', drive, '--hash');
  expect(second.status).toBe(0);
  expect(hashOf(second.stderr)).toBe(hashOf(first.stderr));
  expect(readFileSync(overlay).equals(written)).toBe(true);
});

test('without one the file is written in place, and there is nothing to go on from', async () => {
  const refused = await run('--drive', `${disk},bus=mmio`, '--save', join(folder, 's.cv'));
  expect(refused).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/--save: not with a drive that is written/),
  });
  expect(existsSync(join(folder, 's.cv'))).toBe(false);
  const done = await run('--drive', `${disk},bus=mmio`);
  expect(done.status).toBe(0);
  expect([...readFileSync(disk).subarray(9 * 512, 9 * 512 + 3)]).toEqual([1, 8, 15]);
});

test('saved in the middle, restored: the same end, and the overlay has all of it', async () => {
  const [snapshot, other] = [join(folder, 'm.cv'), join(folder, 'other')];
  const options = ['--drive', `${disk},overlay=${overlay},bus=mmio`, '--hash'];
  const whole = await run(...options, '--save', snapshot, '--save-at', 't=1200us');
  expect(whole.status).toBe(0);
  const none = await chronovisor(['restore', snapshot]);
  expect(none).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^chronovisor: drive 0 .*say --drive FILE\n$/),
  });
  // What was written before is in two clusters, and not in the other overlay.
  expect((await chronovisor(['inspect', snapshot])).stdout).toMatch(/^section disk-0 version 1: 8208 bytes$/m);
  const rest = await chronovisor(['restore', snapshot, '--hash', '--drive', `${disk},overlay=${other}`]);
  expect(hashOf(rest.stderr)).toBe(hashOf(whole.stderr));
  expect(readFileSync(other).equals(readFileSync(overlay))).toBe(true);
  writeFileSync(
    disk,
    DISK.map((b) => b ^ 1),
  );
  const changed = await chronovisor(['restore', snapshot, '--drive', disk]);
  expect(changed).toMatchObject({ status: 2, stderr: expect.stringMatching(/another file is given/) });
});

test('a recorded run is replayed, and the replay writes no file', async () => {
  const log = join(folder, 'log');
  await run('--drive', `${disk},ro,bus=mmio`, '--record', log);
  const replay = await chronovisor(['run', guestPath('dma'), '--replay', log]);
  expect(replay.stderr).toMatch(/replay .*: ok/);
  writeFileSync(
    disk,
    DISK.map((b) => b ^ 1),
  );
  const other = await chronovisor(['run', guestPath('dma'), '--replay', log]);
  expect(other).toMatchObject({ status: 2, stderr: expect.stringMatching(/config\.devices/) });
});

test('a guest with a drive does not go to another process, nor to a machine without', async () => {
  const to = `insn=1 to unix:${join(folder, 'nobody')}`;
  expect(await run('--drive', `${disk},ro,bus=mmio`, '--migrate', to)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^chronovisor: --migrate: a guest with a drive cannot go to another process/),
  });
  const snapshot = join(folder, 'hello.cv');
  await chronovisor(['run', guestPath('hello'), '--memory', '16M', '--save', snapshot]);
  const given = await chronovisor(['restore', snapshot, '--drive', disk]);
  expect(given).toMatchObject({ status: 2, stderr: expect.stringMatching(/--drive: 1 given, the machine has 0/) });
});

describe('refused in one line', () => {
  it.each([
    [
      'no whole sectors',
      () => writeFileSync(disk, new Uint8Array(513)),
      () => [`${disk}`],
      /513 bytes; a drive is a multiple/,
    ],
    ['no file', () => {}, () => [`${disk}.none`], /no such file/],
    ['a folder', () => {}, () => [folder], /folder|EISDIR|regular/],
    [
      'an overlay that is none',
      () => writeFileSync(overlay, DISK),
      () => [`${disk},overlay=${overlay}`],
      /is not an overlay/,
    ],
  ] as const)('%s', async (_, prepare, drive, message) => {
    prepare();
    const { status, stderr } = await run('--drive', ...drive());
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });

  test("another drive's overlay", async () => {
    await run('--drive', `${disk},overlay=${overlay},bus=mmio`);
    writeFileSync(
      disk,
      DISK.map((b) => b ^ 1),
    );
    const { status, stderr } = await run('--drive', `${disk},overlay=${overlay},bus=mmio`);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/is the overlay of another drive/)]);
  });

  it.each([
    '',
    'f,',
    'f,ro=1',
    'f,rw',
    'f,ro,ro',
    'f,bus=usb',
    'f,ro,overlay=o',
    'f,latency=-1',
    'f,latency=9999999999',
  ])('--drive %j', (text) => expect(() => parseDrive(text)).toThrow(/^--drive/));

  it.each(['', 'tap', 'user,', 'user,bus=usb', 'switch=', 'switch=a b', 'user,mac=1', 'user,bus=pci,bus=mmio'])(
    '--net %j',
    (text) => expect(() => parseNet(text, 0)).toThrow(/^--net/),
  );
});

it('reads what is right', () => {
  expect(parseDrive('a.img,overlay=b,bus=mmio,latency=7')).toEqual({
    file: 'a.img',
    readOnly: false,
    bus: 'mmio',
    overlay: 'b',
    latency: 7,
  });
  expect(parseNet('switch=lan,mac=52:54:00:AA:bb:cc', 1)).toEqual({
    kind: 'net',
    bus: 'pci',
    peer: { switch: 'lan' },
    mac: '52:54:00:aa:bb:cc',
  });
  expect(parseNet('user,bus=mmio', 1)).toMatchObject({ bus: 'mmio', peer: 'user', mac: '52:54:00:12:34:57' });
});
