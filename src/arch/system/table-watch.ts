/**
 * Knows which bytes of RAM were read as translation table descriptors, and forgets what was derived from one when it
 * is written. So cached translations are never stale: what a guest sees does not depend on what happens to be cached,
 * and runs are equal whichever engine runs them and wherever they were saved and restored. (TLBI then has nothing
 * left to do; the architecture allows entries to disappear at any time.)
 *
 * Pages that hold such descriptors are taken out of the fast TLBs for writing, as pages of code are.
 */
import type { MemoryMap } from '../engine/layout.js';

export interface TableWatchHost {
  /** Takes fast write access to a host page away. */
  protect(hostPage: number): void;
  /** Forgets the translation of one 4 KiB page; the address is VA[47:0], with 2^48 added in TTBR1's range. */
  forgetPage(address: number): void;
  /** Forgets every translation; the watch starts again. */
  forgetAll(): void;
}

/** log2 of the largest mapping that is forgotten page by page. */
const MAX_PIECEMEAL_SHIFT = 16;
const WORDS = 16;
/** 4 KiB pages of the table that a table descriptor points at, by log2 of what the descriptor maps (D8.2.7). */
const NEXT_TABLE_PAGES: Readonly<Record<number, number>> = { 21: 1, 30: 1, 39: 1, 25: 4, 36: 4, 47: 4, 29: 16, 42: 16 };

export class TableWatch {
  readonly #host: TableWatchHost;
  readonly #view: DataView;
  readonly #map: MemoryMap;
  readonly #hostOf: (physical: number) => number;
  /** Host page (from the first of RAM) to table number + 1. */
  readonly #tableOf: Int32Array;
  readonly #free: number[] = [];
  #count = 0;
  /** 512 bits a table: the descriptor has been used. */
  #used = new Uint32Array(64 * WORDS);
  #usedCount = new Uint16Array(64);
  #page = new Int32Array(64);
  /** Address that descriptor 0 of the table translates, and log2 of what each maps. */
  #base = new Float64Array(64);
  #shift = new Uint8Array(64);
  /** The table is used in more than one place. */
  #shared = new Uint8Array(64);

  constructor(
    memory: WebAssembly.Memory,
    map: MemoryMap,
    hostOf: (physical: number) => number,
    watchHost: TableWatchHost,
  ) {
    this.#view = new DataView(memory.buffer);
    this.#map = map;
    this.#hostOf = hostOf;
    this.#host = watchHost;
    this.#tableOf = new Int32Array(Math.ceil(map.ramBytes / 4096));
  }

  /** Whether stores to this host address must come to `beforeWrite`. */
  watches(host: number): boolean {
    return this.#tableOf[(host - this.#map.ram) >>> 12]! !== 0;
  }

  /** The descriptor at a host address has been used to translate `address`; it maps 2^shift bytes. */
  use(host: number, address: number, shift: number): void {
    const page = (host - this.#map.ram) >>> 12;
    const index = (host & 0xfff) >>> 3;
    const size = 2 ** shift;
    const base = (Math.floor(address / size) - index) * size;
    let table = this.#tableOf[page]! - 1;
    if (table < 0) {
      table = this.#take();
      this.#tableOf[page] = table + 1;
      this.#page[table] = page;
      this.#base[table] = base;
      this.#shift[table] = shift;
      this.#shared[table] = 0;
      this.#host.protect(this.#map.ram + page * 4096);
    } else if (this.#base[table] !== base || this.#shift[table] !== shift) {
      this.#shared[table] = 1;
    }
    const word = table * WORDS + (index >>> 5);
    const bit = 1 << (index & 31);
    if (this.#used[word]! & bit) return;
    this.#used[word]! |= bit;
    this.#usedCount[table]!++;
  }

  /** Guest memory is about to be written. */
  beforeWrite(host: number, length: number): void {
    for (let at = host & ~7; at < host + length; at += 8) this.#descriptor(at >>> 0);
  }

  /** Guest memory has been written by something other than the guest's instructions. */
  written(host: number, length: number): void {
    const first = (host - this.#map.ram) >>> 12;
    const last = (host + length - 1 - this.#map.ram) >>> 12;
    for (let page = first; page <= last; page++) if (this.#tableOf[page]) return this.#host.forgetAll();
  }

  /** Everything that was derived has been forgotten. */
  reset(): void {
    for (let t = 0; t < this.#count; t++) if (this.#page[t]! >= 0) this.#tableOf[this.#page[t]!] = 0;
    this.#used.fill(0);
    this.#usedCount.fill(0);
    this.#free.length = 0;
    this.#count = 0;
  }

  #descriptor(host: number): void {
    const table = this.#tableOf[(host - this.#map.ram) >>> 12]! - 1;
    if (table < 0) return;
    const index = (host & 0xfff) >>> 3;
    const word = table * WORDS + (index >>> 5);
    const bit = 1 << (index & 31);
    if (!(this.#used[word]! & bit)) {
      if (!this.#usedCount[table]) this.#release(table);
      return;
    }
    const shift = this.#shift[table]!;
    if (this.#shared[table]) return this.#host.forgetAll();
    const leaf = shift <= MAX_PIECEMEAL_SHIFT;
    if (!leaf && !this.#isIdleTable(host, shift)) return this.#host.forgetAll();
    this.#used[word]! &= ~bit;
    const left = --this.#usedCount[table]!;
    const address = this.#base[table]! + index * 2 ** shift;
    if (leaf) for (let offset = 0; offset < 2 ** shift; offset += 4096) this.#host.forgetPage(address + offset);
    if (!left) this.#release(table);
  }

  /** Whether a descriptor points at a table of which no descriptor has been used. */
  #isIdleTable(host: number, shift: number): boolean {
    const lower = this.#view.getUint32(host, true);
    if ((lower & 3) !== 3) return false;
    const upper = this.#view.getUint32(host + 4, true);
    const next = this.#hostOf((upper & 0xffff) * 2 ** 32 + ((lower & ~0xfff) >>> 0));
    if (next < 0) return false;
    const first = (next - this.#map.ram) >>> 12;
    for (let page = first; page < first + NEXT_TABLE_PAGES[shift]!; page++) {
      const table = this.#tableOf[page]! - 1;
      if (table >= 0 && this.#usedCount[table]) return false;
    }
    return true;
  }

  #take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#count === this.#page.length) this.#grow();
    return this.#count++;
  }

  #release(table: number): void {
    this.#tableOf[this.#page[table]!] = 0;
    this.#page[table] = -1;
    this.#free.push(table);
  }

  #grow(): void {
    const size = this.#page.length * 2;
    const copy = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#used = copy(new Uint32Array(size * WORDS), this.#used);
    this.#usedCount = copy(new Uint16Array(size), this.#usedCount);
    this.#page = copy(new Int32Array(size), this.#page);
    this.#base = copy(new Float64Array(size), this.#base);
    this.#shift = copy(new Uint8Array(size), this.#shift);
    this.#shared = copy(new Uint8Array(size), this.#shared);
  }
}
