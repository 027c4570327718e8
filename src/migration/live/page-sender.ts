/** Turns sets of pages into messages: which are zeros, which go together, and their checksums. */
import type { GuestMemory } from '../../hypervisor/vm/guest-memory.js';
import type { PageKernel } from '../page-kernel.js';
import { type FrameWriter, HEAD, MAX_RUN, PAGE_BYTES, type PageRun, RUN_HEAD } from './frames.js';

/** Bytes that `next` gives at most: enough to keep a link busy, and little to be behind. */
const CHUNK = 2 ** 20;
const LARGEST = HEAD + RUN_HEAD + MAX_RUN * PAGE_BYTES;

/** Pages to send: one byte a page of each memory, 1 where it is to be sent, else 0. */
export type PageSet = readonly Uint8Array[];

export class PageSender {
  readonly #memories: readonly GuestMemory[];
  readonly #kernel: PageKernel;
  readonly #writer: FrameWriter;
  #set: PageSet = [];
  /** Zeros are sent, too: they replace something. */
  #withZeros = false;
  #memory = 0;
  #page = 0;
  /** Pages with data sent since `begin`. */
  sent = 0;

  constructor(memories: readonly GuestMemory[], kernel: PageKernel, writer: FrameWriter) {
    this.#memories = memories;
    this.#kernel = kernel;
    this.#writer = writer;
  }

  /** Starts a round. */
  begin(set: PageSet, withZeros: boolean): void {
    this.#set = set;
    this.#withZeros = withZeros;
    this.#memory = 0;
    this.#page = 0;
    this.sent = 0;
  }

  /** The next messages with the pages as they are now, or null at the round's end. */
  next(): Uint8Array<ArrayBuffer> | null {
    let out: Uint8Array<ArrayBuffer> | null = null;
    let at = 0;
    while (at + LARGEST <= CHUNK) {
      const run = this.#nextRun();
      if (!run) break;
      out ??= new Uint8Array(CHUNK);
      at = this.#write(out, at, run);
    }
    return out?.subarray(0, at) ?? null;
  }

  #write(out: Uint8Array, at: number, run: PageRun): number {
    const memory = this.#memories[run.memory]!;
    if (run.zeros) return this.#writer.page(out, at, run, 0n);
    const [offset, length] = [run.first * PAGE_BYTES, run.count * PAGE_BYTES];
    const data = this.#writer.page(out, at, run, this.#kernel.hash(memory.host + offset, length));
    out.set(memory.view.subarray(offset, offset + length), data);
    this.sent += run.count;
    return data + length;
  }

  #nextRun(): PageRun | null {
    for (; this.#memory < this.#memories.length; this.#memory++, this.#page = 0) {
      const set = this.#set[this.#memory]!;
      const { host } = this.#memories[this.#memory]!;
      for (;;) {
        const first = set.indexOf(1, this.#page);
        if (first < 0) break;
        const clean = set.indexOf(0, first);
        const end = Math.min(clean < 0 ? set.length : clean, first + MAX_RUN);
        const address = (page: number): number => host + page * PAGE_BYTES;
        const used = (this.#kernel.firstUsed(address(first), address(end)) - host) / PAGE_BYTES;
        if (used > first) {
          this.#page = used;
          if (this.#withZeros) return { memory: this.#memory, first, count: used - first, zeros: true };
          continue;
        }
        const zero = (this.#kernel.firstZero(address(first), address(end)) - host) / PAGE_BYTES;
        this.#page = zero;
        return { memory: this.#memory, first, count: zero - first, zeros: false };
      }
    }
    return null;
  }
}
