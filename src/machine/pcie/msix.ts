/** MSI-X (PCI Local Bus 3.0, section 6.8.2): a table of messages, and what is pending behind masks. */

/** Plain state of one vector. */
export interface MsixVector {
  address: bigint;
  data: number;
  masked: boolean;
  pending: boolean;
}

/** Bytes of a table entry, and its words. */
const ENTRY = 16;
const WORD = { addressLow: 0, addressHigh: 4, data: 8, control: 12 } as const;
/** Where the pending bits are, behind the largest table that a function here has. */
export const PBA_OFFSET = 0x800;
/** Bytes of the region that has both. */
export const MSIX_BYTES = 0x1000;
/** Message control bits. */
export const MSIX_CONTROL = { functionMask: 1 << 14, enable: 1 << 15 } as const;
export const MSIX_CAPABILITY = 0x11;

export const resetMsixVectors = (count: number): MsixVector[] =>
  Array.from({ length: count }, () => ({ address: 0n, data: 0, masked: true, pending: false }));

export class Msix {
  readonly #vectors: MsixVector[];
  readonly #send: (address: bigint, data: number) => void;
  #enabled = false;
  #functionMasked = false;

  /** @param send sends a message on the bus */
  constructor(vectors: readonly MsixVector[], send: (address: bigint, data: number) => void) {
    this.#vectors = vectors.map((v) => ({ ...v }));
    this.#send = send;
  }

  save(): MsixVector[] {
    return this.#vectors.map((v) => ({ ...v }));
  }

  get count(): number {
    return this.#vectors.length;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Message control has been written. */
  control(value: number): void {
    this.#enabled = (value & MSIX_CONTROL.enable) !== 0;
    this.#functionMasked = (value & MSIX_CONTROL.functionMask) !== 0;
    for (const vector of this.#vectors) this.#release(vector);
  }

  /** An interrupt for a vector: sent, or pending until its masks are gone. Vectors that do not exist have none. */
  fire(index: number): void {
    const vector = this.#vectors[index];
    if (!vector || !this.#enabled) return;
    vector.pending = true;
    this.#release(vector);
  }

  /** A word of the region with table and pending bits; offset a multiple of 4. */
  readWord(offset: number): number {
    if (offset >= PBA_OFFSET) return this.#pendingWord((offset - PBA_OFFSET) >> 2);
    const vector = this.#vectors[Math.floor(offset / ENTRY)];
    if (!vector) return 0;
    switch (offset % ENTRY) {
      case WORD.addressLow:
        return Number(vector.address & 0xffff_ffffn);
      case WORD.addressHigh:
        return Number(vector.address >> 32n);
      case WORD.data:
        return vector.data;
      default:
        return vector.masked ? 1 : 0;
    }
  }

  writeWord(offset: number, value: number): void {
    const vector = this.#vectors[Math.floor(offset / ENTRY)];
    if (!vector || offset >= PBA_OFFSET) return;
    const bits = BigInt(value >>> 0);
    switch (offset % ENTRY) {
      case WORD.addressLow:
        vector.address = (vector.address & ~0xffff_ffffn) | (bits & ~3n);
        break;
      case WORD.addressHigh:
        vector.address = (bits << 32n) | (vector.address & 0xffff_ffffn);
        break;
      case WORD.data:
        vector.data = value >>> 0;
        break;
      default:
        vector.masked = (value & 1) !== 0;
        this.#release(vector);
    }
  }

  #release(vector: MsixVector): void {
    if (!vector.pending || vector.masked || this.#functionMasked || !this.#enabled) return;
    vector.pending = false;
    this.#send(vector.address, vector.data);
  }

  #pendingWord(word: number): number {
    let bits = 0;
    for (let i = 0; i < 32; i++) if (this.#vectors[word * 32 + i]?.pending) bits |= 1 << i;
    return bits >>> 0;
  }
}
