// The board's RAM as the loader sees it: what fits, what is free, and how addresses are written in messages.
import { BadImage } from './errors.js';
import { formatMemorySize } from './memory-size.js';

/** Addresses from `start` up to but without `end`. */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** `0x40000000`: hexadecimal with at least eight digits. */
export const hex = (address: bigint): string => `0x${address.toString(16).padStart(8, '0')}`;

/** `0x40000000..0x60000000`, the end not included. */
export const formatRange = (range: Range): string => `${hex(range.start)}..${hex(range.end)}`;

export const alignUp = (value: bigint, to: bigint): bigint => ((value + to - 1n) / to) * to;
export const alignDown = (value: bigint, to: bigint): bigint => (value / to) * to;

const MEGABYTE = 0x10_0000n;

/** RAM, and what of it is taken. */
export class RamLayout {
  readonly ram: Range;
  private readonly taken: { readonly what: string; readonly range: Range }[] = [];

  constructor(base: bigint, size: bigint) {
    if (base < 0n || size <= 0n) throw new RangeError(`RAM of ${size} bytes at ${base}: both must be positive`);
    this.ram = { start: base, end: base + size };
  }

  /** `the board's RAM is 0x40000000..0x60000000 (--memory 512M)`. */
  describe(): string {
    const size = formatMemorySize(this.ram.end - this.ram.start);
    return `the board's RAM is ${formatRange(this.ram)} (--memory ${size})`;
  }

  contains(range: Range): boolean {
    return range.start >= this.ram.start && range.end <= this.ram.end;
  }

  /** The first thing taken that shares a byte with `range`. */
  conflict(range: Range): { readonly what: string; readonly range: Range } | undefined {
    return this.taken.find((t) => range.start < t.range.end && t.range.start < range.end);
  }

  /** Takes `range` for `what`. Throws BadImage where it is not RAM or is taken. */
  take(image: string, what: string, range: Range): void {
    if (range.start >= this.ram.start && range.start < this.ram.end && range.end > this.ram.end) {
      const needed = formatMemorySize(alignUp(range.end - this.ram.start, MEGABYTE));
      throw new BadImage(
        `${image}: ${what} (${formatRange(range)}) ends past RAM; ${this.describe()} and it needs --memory ${needed}`,
      );
    }
    if (!this.contains(range)) {
      throw new BadImage(`${image}: ${what} (${formatRange(range)}) is not RAM; ${this.describe()}`);
    }
    const other = this.conflict(range);
    if (other !== undefined) {
      throw new BadImage(
        `${image}: ${what} (${formatRange(range)}) overlaps ${other.what} (${formatRange(other.range)})`,
      );
    }
    this.taken.push({ what, range });
  }

  /**
   * Takes `size` bytes at the first free place that is a multiple of `alignment`: from `preferred` upwards, else from
   * the start of RAM. Throws BadImage where there is none.
   */
  place(image: string, what: string, size: bigint, alignment: bigint, preferred: bigint): Range {
    const range = this.firstFree(size, alignment, preferred) ?? this.firstFree(size, alignment, this.ram.start);
    if (range === undefined) {
      throw new BadImage(
        `${image}: no room for ${what} (${size} bytes); ${this.describe()}, of which ${formatMemorySize(this.used())} are taken`,
      );
    }
    this.taken.push({ what, range });
    return range;
  }

  private used(): bigint {
    return this.taken.reduce((sum, t) => sum + (t.range.end - t.range.start), 0n);
  }

  private firstFree(size: bigint, alignment: bigint, from: bigint): Range | undefined {
    let start = alignUp(from < this.ram.start ? this.ram.start : from, alignment);
    for (;;) {
      const range = { start, end: start + size };
      if (!this.contains(range)) return undefined;
      const other = this.conflict(range);
      if (other === undefined) return range;
      start = alignUp(other.range.end, alignment);
    }
  }
}
