/** How much the guest has printed and what, in a few bytes. */
import { crc32 } from '../../migration/crc32.js';
import type { ConsoleMark } from './records.js';

export class ConsoleTally {
  #bytes = 0;
  #crc = 0;

  /** @param before what was printed before the tally began */
  constructor(before: ConsoleMark = { bytes: 0, crc: 0 }) {
    this.#bytes = before.bytes;
    this.#crc = before.crc;
  }

  add(byte: number): void {
    this.#bytes++;
    this.#crc = crc32(Uint8Array.of(byte), this.#crc);
  }

  get mark(): ConsoleMark {
    return { bytes: this.#bytes, crc: this.#crc };
  }
}
