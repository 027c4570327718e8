/**
 * The software TLBs that generated code looks into: filled, emptied and protected here. Contexts of a vCPU are EL0,
 * EL1 and EL1 with PAN for data, EL0 and EL1 for fetches. Nothing in them is state: they may be emptied at any time.
 */
import {
  ITLB_BYTES,
  ITLB_CONTEXTS,
  ITLB_ENTRIES,
  ITLB_ENTRY,
  ITLB_INVALID,
  type MemoryMap,
  TLB_BYTES,
  TLB_CONTEXTS,
  TLB_ENTRIES,
  TLB_ENTRY,
} from '../engine/layout.js';

/** High word of an empty tag. With it goes a low word whose page belongs in another entry, so that no access matches. */
const EMPTY_HIGH = 0x4000_0000;
const emptyLow = (index: number): number => (index & (TLB_ENTRIES - 1) ? 0 : 0x1000);

/** Words of an entry: read tag, write tag, addend. */
const WORDS = TLB_ENTRY / 4;
const ITLB_WORDS = ITLB_ENTRY / 4;
const EMPTY_FETCH = Number(ITLB_INVALID);

/** No VA has write access to the page through a fast TLB; several have. */
const NO_WRITER = 0;
const SEVERAL_WRITERS = -1;

export class FastTlb {
  readonly #i32: Int32Array;
  readonly #map: MemoryMap;
  readonly #vcpus: number;
  /** Entries filled for addresses of TTBR0, by context: so that a process switch need not look at all. */
  readonly #lowEntries: Uint16Array;
  readonly #lowCount: Int32Array;
  /** The virtual page (two words of the address over 4096) by which each host page may be written fast. */
  readonly #writerLow: Int32Array;
  readonly #writerHigh: Int32Array;
  /** One byte a page: it has been writable fast. */
  readonly #used: Uint8Array;
  /** A data TLB and a fetch TLB that hold nothing. */
  readonly #emptyData = new Int32Array(TLB_BYTES / 4);
  readonly #emptyFetches = new Int32Array(ITLB_BYTES / 4);

  constructor(memory: WebAssembly.Memory, map: MemoryMap, vcpus: number, used: Uint8Array) {
    this.#used = used;
    this.#i32 = new Int32Array(memory.buffer);
    this.#map = map;
    this.#vcpus = vcpus;
    this.#lowEntries = new Uint16Array(vcpus * TLB_CONTEXTS * TLB_ENTRIES);
    this.#lowCount = new Int32Array(vcpus * TLB_CONTEXTS);
    const pages = Math.ceil(map.ramBytes / 4096);
    this.#writerLow = new Int32Array(pages);
    this.#writerHigh = new Int32Array(pages);
    for (let i = 0; i < TLB_ENTRIES; i++) empty(this.#emptyData, i * WORDS, i);
    for (let i = 0; i < ITLB_ENTRIES; i++) emptyFetch(this.#emptyFetches, i * ITLB_WORDS);
    this.#i32.set(this.#emptyData, map.noTlb >>> 2);
    for (let v = 0; v < vcpus; v++) this.emptyVcpu(v);
  }

  /** Address of a vCPU's data TLB for a context. */
  data(vcpu: number, context: number): number {
    return this.#map.tlb + (vcpu * TLB_CONTEXTS + context) * TLB_BYTES;
  }

  /** Address of a vCPU's fetch TLB for EL0 or EL1. */
  fetch(vcpu: number, el: number): number {
    return this.#map.itlb + (vcpu * ITLB_CONTEXTS + el) * ITLB_BYTES;
  }

  /**
   * Lets generated code access a page itself.
   * @param tlb address of the data TLB
   * @param low @param high the virtual address
   * @param hostPage host address of the page
   */
  fill(tlb: number, low: number, high: number, hostPage: number, writable: boolean): void {
    const { ram } = this.#map;
    const index = (low >>> 12) & (TLB_ENTRIES - 1);
    const word = (tlb >>> 2) + index * WORDS;
    const i32 = this.#i32;
    const page = low & ~0xfff;
    i32[word] = page;
    i32[word + 1] = high;
    i32[word + 4] = hostPage - page;
    if (writable) {
      i32[word + 2] = page;
      i32[word + 3] = high;
      this.#noteWriter((hostPage - ram) >>> 12, (low >>> 12) | (high << 20), (high >>> 12) + 1);
    } else {
      i32[word + 2] = emptyLow(index);
      i32[word + 3] = EMPTY_HIGH;
    }
    if (!(high & 0x80_0000)) {
      const context = (tlb - this.#map.tlb) / TLB_BYTES;
      const count = this.#lowCount[context]!;
      if (count < TLB_ENTRIES) this.#lowEntries[context * TLB_ENTRIES + count] = index;
      this.#lowCount[context] = count + 1;
    }
  }

  #noteWriter(hostPage: number, pageLow: number, pageHigh: number): void {
    const known = this.#writerHigh[hostPage]!;
    if (known === NO_WRITER) {
      this.#used[hostPage] = 1;
      this.#writerLow[hostPage] = pageLow;
      this.#writerHigh[hostPage] = pageHigh;
    } else if (known !== pageHigh || this.#writerLow[hostPage] !== pageLow) {
      this.#writerHigh[hostPage] = SEVERAL_WRITERS;
    }
  }

  /** Takes fast write access to a host page (by its address) from every vCPU. */
  protect(hostPage: number): void {
    const number = (hostPage - this.#map.ram) >>> 12;
    const high = this.#writerHigh[number]!;
    if (high === NO_WRITER) return;
    this.#writerHigh[number] = NO_WRITER;
    const i32 = this.#i32;
    const tlbs = this.#vcpus * TLB_CONTEXTS;
    const first = this.#map.tlb >>> 2;
    const known = high !== SEVERAL_WRITERS;
    const start = known ? this.#writerLow[number]! & (TLB_ENTRIES - 1) : 0;
    const step = known ? TLB_ENTRIES : 1;
    for (let entry = start; entry < tlbs * TLB_ENTRIES; entry += step) {
      const word = first + entry * WORDS;
      if ((i32[word + 4]! + (i32[word + 2]! & ~0xfff)) >>> 0 !== hostPage) continue;
      i32[word + 2] = emptyLow(entry);
      i32[word + 3] = EMPTY_HIGH;
    }
  }

  /** Takes fast write access to every page from every vCPU. */
  protectAll(): void {
    const i32 = this.#i32;
    const first = this.#map.tlb >>> 2;
    for (let entry = 0; entry < this.#vcpus * TLB_CONTEXTS * TLB_ENTRIES; entry++) {
      i32[first + entry * WORDS + 2] = emptyLow(entry);
      i32[first + entry * WORDS + 3] = EMPTY_HIGH;
    }
    this.#writerHigh.fill(NO_WRITER);
  }

  /** Forgets one virtual page in all contexts of all vCPUs, whatever its top byte. */
  forgetPage(low: number, high: number): void {
    const i32 = this.#i32;
    const page = low & ~0xfff;
    const index = (low >>> 12) & (TLB_ENTRIES - 1);
    const matches = (word: number): boolean => i32[word] === page && ((i32[word + 1]! ^ high) & 0xff_ffff) === 0;
    for (let n = 0; n < this.#vcpus * TLB_CONTEXTS; n++) {
      const word = ((this.#map.tlb + n * TLB_BYTES) >>> 2) + index * WORDS;
      if (matches(word)) empty(i32, word, index);
    }
    const fetchIndex = (low >>> 12) & (ITLB_ENTRIES - 1);
    for (let n = 0; n < this.#vcpus * ITLB_CONTEXTS; n++) {
      const word = ((this.#map.itlb + n * ITLB_BYTES) >>> 2) + fetchIndex * ITLB_WORDS;
      if (matches(word)) emptyFetch(i32, word);
    }
  }

  /** Forgets the addresses that TTBR0 translates in one data context. */
  forgetLow(vcpu: number, context: number): void {
    const number = vcpu * TLB_CONTEXTS + context;
    const count = this.#lowCount[number]!;
    const first = this.data(vcpu, context) >>> 2;
    if (count > TLB_ENTRIES) return this.forgetContext(vcpu, context);
    for (let i = 0; i < count; i++) {
      const index = this.#lowEntries[number * TLB_ENTRIES + i]!;
      const word = first + index * WORDS;
      if (!(this.#i32[word + 1]! & 0x80_0000)) empty(this.#i32, word, index);
    }
    this.#lowCount[number] = 0;
  }

  forgetContext(vcpu: number, context: number): void {
    this.#i32.set(this.#emptyData, this.data(vcpu, context) >>> 2);
    this.#lowCount[vcpu * TLB_CONTEXTS + context] = 0;
  }

  forgetFetches(vcpu: number, el: number): void {
    this.#i32.set(this.#emptyFetches, this.fetch(vcpu, el) >>> 2);
  }

  /** Empties everything of one vCPU. */
  emptyVcpu(vcpu: number): void {
    for (let c = 0; c < TLB_CONTEXTS; c++) this.forgetContext(vcpu, c);
    for (let el = 0; el < ITLB_CONTEXTS; el++) this.forgetFetches(vcpu, el);
  }

  emptyAll(): void {
    for (let v = 0; v < this.#vcpus; v++) this.emptyVcpu(v);
    this.#writerHigh.fill(NO_WRITER);
  }
}

function empty(i32: Int32Array, word: number, index: number): void {
  i32[word] = emptyLow(index);
  i32[word + 1] = EMPTY_HIGH;
  i32[word + 2] = emptyLow(index);
  i32[word + 3] = EMPTY_HIGH;
}

function emptyFetch(i32: Int32Array, word: number): void {
  i32[word] = EMPTY_FETCH;
  i32[word + 1] = 0;
}
