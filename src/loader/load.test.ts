import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type LinuxSpec, makeElf, makeLinuxImage, makeZboot } from '../../test/loader/images.js';
import {
  BadDeviceTree,
  doubleCells,
  findNode,
  node,
  readFdt,
  readStrings,
  strings,
  virtDeviceTree,
  writeFdt,
} from '../machine/device-tree/index.js';
import { BadImage } from './errors.js';
import { type LoadOptions, type LoadPlan, planLoad } from './load.js';

const BASE = 0x4000_0000n;
const MB = 0x10_0000n;
const options = (more: Partial<LoadOptions> = {}): LoadOptions => ({
  name: 'image',
  ramBase: BASE,
  ramSize: 512n * MB,
  ...more,
});
const treeOf = (plan: LoadPlan) => readFdt(plan.segments.find((s) => s.address === plan.dtbAddress)!.data);

/** Addresses of what QEMU's own loader puts into RAM, by name. */
function qemuLayout(memory: number, image: Uint8Array, initrd?: Uint8Array): Record<string, bigint> {
  const dir = mkdtempSync(join(tmpdir(), 'loader-qemu-'));
  try {
    const path = (name: string): string => join(dir, name);
    writeFileSync(path('kernel'), image);
    const args = ['-M', 'virt,gic-version=3', '-cpu', 'cortex-a57', '-m', `${memory}`, '-nic', 'none', '-S'];
    args.push('-display', 'none', '-serial', 'none', '-monitor', 'stdio', '-kernel', path('kernel'));
    if (initrd) {
      writeFileSync(path('initrd'), initrd);
      args.push('-initrd', path('initrd'));
    }
    const text = execFileSync('qemu-system-aarch64', args, { input: 'info roms\nquit\n' }).toString();
    const rows = text.matchAll(/^addr=(\w+) .*name="(?:.*\/)?(\w+)"/gm);
    return Object.fromEntries([...rows].map((row) => [row[2], BigInt(`0x${row[1]}`)]));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function expectSound(plan: LoadPlan, ramSize: bigint): void {
  const ranges = plan.segments
    .map((s) => ({ start: s.address, end: s.address + BigInt(s.data.length + s.zeroFill) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  ranges.forEach((range, i) => {
    expect(range.start).toBeGreaterThanOrEqual(BASE);
    expect(range.end).toBeLessThanOrEqual(BASE + ramSize);
    if (i > 0) expect(range.start).toBeGreaterThanOrEqual(ranges[i - 1].end);
  });
}

describe('layout of RAM for Linux', () => {
  const cases: [string, number, LinuxSpec, number | undefined][] = [
    ['512 MB', 512, {}, 5000],
    ['64 MB', 64, {}, 5000],
    ['an old text_offset', 512, { textOffset: 0x8_0000n }, 5000],
    ['a kernel beyond the middle of RAM', 64, { imageSize: 0x280_0123n }, 5000],
    ['no RAM disk', 256, {}, undefined],
    ['no image_size', 512, { imageSize: 0n, textOffset: 0x1234n }, 5000],
  ];
  it.each(cases)("is QEMU's: %s", (_, memory, spec, initrdSize) => {
    const image = makeLinuxImage(spec);
    const initrd = initrdSize === undefined ? undefined : new Uint8Array(initrdSize).fill(1);
    const qemu = qemuLayout(memory, image, initrd);
    const ramSize = BigInt(memory) * MB;
    const plan = planLoad(image, options({ ramSize, ...(initrd && { initrd }) }));
    expect({ kernel: plan.entry, dtb: plan.dtbAddress, ...(plan.initrd && { initrd: plan.initrd.start }) }).toEqual({
      kernel: qemu.kernel,
      dtb: qemu.dtb,
      ...(initrd && { initrd: qemu.initrd }),
    });
    expectSound(plan, ramSize);
  });

  it('keeps the memory after the file for the kernel', () => {
    const plan = planLoad(makeLinuxImage({ imageSize: 0x1_2345n }), options());
    expect(plan.segments[0]).toMatchObject({ address: 0x4020_0000n, zeroFill: 0x1_2345 - 4096 });
    expect(plan.kind).toBe('linux');
  });

  it('finds room below where the usual places are taken', () => {
    const ramSize = 16n * MB;
    const image = makeLinuxImage({ imageSize: 8n * MB, textOffset: 8n * MB - 0x1000n });
    const plan = planLoad(image, options({ ramSize, initrd: new Uint8Array(0x20_0000) }));
    expectSound(plan, ramSize);
    expect(plan.initrd?.start).toBe(BASE);
    expect(plan.dtbAddress).toBe(BASE + 2n * MB);
  });

  it('writes a tree with the board, the command line and the RAM disk', () => {
    const board = { cpus: 4, cpuCompatible: 'arm,neoverse-n1', pvTimeBase: 0x090a_0000n };
    const initrd = new Uint8Array(3).fill(1);
    const plan = planLoad(makeLinuxImage(), options({ initrd, bootargs: 'quiet', board }));
    const range = { start: 0x4800_0000n, end: 0x4800_0003n };
    expect(plan.initrd).toEqual(range);
    const memory = { ramBase: BASE, ramSize: 512n * MB };
    expect(treeOf(plan)).toEqual(virtDeviceTree({ ...board, ...memory, initrd: range, bootargs: 'quiet' }));
  });

  it("patches the user's tree", () => {
    const props = { '#address-cells': new Uint8Array([0, 0, 0, 2]), '#size-cells': new Uint8Array([0, 0, 0, 2]) };
    const root = node('', props, [node('mine', {}), node('memory@0', {})]);
    const dtb = writeFdt({ root, reservations: [{ address: 1n, size: 2n }], bootCpu: 0 });
    const tree = treeOf(planLoad(makeLinuxImage(), options({ dtb, bootargs: 'x', initrd: new Uint8Array(1) })));
    expect(tree.root.children.map((n) => n.name)).toEqual(['mine', 'memory@40000000', 'chosen']);
    expect(tree.reservations).toEqual([{ address: 1n, size: 2n }]);
    expect(findNode(tree, '/memory@40000000')!.props.get('reg')).toEqual(doubleCells(BASE, 512n * MB));
    expect(readStrings(findNode(tree, '/chosen')!.props.get('bootargs')!)).toEqual(['x']);
  });
});

describe('wrapped kernels', () => {
  const image = makeLinuxImage();
  const plain = planLoad(image, options());

  it.each([
    ['gzip', gzipSync(image)],
    ['EFI zboot', makeZboot(gzipSync(image))],
  ])('%s gives what the Image gives', (_, bytes) => {
    expect(planLoad(bytes, options()).segments.map((s) => [s.address, [...s.data]])).toEqual(
      plain.segments.map((s) => [s.address, [...s.data]]),
    );
  });

  it('also unpacks an ELF file', () => {
    const elf = makeElf({ entry: BASE, segments: [{ physical: BASE, data: new Uint8Array(4) }] });
    expect(planLoad(gzipSync(elf), options()).kind).toBe('elf');
  });
});

describe('layout of RAM for ELF and raw images', () => {
  const elfAt = (physical: bigint): Uint8Array =>
    makeElf({ entry: physical, segments: [{ physical, data: new Uint8Array(4), memorySize: 0x1000n }] });

  it('puts the tree at the start of RAM where that is free, as QEMU does', () => {
    const image = elfAt(BASE + 4n * MB);
    const plan = planLoad(image, options());
    expect(plan.dtbAddress).toBe(BASE);
    expect(qemuLayout(512, image).dtb).toBe(BASE);
  });

  it('puts it high up where the image has the start', () => {
    const plan = planLoad(elfAt(BASE), options({ initrd: new Uint8Array(5000) }));
    expect(plan.dtbAddress).toBe(BASE + 130n * MB);
    expectSound(plan, 512n * MB);
  });

  it('runs a raw binary from 512 KB above the start of RAM', () => {
    const plan = planLoad(new Uint8Array([0x5f, 0x20, 0x03, 0xd5]), options());
    expect(plan).toMatchObject({ kind: 'raw', entry: BASE + 0x8_0000n, dtbAddress: BASE });
    expectSound(plan, 512n * MB);
  });
});

describe('images that are refused', () => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
  const big = gzipSync(new Uint8Array(17 << 20));
  const damaged = gzipSync(makeLinuxImage());
  damaged[damaged.length - 8] ^= 1;
  it.each<[string, Uint8Array, Partial<LoadOptions>, string]>([
    ['an empty file', new Uint8Array(0), {}, 'image: the file is empty'],
    [
      'a kernel larger than RAM',
      makeLinuxImage({ imageSize: 64n * MB }),
      { ramSize: 32n * MB },
      "image: the kernel (0x40200000..0x44200000) ends past RAM; the board's RAM is 0x40000000..0x42000000 (--memory 32M) and it needs --memory 66M",
    ],
    ['an absurd image_size', makeLinuxImage({ imageSize: (1n << 64n) - 1n }), {}, 'ends past RAM'],
    ['an absurd text_offset', makeLinuxImage({ textOffset: 1n << 63n }), {}, 'is not RAM'],
    ['an odd text_offset', makeLinuxImage({ textOffset: 2n }), {}, 'text_offset 0x2; a kernel starts on'],
    ['a big-endian kernel', makeLinuxImage({ flags: 1n }), {}, 'a big-endian Linux kernel'],
    ['a gzip bomb', big, { ramSize: 16n * MB }, "uncompressed it has more than the board's RAM of 16M"],
    ['half a gzip file', big.subarray(0, 5000), {}, 'its gzip data is damaged (unexpected end of file)'],
    ['damaged gzip data', damaged, {}, 'its gzip data is damaged (incorrect data check)'],
    ['gzip in gzip', gzipSync(gzipSync(makeLinuxImage())), {}, 'this is gzip data inside gzip data'],
    ['a zstd zboot', makeZboot(new Uint8Array(9), 'zstd22'), {}, 'compressed with "zstd22"; only gzip'],
    ['a short zboot', makeZboot(gzipSync(makeLinuxImage()), 'gzip', 1 << 20), {}, 'zboot payload ends past'],
    ['an EFI application', ascii('MZ something'), {}, 'this is an EFI application; start it from firmware'],
    ['a device tree', writeFdt({ root: node('', {}), reservations: [], bootCpu: 0 }), {}, 'pass it with --dtb'],
    ['a damaged --dtb', makeLinuxImage(), { dtb: new Uint8Array(3) }, 'device tree: 3 bytes'],
    ['a cpio archive', ascii('070701000'), {}, 'this is a cpio archive; pass it with --initrd'],
    ['an xz file', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]), {}, 'this is xz-compressed'],
    ['a raw binary larger than RAM', new Uint8Array(3 << 20), { ramSize: 2n * MB }, 'the raw binary (0x40080000'],
    ['an empty initrd', makeLinuxImage(), { initrd: new Uint8Array(0) }, 'the initrd is empty'],
    [
      'an initrd larger than the rest of RAM',
      makeLinuxImage(),
      { ramSize: 4n * MB, initrd: new Uint8Array(3 << 20) },
      "image: no room for the initrd (3145728 bytes); the board's RAM is 0x40000000..0x40400000 (--memory 4M), of which 64K are taken",
    ],
    [
      'no room for the tree',
      makeLinuxImage({ imageSize: 2n * MB }),
      { ramSize: 4n * MB, initrd: new Uint8Array(9) },
      '',
    ],
    ['a NUL on the command line', makeLinuxImage(), { bootargs: 'a\0b' }, 'the kernel command line has a NUL'],
    ['a command line of 3 MB', makeLinuxImage(), { bootargs: 'x'.repeat(3 << 20) }, 'at most 2097152'],
  ])('%s', (_, bytes, more, message) => {
    const attempt = (): LoadPlan => planLoad(bytes, options(more));
    let error: Error | undefined;
    try {
      attempt();
    } catch (e) {
      error = e as Error;
    }
    expect(error instanceof BadImage || error instanceof BadDeviceTree).toBe(true);
    expect(error!.message).toContain(message);
    expect(error!.message).not.toContain('\n');
  });

  it('takes RAM only where the board can have it', () => {
    expect(() => planLoad(makeLinuxImage(), options({ ramBase: BASE + 1n }))).toThrow(RangeError);
    expect(() => planLoad(makeLinuxImage(), options({ ramSize: 0n }))).toThrow(RangeError);
  });

  it('does not change what it was given', () => {
    const image = makeLinuxImage();
    const dtb = writeFdt({ root: node('', { model: strings('x') }), reservations: [], bootCpu: 0 });
    const before = [image.slice(), dtb.slice()];
    planLoad(image, options({ dtb, bootargs: 'x', ramSize: 64n * MB }));
    expect([image, dtb]).toEqual(before);
  });
});
