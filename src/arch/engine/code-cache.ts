/**
 * Decoded guest code: record pages by the host page that their words come from.
 *
 * Records do not depend on the context, only on bytes, so they are kept by physical page. A page that has records is
 * write-protected in every data TLB; a write to it resets the records that it touches.
 */

import { SPECIALS, Special } from './interpreter.js';
import {
  ITLB_BYTES,
  ITLB_CONTEXTS,
  ITLB_ENTRY,
  ITLB_INVALID,
  MAX_VCPUS,
  type MemoryMap,
  PAGE_RECORDS,
  R,
  RECORD,
  RECORD_PAGE,
} from './layout.js';

/** Slow writes to one page of code after which its records are dropped, so that the page is writable at full speed. */
const WRITES_BEFORE_DROP = 64;

export class CodeCache {
  readonly #i32: Int32Array;
  readonly #i64: BigInt64Array;
  readonly #u16: Uint16Array;
  readonly #map: MemoryMap;
  readonly #fetchEnd: number;
  /** Host page (from the first of RAM) to record page + 1. */
  readonly #pageOf: Int32Array;
  /** Record page to host page, or -1. */
  readonly #owner: Int32Array;
  readonly #writes: Uint16Array;
  readonly #free: number[] = [];
  #used = 0;
  /** Takes the right to write to a host page at full speed out of every data TLB. */
  protect: (hostPage: number) => void = () => {};
  /** Called before records of a page lose their compiled blocks' bytes. */
  onInvalidate: (recordPage: number) => void = () => {};

  constructor(memory: WebAssembly.Memory, map: MemoryMap, vcpus: number) {
    if (vcpus < 1 || vcpus > MAX_VCPUS) throw new RangeError(`${vcpus} vCPUs: 1 to ${MAX_VCPUS}`);
    this.#i32 = new Int32Array(memory.buffer);
    this.#i64 = new BigInt64Array(memory.buffer, 0, map.records / 8);
    this.#u16 = new Uint16Array(memory.buffer);
    this.#map = map;
    this.#fetchEnd = map.itlb + vcpus * ITLB_CONTEXTS * ITLB_BYTES;
    this.#pageOf = new Int32Array(Math.ceil(map.ramBytes / 4096));
    this.#owner = new Int32Array(map.recordPages).fill(-1);
    this.#writes = new Uint16Array(map.recordPages);
  }

  /** Address of the record page for the 4 KiB of code at a host address, made where there is none yet. */
  page(host: number): number {
    const page = (host - this.#map.ram) >>> 12;
    const known = this.#pageOf[page]!;
    if (known) return this.#address(known - 1);
    const index = this.#free.pop() ?? this.#take();
    this.#pageOf[page] = index + 1;
    this.#owner[index] = page;
    this.#writes[index] = 0;
    const address = this.#address(index);
    this.#i32.fill(0, address >> 2, (address + RECORD_PAGE) >> 2);
    this.#u16[(address + PAGE_RECORDS * RECORD + R.HANDLER) >> 1] = Special.PageEnd;
    this.protect(this.#map.ram + page * 4096);
    return address;
  }

  /** Whether stores to this host address must come to `written`. */
  isCode(host: number): boolean {
    return this.#pageOf[(host - this.#map.ram) >>> 12]! !== 0;
  }

  /** `length` bytes at a host address changed; their records, if any, must be decoded anew. */
  written(host: number, length: number, keep: number): void {
    for (let at = host & ~3; at < host + length; at += 4) {
      const page = (at - this.#map.ram) >>> 12;
      const index = this.#pageOf[page]! - 1;
      if (index < 0) continue;
      this.onInvalidate(index);
      const record = this.#address(index) + ((at & 0xffc) << 3);
      this.#u16[(record + R.HANDLER) >> 1] = Special.Decode;
      if (at & 0xffc) this.#part(record - RECORD);
      if (++this.#writes[index]! > WRITES_BEFORE_DROP && index !== keep) this.#drop(index);
    }
  }

  /** What follows this record has changed: it is half of a pair no longer. */
  #part(record: number): void {
    if (this.#u16[(record + R.HANDLER) >> 1]! < SPECIALS) return;
    this.#u16[(record + R.HANDLER) >> 1] = this.#u16[(record + R.OWN) >> 1]!;
  }

  /** Host address of the word that a record stands for. */
  wordOf(record: number): number {
    const offset = record - this.#map.records;
    const index = Math.floor(offset / RECORD_PAGE);
    return this.#map.ram + this.#owner[index]! * 4096 + ((offset - index * RECORD_PAGE) >>> 3);
  }

  /** Bytes from the start of its page to the instruction of a record. */
  offsetOf(record: number): number {
    return ((record - this.#map.records) % RECORD_PAGE) >>> 3;
  }

  /** Index of the record page that a record is in; -1 for record 0 (none). */
  indexOf(record: number): number {
    return record ? Math.floor((record - this.#map.records) / RECORD_PAGE) : -1;
  }

  #address(index: number): number {
    return this.#map.records + index * RECORD_PAGE;
  }

  #take(): number {
    if (this.#used === this.#map.recordPages) this.clear();
    return this.#used++;
  }

  /** Forgets everything. No vCPU may be in the middle of a record: S.REC is 0 or about to be looked up. */
  clear(): void {
    for (let i = 0; i < this.#used; i++) this.onInvalidate(i);
    this.#pageOf.fill(0);
    this.#owner.fill(-1);
    this.#free.length = 0;
    this.#used = 0;
    this.#i64.fill(ITLB_INVALID, this.#map.itlb >> 3, this.#fetchEnd >> 3);
  }

  #drop(index: number): void {
    this.#pageOf[this.#owner[index]!] = 0;
    this.#owner[index] = -1;
    this.#free.push(index);
    const address = this.#address(index);
    this.#eachFetchEntry((recordPage) => recordPage === address);
  }

  #eachFetchEntry(kill: (recordPage: number) => boolean): void {
    for (let entry = this.#map.itlb; entry < this.#fetchEnd; entry += ITLB_ENTRY) {
      if (kill(this.#i32[(entry + 8) >> 2]!)) this.#i64[entry >> 3] = ITLB_INVALID;
    }
  }
}
