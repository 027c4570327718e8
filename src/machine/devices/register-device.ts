/**
 * A device whose registers are 32-bit words: narrower accesses see their byte lanes, a 64-bit access is two words.
 */

import type { AccessSize, MmioDevice } from '../bus.js';

export abstract class RegisterDevice implements MmioDevice {
  /** Reads the word at `offset`, a multiple of 4. */
  protected abstract readWord(offset: number): number;
  /** Writes the word at `offset`, a multiple of 4; `value` is unsigned. */
  protected abstract writeWord(offset: number, value: number): void;

  read(offset: number, size: AccessSize): bigint {
    const word = offset & ~3;
    if (size === 8) return BigInt(this.readWord(word) >>> 0) | (BigInt(this.readWord(word + 4) >>> 0) << 32n);
    const lanes = this.readWord(word) >>> (8 * (offset & 3));
    return BigInt(size === 4 ? lanes : lanes & (size === 2 ? 0xffff : 0xff));
  }

  write(offset: number, size: AccessSize, value: bigint): void {
    const word = offset & ~3;
    if (size === 8) {
      this.writeWord(word, Number(value & 0xffff_ffffn));
      this.writeWord(word + 4, Number((value >> 32n) & 0xffff_ffffn));
      return;
    }
    const lanes = Number(BigInt.asUintN(8 * size, value));
    this.writeWord(word, (lanes << (8 * (offset & 3))) >>> 0);
  }
}

/** A PrimeCell's identification registers: eight bytes, one a word, from `first` (0xfe0) on. */
export function identificationByte(id: readonly number[], first: number, offset: number): number {
  return id[(offset - first) >> 2] ?? 0;
}
