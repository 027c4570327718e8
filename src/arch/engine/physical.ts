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

export class PhysicalMemory {
  readonly regions: readonly MemoryRegion[];
  #last: MemoryRegion;

  /** @param regions at least one, not overlapping */
  constructor(regions: readonly MemoryRegion[]) {
    if (!regions.length) throw new RangeError('no memory');
    this.regions = regions;
    this.#last = regions[0]!;
  }

  /** The region that holds `address`, or undefined where it is not memory. */
  region(address: number): MemoryRegion | undefined {
    const last = this.#last;
    if (address >= last.base && address < last.base + last.size) return last;
    const found = this.regions.find((r) => address >= r.base && address < r.base + r.size);
    if (found) this.#last = found;
    return found;
  }

  /** Host address of a byte, or -1 where it is not memory. */
  host(address: number): number {
    const r = this.region(address);
    return r ? r.host + (address - r.base) : -1;
  }
}
