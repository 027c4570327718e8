/** The guest-physical memory that is backed by bytes: RAM and ROM regions and where they are in the engine's memory. */

export interface MemoryRegion {
  /** First guest-physical address; a multiple of 4096. */
  readonly base: number;
  /** Bytes; a multiple of 4096. */
  readonly size: number;
  /** Host address (offset in the engine's memory) of the first byte. */
  readonly host: number;
  readonly writable: boolean;
}

/** Contents that are put in place when an address in their page is first asked for. */
interface Deferred {
  /** Host address of page 0. */
  readonly first: number;
  /** For each page where its contents are, or 0 where they are in place. */
  readonly places: Uint32Array;
  put(page: number, place: number): void;
}

export class PhysicalMemory {
  readonly regions: readonly MemoryRegion[];
  #last: MemoryRegion;
  #deferred: Deferred | null = null;
  /** Bases of regions whose loads a device answers. */
  readonly #answered = new Set<number>();

  /** @param regions at least one, not overlapping */
  constructor(regions: readonly MemoryRegion[]) {
    if (!regions.length) throw new RangeError('no memory');
    this.regions = regions;
    this.#last = regions[0]!;
  }

  /** The region that holds `address`, or undefined where it is not memory. */
  region(address: number): MemoryRegion | undefined {
    let r: MemoryRegion | undefined = this.#last;
    if (address < r.base || address >= r.base + r.size) {
      r = this.regions.find((other) => address >= other.base && address < other.base + other.size);
      if (!r) return undefined;
      this.#last = r;
    }
    if (this.#deferred) this.#need((r.host + (address - r.base) - this.#deferred.first) >>> 12);
    return r;
  }

  /** Host address of a byte, or -1 where it is not memory. */
  host(address: number): number {
    const r = this.region(address);
    return r ? r.host + (address - r.base) : -1;
  }

  /** Host address of a byte as a guest's load sees it, or -1 where it is not memory or a device answers for it. */
  readable(address: number): number {
    const r = this.region(address);
    return r && !this.#answered.has(r.base) ? r.host + (address - r.base) : -1;
  }

  /** Whether loads from the region at `base` get its bytes. Fast TLBs that know it are the caller's to empty. */
  answerReads(base: number, fromMemory: boolean): void {
    if (fromMemory) this.#answered.delete(base);
    else this.#answered.add(base);
  }

  /** Host address of a range of bytes, or -1 where it is not memory of one region. */
  range(address: number, length: number): number {
    const r = this.region(address);
    if (!r || address + length > r.base + r.size) return -1;
    for (let next = address - (address % 4096) + 4096; next < address + length; next += 4096) this.region(next);
    return r.host + (address - r.base);
  }

  /**
   * Leaves pages (4096 bytes from host address `first` on) to be filled by `put` when they are first asked for. Whoever
   * looks at many without asking calls `complete` before.
   * @param places for each page what `put` is told, or 0 where it is in place
   */
  defer(first: number, places: Uint32Array, put: Deferred['put']): void {
    this.complete();
    this.#deferred = { first, places, put };
  }

  /** Puts everything in place. */
  complete(): void {
    this.#deferred?.places.forEach((place, page) => {
      if (place) this.#need(page);
    });
    this.#deferred = null;
  }

  #need(page: number): void {
    const { places, put } = this.#deferred!;
    const place = places[page];
    if (!place) return;
    places[page] = 0;
    put(page, place);
  }
}
