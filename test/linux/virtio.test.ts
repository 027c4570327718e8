/**
 * Debian's virtio drivers on our devices: over PCI with the ITS's MSIs, whose targets move under load and over a
 * migration; over MMIO with an overlay; and two kernels on one switch.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { boot, runTogether, Switch } from '../../src/testing/index.js';
import { chronovisor } from '../cli/cli.js';
import { debian } from './debian.js';

const found = await debian();
const LIMIT = 400;
/** The disk on MMIO is Linux's vda and virtio0: its driver comes first. Not all the same, and not what memory happens to hold. */
const DISK = Uint8Array.from({ length: 2 * 2 ** 20 }, (_, i) => (Math.imul(i, 2654435761) >>> 24) ^ (i >> 12));
const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'linux-virtio-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOAD = `ifconfig eth0 10.0.2.15 up;
for i in 1 2 3 4; do
  echo ROUND $i; echo 3 >/proc/sys/vm/drop_caches;
  ping -q -c 10 -i 0.005 10.0.2.2 | grep packets &
  dd if=/dev/hwrng of=/dev/null bs=512 count=4 2>/dev/null &
  dd if=/dev/vdb bs=16k 2>/dev/null | sha256sum & last=$!; m=1;
  while kill -0 $last 2>/dev/null; do
    m=$((3-m));
    for n in $(grep virtio /proc/interrupts | cut -d: -f1); do echo $m 2>/dev/null >/proc/irq/$n/smp_affinity; done;
  done; wait;
done;
dd if=/dev/zero of=/dev/vda bs=4k seek=3 count=2 2>/dev/null; sync; echo 3 >/proc/sys/vm/drop_caches;
dd if=/dev/vda bs=64k 2>/dev/null | sha256sum;
grep virtio /proc/interrupts; echo stat $(cat /sys/block/vdb/stat)`.replace(/\n */g, ' ');

describe.skipIf(!found.image)(found.image ? 'Debian' : `no Debian image: ${found.reason}`, () => {
  test('block, net and rng: checksums, MSIs that move while they come, a migration in the middle, an overlay', async () => {
    const { kernel, initrd } = found.image!;
    const [disk, overlay, json] = ['disk', 'overlay', 'json'].map((name) => join(folder, name));
    writeFileSync(disk!, DISK);
    const devices = [
      '--drive',
      `${disk},ro`,
      '--net',
      'user',
      '--rng',
      '--drive',
      `${disk},overlay=${overlay},bus=mmio`,
    ];
    const machine = ['--smp', '2', '--host', '25MHz', '--gic', 'its=on', '--strategy', 'trap'];
    const line = `console=ttyAMA0 quiet cv.quiet cv.nomodules cv.run="${LOAD}"`;
    const { stdout, stderr, status } = await chronovisor(
      ['run', kernel, '--initrd', initrd, ...machine, ...devices, '--append', line, '--json', json!].concat(
        ...['--migrate', 'console=/ROUND 3/ to 1GHz', '--timeout', String(LIMIT)],
      ),
      { limit: LIMIT + 20 },
    );
    expect(stderr).not.toMatch(/FAIL/);
    expect(status).toBe(0);
    const text = stdout.replaceAll('\r', '');
    expect(text.match(/^[0-9a-f]{64}(?= {2}-$)/gm)).toEqual([
      ...Array(4).fill(sum(DISK)),
      sum(Uint8Array.from(DISK, (b, i) => (i >= 3 * 4096 && i < 5 * 4096 ? 0 : b))),
    ]);
    expect(text.match(/10 packets transmitted, 10 packets received, 0% packet loss/g)).toHaveLength(4);
    const counts = (name: string) =>
      new RegExp(`^ *\\d+: +(\\d+) +(\\d+) .*${name}$`, 'm').exec(text)!.slice(1, 3).map(Number);
    expect(text).toMatch(/ITS-MSI +\d+ Edge +virtio1-req/);
    expect(text).toMatch(/Level +virtio0/);
    // One interrupt for each request: none lost, none doubled.
    const requests = Number(/^stat (\d+)/m.exec(text)![1]);
    const [blockA, blockB] = counts('virtio1-req.0');
    expect(blockA! + blockB!).toBe(requests);
    for (const moved of ['virtio2-input.0', 'virtio3-input']) {
      for (const count of counts(moved)) expect(count).toBeGreaterThan(0);
    }
    const result = JSON.parse(readFileSync(json!, 'utf8')) as {
      migrations: unknown[];
      verdicts: { name: string; status: string }[];
    };
    expect(result.migrations).toHaveLength(1);
    for (const name of ['interrupt-lost', 'interrupt-duplicate']) {
      expect(result.verdicts.find((v) => v.name === name)).toMatchObject({ status: 'pass' });
    }
    expect(new Uint8Array(readFileSync(disk!))).toEqual(DISK);
  }, 450_000);

  test('two kernels on one switch reach each other', async () => {
    const { kernel, initrd } = found.image!;
    const lan = new Switch();
    const start = (n: number, commands: string) =>
      boot({
        image: kernel,
        initrd,
        memory: '256M',
        nets: [{ lan, mac: `52:54:00:00:00:0${n}`, bus: n === 1 ? 'mmio' : 'pci' }],
        append: `console=ttyAMA0 quiet cv.quiet cv.nomodules cv.run="ifconfig eth0 10.1.0.${n} up; ${commands}"`,
      });
    const [a, b] = [
      await start(1, 'sleep 4'),
      await start(2, 'sleep 1; ping -c 3 10.1.0.1; arp -n 10.1.0.1; poweroff -f'),
    ];
    const ended = () => b.end !== null;
    runTogether([a.machine.host, b.machine.host], 30_000_000_000_000n, ended);
    expect(b.output).toMatch(/3 packets transmitted, 3 packets received, 0% packet loss/);
    expect(b.output).toMatch(/52:54:00:00:00:01/);
    expect(b.end).toEqual({ kind: 'poweroff' });
    expect(a.time - b.time).toBeLessThan(1_000_000_000n);
  }, 450_000);
});
