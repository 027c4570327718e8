/** Memory contents as a list of pages that are not all zero: 8 size of the memory, then (4 page number, 4096 bytes)*. */
import { BadSnapshot } from './errors.js';

const PAGE = 4096;

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
  const out = new Uint8Array(8 + used.length * (4 + PAGE));
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(memory.length), true);
  let to = 8;
  for (const at of used) {
    view.setUint32(to, at / PAGE, true);
    out.set(memory.subarray(at, at + PAGE), to + 4);
    to += 4 + PAGE;
  }
  return out;
}

/** Pages by number, of a memory of `size` bytes, in the same form. */
export function encodeSparse(pages: ReadonlyMap<number, Uint8Array>, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(8 + pages.size * (4 + PAGE));
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(size), true);
  let to = 8;
  for (const number of [...pages.keys()].sort((a, b) => a - b)) {
    view.setUint32(to, number, true);
    out.set(pages.get(number)!, to + 4);
    to += 4 + PAGE;
  }
  return out;
}

/**
 * Checks the pages of a memory of `size` bytes.
 * @throws BadSnapshot where sizes differ or a page is outside or out of order
 */
export function checkPages(payload: Uint8Array, size: number): void {
  if (payload.length < 8 || (payload.length - 8) % (4 + PAGE)) throw new BadSnapshot('memory pages are cut off');
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const saved = view.getBigUint64(0, true);
  if (saved !== BigInt(size)) throw new BadSnapshot(`memory of ${saved} bytes, the machine has ${size}`);
  let last = -1;
  for (let at = 8; at < payload.length; at += 4 + PAGE) {
    const page = view.getUint32(at, true);
    if (page <= last || (page + 1) * PAGE > size) throw new BadSnapshot(`memory page ${page} is out of place`);
    last = page;
  }
}

/** Fills a memory that is all zeros with checked pages. */
export function decodePages(payload: Uint8Array, write: (offset: number, page: Uint8Array) => void): void {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 8; at < payload.length; at += 4 + PAGE) {
    write(view.getUint32(at, true) * PAGE, payload.subarray(at + 4, at + 4 + PAGE));
  }
}
