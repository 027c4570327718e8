/** A piece of a VM's memory by guest-physical address, and which of its pages have ever been written. */
import type { DirtyPages } from '../../arch/system/dirty-pages.js';

export class GuestMemory {
  readonly name: 'ram' | 'pv-time';
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
    return this.name === 'ram' ? pages : new Uint8Array(pages.length).fill(1);
  }
}
