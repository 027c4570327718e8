/**
 * The physical address map: which memory or device an address belongs to.
 * Physical addresses are numbers: the architecture's 52 bits are exact in a double.
 */

export type AccessSize = 1 | 2 | 4 | 8;

/** A memory-mapped device. Offsets are from its region's base; values are zero-extended little-endian quantities. */
export interface MmioDevice {
  read(offset: number, size: AccessSize): bigint;
  write(offset: number, size: AccessSize, value: bigint): void;
}

interface RegionPlace {
  name: string;
  /** First physical address, 0 to 2^52 - 1. */
  base: number;
  /** Bytes, at least 1. */
  size: number;
}

/** RAM or ROM, somewhere in the machine's linear memory. */
export interface MemoryRegion extends RegionPlace {
  kind: 'memory';
  /** Offset of the region's first byte in linear memory. */
  offset: number;
  writable: boolean;
}

export interface DeviceRegion extends RegionPlace {
  kind: 'device';
  device: MmioDevice;
}

export type Region = MemoryRegion | DeviceRegion;

const LIMIT = 2 ** 52;

export class Bus {
  /** Sorted by base; no two overlap. */
  readonly #regions: Region[] = [];
  /** The last region found: most accesses go where the one before went. */
  #last: Region | null = null;

  get regions(): readonly Region[] {
    return this.#regions;
  }

  /** Adds a region. @throws RangeError where it is empty, beyond 52 bits, or overlaps another. */
  add(region: Region): void {
    const { name, base, size } = region;
    if (!Number.isSafeInteger(base) || !Number.isSafeInteger(size) || base < 0 || size < 1 || base + size > LIMIT) {
      throw new RangeError(
        `${name}: ${span(region)} is no range of physical addresses; they end at 0x${LIMIT.toString(16)}`,
      );
    }
    const at = this.#firstAbove(base);
    for (const other of [this.#regions[at - 1], this.#regions[at]]) {
      if (other && base < other.base + other.size && other.base < base + size) {
        throw new RangeError(`${name}: ${span(region)} overlaps ${other.name} at ${span(other)}`);
      }
    }
    this.#regions.splice(at, 0, region);
  }

  /** The region that holds the address, or null. */
  find(address: number): Region | null {
    const last = this.#last;
    if (last && address >= last.base && address - last.base < last.size) return last;
    const region = this.#regions[this.#firstAbove(address) - 1];
    if (!region || address - region.base >= region.size) return null;
    this.#last = region;
    return region;
  }

  /** Reads from the device at the address; null where none holds the whole access, which is an external abort. */
  readDevice(address: number, size: AccessSize): bigint | null {
    const region = this.find(address);
    if (region?.kind !== 'device' || address - region.base + size > region.size) return null;
    return region.device.read(address - region.base, size);
  }

  /** Writes to the device at the address; false where none holds the whole access, which is an external abort. */
  writeDevice(address: number, size: AccessSize, value: bigint): boolean {
    const region = this.find(address);
    if (region?.kind !== 'device' || address - region.base + size > region.size) return false;
    region.device.write(address - region.base, size, value);
    return true;
  }

  /** Index of the first region whose base is above the address. */
  #firstAbove(address: number): number {
    let [low, high] = [0, this.#regions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#regions[middle]!.base <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function span({ base, size }: RegionPlace): string {
  return `0x${base.toString(16)}..0x${(base + size).toString(16)}`;
}
