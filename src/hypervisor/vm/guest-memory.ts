/** A piece of a VM's memory by guest-physical address, and which of its pages have ever been written. */
import type { MemoryRegion, PhysicalMemory } from '../../arch/engine/physical.js';
import type { DirtyPages } from '../../arch/system/dirty-pages.js';
import { VIRT } from '../../machine/virt.js';
import type { VmConfig } from './config.js';

export type MemoryName = 'ram' | 'pv-time' | 'flash-0' | 'flash-1';

const PLACES: readonly (readonly [MemoryName, { base: number }])[] = [
  ['ram', VIRT.ram],
  ['pv-time', VIRT.pvTime],
  ['flash-0', VIRT.flash[0]],
  ['flash-1', VIRT.flash[1]],
];

/** The memory whose contents are state, in its order. What else there is (the vmclock page) is made of other state. */
export function stateRegions(ram: PhysicalMemory): { name: MemoryName; region: MemoryRegion }[] {
  return PLACES.flatMap(([name, { base }]) => {
    const region = ram.regions.find((r) => r.base === base);
    return region ? [{ name, region }] : [];
  });
}

/** Bytes of each memory of such a machine. */
export const memorySizes = ({ ramBytes, firmware }: VmConfig): [MemoryName, number][] => [
  ['ram', ramBytes],
  ['pv-time', VIRT.pvTime.size],
  ...(firmware ? VIRT.flash.map(({ size }, n): [MemoryName, number] => [`flash-${n as 0 | 1}`, size]) : []),
];

export class GuestMemory {
  readonly name: MemoryName;
  readonly base: number;
  /** Address in the engine's memory. */
  readonly host: number;
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** The bytes, live, for reading. Write with `write`. */
  readonly view: Uint8Array<ArrayBuffer>;
  readonly #dirty: DirtyPages;
  readonly #firstPage: number;

  constructor(
    name: GuestMemory['name'],
    place: { base: number; host: number; size: number; firstPage: number },
    memory: WebAssembly.Memory,
    dirty: DirtyPages,
  ) {
    this.name = name;
    this.base = place.base;
    this.host = place.host;
    this.size = place.size;
    this.view = new Uint8Array(memory.buffer, place.host, place.size);
    this.#firstPage = place.firstPage;
    this.#dirty = dirty;
  }

  /** The bytes, for whoever writes where no page is noted: all pages count as used from then on, saves take longer. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#dirty.mark(this.host, this.size);
    return this.view;
  }

  /** Writes bytes while no vCPU runs, before anything was decoded from there. */
  write(offset: number, bytes: Uint8Array): void {
    if (!bytes.length) return;
    this.#dirty.mark(this.host + offset, bytes.length);
    this.view.set(bytes, offset);
  }

  /** Notes pages that were written in the engine's memory directly. */
  written(offset: number, length: number): void {
    this.#dirty.mark(this.host + offset, length);
  }

  /** One byte a page: 0 where it has never been written. What the hypervisor writes itself (pv-time) counts as used. */
  get used(): Uint8Array {
    const pages = this.#dirty.used.subarray(this.#firstPage, this.#firstPage + this.size / 4096);
    return this.name === 'pv-time' ? new Uint8Array(pages.length).fill(1) : pages;
  }
}
