// The arm64 Linux Image: its header and where it goes (Linux Documentation/arch/arm64/booting.rst, section 4).
import type { LoadedImage } from './elf.js';
import { BadImage } from './errors.js';
import type { RamLayout } from './ram.js';

/** The header's fields that matter for booting. */
export interface LinuxImageHeader {
  /** Bytes from a 2 MB boundary to the first byte of the image. */
  readonly textOffset: bigint;
  /** Memory that the kernel needs from its first byte on, .bss included; zero before Linux 3.17. */
  readonly imageSize: bigint;
  /** Bytes of a page: 4096, 16384 or 65536; undefined where the header does not say. */
  readonly pageSize: number | undefined;
}

const HEADER_SIZE = 64;
const MAGIC = 0x644d5241;
const PAGE = 0x1000n;
const BLOCK = 0x20_0000n;
/** Kernels before 3.17 do not say their text_offset in a known byte order; it was always this. */
const OLD_TEXT_OFFSET = 0x8_0000n;
/** QEMU keeps this much at the start of RAM for its boot stub; the same layout makes guests comparable. */
const BOOT_STUB_SIZE = 0x1000n;
const PAGE_SIZES = [undefined, 4096, 16384, 65536];

/** Whether the bytes have the header's magic number "ARM\x64" at offset 56. */
export function isLinuxImage(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_SIZE) return false;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(56, true) === MAGIC;
}

/** Reads the header of an Image. Throws BadImage for a big-endian kernel or an offset inside a page. */
export function readLinuxHeader(bytes: Uint8Array, name: string): LinuxImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const imageSize = view.getBigUint64(16, true);
  const flags = view.getBigUint64(24, true);
  if (imageSize === 0n) return { textOffset: OLD_TEXT_OFFSET, imageSize, pageSize: undefined };
  if ((flags & 1n) !== 0n) throw new BadImage(`${name}: a big-endian Linux kernel; only little-endian ones can run`);
  const textOffset = view.getBigUint64(8, true);
  if (textOffset % PAGE !== 0n) {
    throw new BadImage(`${name}: text_offset 0x${textOffset.toString(16)}; a kernel starts on a multiple of 4 KB`);
  }
  return {
    textOffset,
    imageSize,
    pageSize: PAGE_SIZES[Number((flags >> 1n) & 3n)],
  };
}

/** Loads an uncompressed Image and takes its memory in `layout`. Throws BadImage where it does not fit in RAM. */
export function loadLinuxImage(bytes: Uint8Array, name: string, layout: RamLayout): LoadedImage {
  const { textOffset, imageSize } = readLinuxHeader(bytes, name);
  const inBlock = textOffset < BOOT_STUB_SIZE ? textOffset + BLOCK : textOffset;
  const address = layout.ram.start + inBlock;
  const fileSize = BigInt(bytes.length);
  const memorySize = imageSize > fileSize ? imageSize : fileSize;
  layout.take(name, 'the kernel', { start: address, end: address + memorySize });
  const segment = { address, data: bytes, zeroFill: Number(memorySize - fileSize) };
  return { kind: 'linux', segments: [segment], entry: address, symbols: [] };
}
