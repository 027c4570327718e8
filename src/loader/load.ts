// From the bytes of an image to what the board's RAM must hold before the first instruction; no I/O, nothing remembered.
import {
  BadDeviceTree,
  MAX_FDT_SIZE,
  patchForBoot,
  readFdt,
  type VirtBoard,
  virtDeviceTree,
  writeFdt,
} from '../machine/device-tree/index.js';
import { unwrap } from './compressed.js';
import { type LoadedImage, loadElf, type Segment } from './elf.js';
import { isElf } from './elf-sections.js';
import { BadImage } from './errors.js';
import { refuseForeign } from './foreign.js';
import { isLinuxImage, loadLinuxImage } from './linux-image.js';
import { RamLayout } from './ram.js';
import { loadRaw } from './raw.js';
import type { ImageSymbol } from './symbols.js';

/** What to load and where it may go. */
export interface LoadOptions {
  /** The image's name in error messages, as the user gave it. */
  readonly name: string;
  /** A multiple of 2 MB. */
  readonly ramBase: bigint;
  /** Bytes. */
  readonly ramSize: bigint;
  /** Contents of the initial RAM disk. */
  readonly initrd?: Uint8Array;
  /** A device tree blob of the user's; it gets the command line, the RAM disk and the RAM. */
  readonly dtb?: Uint8Array;
  /** The kernel command line. */
  readonly bootargs?: string;
  /** The board whose tree is made where there is no `dtb`; one Cortex-A57 by default. */
  readonly board?: Partial<
    Pick<
      VirtBoard,
      | 'cpus'
      | 'cpuCompatible'
      | 'pvTimeBase'
      | 'itsBase'
      | 'vmclockBase'
      | 'virtioMmio'
      | 'pcie'
      | 'firmware'
      | 'rngSeed'
      | 'kaslrSeed'
    >
  >;
}

/** The state that the boot protocol asks for: x0 = `dtbAddress`, pc = `entry`, MMU off. */
export interface LoadPlan {
  readonly kind: 'linux' | 'elf' | 'raw' | 'firmware';
  /** All that goes into RAM and flash: image, RAM disk and device tree. They do not overlap and are inside their memory. */
  readonly segments: Segment[];
  /** Physical address. */
  readonly entry: bigint;
  readonly dtbAddress: bigint;
  /** Where the RAM disk lies; `end` is the first byte after it. */
  readonly initrd?: { readonly start: bigint; readonly end: bigint };
  /** Sorted by value; empty for images without symbols. */
  readonly symbols: ImageSymbol[];
}

const PAGE = 0x1000n;
const BLOCK = 0x20_0000n;
const MEGABYTE = 0x10_0000n;

function loadImage(bytes: Uint8Array, name: string, layout: RamLayout): LoadedImage {
  if (bytes.length === 0) throw new BadImage(`${name}: the file is empty`);
  const image = unwrap(bytes, name, layout.ram.end - layout.ram.start);
  if (isLinuxImage(image)) return loadLinuxImage(image, name, layout);
  if (isElf(image)) return loadElf(image, name, layout);
  refuseForeign(image, name);
  return loadRaw(image, name, layout);
}

/** Where QEMU's loader starts to look for the RAM disk: 128 MB into RAM, or half way in a small one. */
function highStart(layout: RamLayout): bigint {
  const half = (layout.ram.end - layout.ram.start) / 2n;
  return layout.ram.start + (half < 128n * MEGABYTE ? half : 128n * MEGABYTE);
}

/** The tree's bytes. Throws BadDeviceTree. */
export function deviceTree(options: Omit<LoadOptions, 'initrd'>, initrd?: LoadPlan['initrd']): Uint8Array {
  const blob = deviceTreeBlob(options, initrd);
  if (blob.length > MAX_FDT_SIZE) throw new BadDeviceTree(`device tree: ${blob.length} bytes; at most ${MAX_FDT_SIZE}`);
  return blob;
}

function deviceTreeBlob(options: Omit<LoadOptions, 'initrd'>, initrd: LoadPlan['initrd']): Uint8Array {
  const { ramBase, ramSize, bootargs, dtb } = options;
  const boot = { ...(bootargs !== undefined && { bootargs }), ...(initrd !== undefined && { initrd }) };
  if (dtb === undefined) {
    const board = { cpus: 1, cpuCompatible: 'arm,cortex-a57', ...options.board };
    return writeFdt(virtDeviceTree({ ...board, ramBase, ramSize, ...boot }));
  }
  return writeFdt(patchForBoot(readFdt(dtb), { ...boot, ram: { base: ramBase, size: ramSize } }));
}

/**
 * Lays out RAM for one image. Linux: kernel, then RAM disk, then device tree, as QEMU has them. ELF and raw: the device
 * tree is at the start of RAM where the image leaves that free, else high up.
 * Throws BadImage or (for `dtb`) BadDeviceTree, each with a one-line message.
 */
export function planLoad(bytes: Uint8Array, options: LoadOptions): LoadPlan {
  const { name, ramBase, ramSize } = options;
  if (ramBase % BLOCK !== 0n)
    throw new RangeError(`RAM at 0x${ramBase.toString(16)}: it must start at a multiple of 2 MB`);
  if (options.bootargs?.includes('\0')) throw new BadImage(`${name}: the kernel command line has a NUL`);
  const layout = new RamLayout(ramBase, ramSize);
  const image = loadImage(bytes, name, layout);
  const segments = [...image.segments];

  let initrd: LoadPlan['initrd'];
  if (options.initrd !== undefined) {
    if (options.initrd.length === 0) throw new BadImage(`${name}: the initrd is empty`);
    const size = BigInt(options.initrd.length);
    initrd = layout.place(name, 'the initrd', size, PAGE, highStart(layout));
    segments.push({ address: initrd.start, data: options.initrd, zeroFill: 0 });
  }

  const blob = deviceTree(options, initrd);
  // A kernel maps the tree as one 2 MB block (booting.rst, section 2), so it must not cross one.
  const low = image.kind === 'linux' ? (initrd?.end ?? highStart(layout)) : layout.ram.start;
  const { start } = placeDeviceTree(layout, name, BigInt(blob.length), low);
  segments.push({ address: start, data: blob, zeroFill: 0 });

  const { kind, entry, symbols } = image;
  return { kind, segments, entry, dtbAddress: start, ...(initrd !== undefined && { initrd }), symbols };
}

/** At `low` where that is free, else from the high start on, else anywhere in RAM. */
function placeDeviceTree(layout: RamLayout, name: string, size: bigint, low: bigint): { start: bigint } {
  const isFree = layout.conflict({ start: low, end: low + size }) === undefined;
  return layout.place(name, 'the device tree', size, BLOCK, isFree ? low : highStart(layout));
}
