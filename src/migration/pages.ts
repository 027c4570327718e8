/** Memory contents as a list of pages that are not all zero: 8 size of the memory, then (4 page number, 4096 bytes)*. */
import { BadSnapshot } from './errors.js';

const PAGE = 4096;

/** Whether the page at `offset` holds only zeros. */
export function isZeroPage(words: BigUint64Array, offset: number): boolean {
  const first = offset >> 3;
  for (let i = first; i < first + PAGE / 8; i++) if (words[i] !== 0n) return false;
  return true;
}

/** @param memory a multiple of 4096 bytes, 8-byte aligned in its buffer */
export function encodePages(memory: Uint8Array): Uint8Array<ArrayBuffer> {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.length / 8);
  const used: number[] = [];
  for (let at = 0; at < memory.length; at += PAGE) if (!isZeroPage(words, at)) used.push(at);
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
export function decodePages(payload: Uint8Array, memory: Uint8Array): void {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 8; at < payload.length; at += 4 + PAGE) {
    memory.set(payload.subarray(at + 4, at + 4 + PAGE), view.getUint32(at, true) * PAGE);
  }
}
