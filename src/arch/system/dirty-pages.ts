/**
 * Which pages of guest memory have ever been written, and which since a moment: what there is to save, and what a
 * pre-copy round has to send again.
 *
 * Nothing is asked of generated code. A page is noted as used when its first write tag is given. At the start of a round
 * every write tag is dropped from the fast TLBs, so that the first write to each page comes to the slow path, which marks
 * the page and gives the tag back. The set of a round is exact: it does not depend on what the TLBs held, and with it
 * nothing of the guest's run changes but how fast it is.
 */
import type { MemoryMap } from '../engine/layout.js';

export class DirtyPages {
  /** One byte a page from the first of RAM: 0 where it has never been written, and so is all zeros. */
  readonly used: Uint8Array;
  readonly #ram: number;
  readonly #dropWriteTags: () => void;
  /** One byte a page; null while nobody asks. */
  #marks: Uint8Array<ArrayBuffer> | null = null;

  constructor(map: MemoryMap, dropWriteTags: () => void) {
    this.#ram = map.ram;
    this.used = new Uint8Array(Math.ceil(map.ramBytes / 4096));
    this.#dropWriteTags = dropWriteTags;
  }

  /** Whether writes are being noted. */
  get tracking(): boolean {
    return this.#marks !== null;
  }

  /** Starts to note writes; no page is dirty. Between slices only. */
  start(): void {
    this.#marks = new Uint8Array(this.used.length);
    this.#dropWriteTags();
  }

  /**
   * The pages written since `start` or the last `take` (one byte a page of guest memory, not 0 where written), which
   * are clean from now on. Between slices only.
   * @throws RangeError where nothing is noted
   */
  take(): Uint8Array<ArrayBuffer> {
    const marks = this.#marks;
    if (!marks) throw new RangeError('dirty pages: tracking has not been started');
    this.start();
    return marks;
  }

  stop(): void {
    this.#marks = null;
  }

  /** Bytes at a host address change; they may reach over a page's end. */
  mark(host: number, length: number): void {
    const marks = this.#marks;
    const last = (host + length - 1 - this.#ram) >>> 12;
    for (let page = (host - this.#ram) >>> 12; page <= last; page++) {
      this.used[page] = 1;
      if (marks) marks[page] = 1;
    }
  }

  /** Whether the page must not be written without coming here: it is clean, and somebody asks. */
  withholds(host: number): boolean {
    const marks = this.#marks;
    return marks !== null && marks[(host - this.#ram) >>> 12] === 0;
  }
}
