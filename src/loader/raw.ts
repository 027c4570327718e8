// Raw binaries: the bytes go to 512 KB above the start of RAM and run from their first one, as QEMU's -kernel has it.
import type { LoadedImage } from './elf.js';
import type { RamLayout } from './ram.js';

const RAW_OFFSET = 0x8_0000n;

/** Loads bytes that no format claims. Throws BadImage where they do not fit in RAM. */
export function loadRaw(bytes: Uint8Array, name: string, layout: RamLayout): LoadedImage {
  const address = layout.ram.start + RAW_OFFSET;
  layout.take(name, 'the raw binary', { start: address, end: address + BigInt(bytes.length) });
  return { kind: 'raw', segments: [{ address, data: bytes, zeroFill: 0 }], entry: address, symbols: [] };
}
