/**
 * The second-level TLB: results of walks by virtual page and table root, for all vCPUs. 4-way, 4 KiB pieces. What is
 * kept are the descriptor's permissions, not what an access at some EL makes of them.
 */

/** Permission and attribute bits of an entry. */
export const Entry = {
  /** AP[1]: EL0 may access. */
  USER: 1 << 0,
  /** AP[2] or APTable[1]: writes fault. */
  READ_ONLY: 1 << 1,
  /** AP[2] is set, but hardware clears it on a write (DBM). */
  CLEAN: 1 << 2,
  UXN: 1 << 3,
  PXN: 1 << 4,
  /** Level of the leaf descriptor. */
  LEVEL_SHIFT: 5,
  /** SH[1:0]. */
  SHARE_SHIFT: 7,
  /** The MAIR byte. */
  ATTRIBUTES_SHIFT: 16,
} as const;

const WAYS = 4;
const SETS = 1024;
const ENTRIES = WAYS * SETS;
/** More roots than this, and numbering starts again. */
const MAX_ROOTS = 4096;

export class Translations {
  /** VA[43:12]. */
  readonly #page: Int32Array;
  /** VA[47:44] and the root above; -1: free. */
  readonly #tag: Int32Array;
  readonly #bits: Int32Array;
  /** Physical address of the page, exact. */
  readonly #physical: Float64Array;
  readonly #victim: Uint8Array;
  readonly #roots = new Map<number, number>();
  readonly #vcpus: number;

  constructor(vcpus: number) {
    this.#vcpus = vcpus;
    this.#page = new Int32Array(vcpus * ENTRIES);
    this.#tag = new Int32Array(vcpus * ENTRIES).fill(-1);
    this.#bits = new Int32Array(vcpus * ENTRIES);
    this.#physical = new Float64Array(vcpus * ENTRIES);
    this.#victim = new Uint8Array(vcpus * SETS);
  }

  /** The number of a table root, or -1 where everything must be forgotten first. */
  root(base: number, half: number): number {
    const key = base * 2 + half;
    let root = this.#roots.get(key);
    if (root === undefined) {
      root = this.#roots.size;
      if (root === MAX_ROOTS) return -1;
      this.#roots.set(key, root);
    }
    return root;
  }

  /** Index of the entry for an address under a root, or -1. */
  find(vcpu: number, low: number, high: number, root: number): number {
    const page = (low >>> 12) | (high << 20);
    const tag = ((high >>> 12) & 0xf) | (root << 4);
    const first = vcpu * ENTRIES + setOf(page) * WAYS;
    for (let i = first; i < first + WAYS; i++) {
      if (this.#page[i] === page && this.#tag[i] === tag) return i;
    }
    return -1;
  }

  /** Puts a translation in (again); gives its index. */
  insert(vcpu: number, low: number, high: number, root: number, physical: number, bits: number): number {
    let index = this.find(vcpu, low, high, root);
    const page = (low >>> 12) | (high << 20);
    if (index < 0) {
      const set = vcpu * SETS + setOf(page);
      index = set * WAYS + this.#victim[set]!;
      this.#victim[set] = (this.#victim[set]! + 1) & (WAYS - 1);
    }
    this.#page[index] = page;
    this.#tag[index] = ((high >>> 12) & 0xf) | (root << 4);
    this.#bits[index] = bits;
    this.#physical[index] = physical;
    return index;
  }

  bits(index: number): number {
    return this.#bits[index]!;
  }

  physical(index: number): number {
    return this.#physical[index]!;
  }

  /** Forgets a virtual page under every root, on every vCPU. */
  forgetPage(low: number, high: number): void {
    const page = (low >>> 12) | (high << 20);
    const set = setOf(page) * WAYS;
    for (let v = 0; v < this.#vcpus; v++) {
      for (let i = v * ENTRIES + set; i < v * ENTRIES + set + WAYS; i++) if (this.#page[i] === page) this.#tag[i] = -1;
    }
  }

  forgetVcpu(vcpu: number): void {
    this.#tag.fill(-1, vcpu * ENTRIES, (vcpu + 1) * ENTRIES);
  }

  forgetAll(): void {
    this.#tag.fill(-1);
  }

  /** Starts numbering roots again; all translations must have been forgotten. */
  forgetRoots(): void {
    this.#roots.clear();
  }
}

const setOf = (page: number): number => (page ^ (page >>> 10)) & (SETS - 1);
