/** Memory contents as a list of pages that are not all zero: 8 size of the memory, then (4 page number, 4096 bytes)*. */
import type { ByteSource } from './container.js';
import { BadSnapshot } from './errors.js';

export const PAGE = 4096;
const HEAD = 8;
const ENTRY = 4 + PAGE;
/** Entries that are looked through at once. */
const CHUNK = 64;

/** Whether the page at `offset` holds only zeros. */
export function isZeroPage(words: Int32Array, offset: number): boolean {
  const first = offset >>> 2;
  for (let i = first; i < first + PAGE / 4; i++) if (words[i] !== 0) return false;
  return true;
}

/**
 * @param memory a multiple of 4096 bytes, 4-byte aligned in its buffer
 * @param maybe one byte a page: 0 where it is known to be all zeros, and need not be touched
 */
export function encodePages(memory: Uint8Array, maybe?: Uint8Array): Uint8Array<ArrayBuffer> {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const used: number[] = [];
  for (let at = 0; at < memory.length; at += PAGE) {
    if (maybe?.[at / PAGE] !== 0 && !isZeroPage(words, at)) used.push(at);
  }
  const out = new Uint8Array(HEAD + used.length * ENTRY);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(memory.length), true);
  let to = HEAD;
  for (const at of used) {
    view.setUint32(to, at / PAGE, true);
    out.set(memory.subarray(at, at + PAGE), to + 4);
    to += ENTRY;
  }
  return out;
}

/** Pages by number, of a memory of `size` bytes, in the same form. */
export function encodeSparse(pages: ReadonlyMap<number, Uint8Array>, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(HEAD + pages.size * ENTRY);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(size), true);
  let to = HEAD;
  for (const number of [...pages.keys()].sort((a, b) => a - b)) {
    view.setUint32(to, number, true);
    out.set(pages.get(number)!, to + 4);
    to += ENTRY;
  }
  return out;
}

/** Where the contents of pages are. */
export interface SavedPages {
  /** Pages with something in them, ascending. */
  readonly numbers: Uint32Array;
  /** Contents of the page that is the `index`th of them: 4096 bytes, good until the next call. */
  contents(index: number): Uint8Array;
}

/**
 * Bytes of the memory that these are pages of, as they say.
 * @throws BadSnapshot where they do not
 */
export function savedSize(source: ByteSource): bigint {
  if (source.length < HEAD) throw new BadSnapshot('memory pages are cut off');
  return viewOf(source.read(0, HEAD)).getBigUint64(0, true);
}

/**
 * Finds and checks the pages of a memory of `size` bytes.
 * @throws BadSnapshot where sizes differ or a page is outside or out of order
 */
export function findPages(source: ByteSource, size: number): SavedPages {
  const saved = savedSize(source);
  if ((source.length - HEAD) % ENTRY) throw new BadSnapshot('memory pages are cut off');
  if (saved !== BigInt(size)) throw new BadSnapshot(`memory of ${saved} bytes, the machine has ${size}`);
  const numbers = new Uint32Array((source.length - HEAD) / ENTRY);
  let last = -1;
  for (let first = 0; first < numbers.length; first += CHUNK) {
    const count = Math.min(CHUNK, numbers.length - first);
    const view = viewOf(source.read(HEAD + first * ENTRY, count * ENTRY));
    for (let n = 0; n < count; n++) {
      const page = view.getUint32(n * ENTRY, true);
      if (page <= last || (page + 1) * PAGE > size) throw new BadSnapshot(`memory page ${page} is out of place`);
      last = numbers[first + n] = page;
    }
  }
  return { numbers, contents: (index) => source.read(HEAD + index * ENTRY + 4, PAGE) };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
