/**
 * MMIO register tables: what a frame's registers are, and how an access finds its row.
 */

import type { Interrupt } from './interrupt.js';
import type { VgicModel } from './model.js';

export type AccessSize = 1 | 2 | 4 | 8;

/** Who accesses what: the vCPU that runs the access, and the one whose redistributor it is (the same for GICD). */
export interface Access {
  readonly accessor: number;
  readonly redistributor: number;
}

/** A bank with a field for each interrupt. */
export interface BankRow {
  readonly kind: 'bank';
  readonly name: string;
  /** Of the field of INTID 0. */
  readonly offset: number;
  /** Bits a field; of 64 (GICD_IROUTER) the low 40 are significant, so that every field is a number. */
  readonly bits: 1 | 2 | 8 | 64;
  readonly sizes: readonly AccessSize[];
  /** The field lives in a list register while the interrupt does: 'pending' is synced before every access, 'active' as activeRead says. */
  readonly live: 'pending' | 'active' | null;
  read(irq: Interrupt, access: Access): number;
  write(model: VgicModel, irq: Interrupt, field: number, access: Access): void;
  /** The write of a restore: sets the field to what was read. Without it, `write` does. */
  restore?(model: VgicModel, irq: Interrupt, field: number): void;
}

/** A single register; 32-bit accesses reach the halves of a 64-bit one. Without a read or a write: RAZ or WI. */
export interface SingleRow {
  readonly kind: 'single';
  readonly name: string;
  readonly offset: number;
  readonly bytes: 4 | 8;
  readonly sizes: readonly AccessSize[];
  read?(model: VgicModel, access: Access): bigint;
  write?(model: VgicModel, value: bigint, access: Access): void;
  /** The write of a restore; a RangeError where the value cannot be had here. Without it, `write` does. */
  restore?(model: VgicModel, value: bigint, access: Access): void;
}

export type Row = BankRow | SingleRow;

/** Rows of a frame by word. */
export class RegisterTable {
  readonly rows: readonly Row[];
  #byWord = new Map<number, Row>();

  /** `interrupts`: how many INTIDs the banks have fields for. */
  constructor(rows: readonly Row[], interrupts: number) {
    this.rows = rows;
    for (const row of rows) {
      const bytes = row.kind === 'bank' ? (row.bits * interrupts) / 8 : row.bytes;
      for (let at = 0; at < bytes; at += 4) this.#byWord.set((row.offset + at) >> 2, row);
    }
  }

  /** The row an access works on; undefined where it is RAZ/WI: no register, misaligned, or a size it does not take. */
  find(offset: number, size: AccessSize): Row | undefined {
    if (offset % size !== 0) return undefined;
    const row = this.#byWord.get(offset >> 2);
    return row?.sizes.includes(size) ? row : undefined;
  }
}
