/**
 * ICH_LR<n>_EL2 as numbers and as the 64-bit register (IHI 0069H, 12.4.6).
 */

import { PRIORITY_MASK } from './registers.js';

/** State field: bit 0 pending, bit 1 active. */
export const LR_INVALID = 0;
export const LR_PENDING = 1;
export const LR_ACTIVE = 2;
export const LR_PENDING_ACTIVE = 3;

export interface ListRegister {
  /** LR_INVALID, LR_PENDING, LR_ACTIVE or LR_PENDING_ACTIVE. */
  state: number;
  /** vINTID. */
  intid: number;
  /** The byte; the low 3 bits are RES0. */
  priority: number;
  /** 0: signalled as virtual FIQ. 1: as virtual IRQ. */
  group: 0 | 1;
  /** Whether the virtual interrupt stands for a physical one. */
  hw: boolean;
  /** Physical INTID; 0 where `hw` is not set. */
  pintid: number;
  /** Whether deactivation asserts a maintenance interrupt; only where `hw` is not set. */
  eoi: boolean;
}

const EOI_BIT = 1n << 41n;

/** The register's 64 bits. */
export function packListRegister(lr: ListRegister): bigint {
  return (
    (BigInt(lr.state) << 62n) |
    (lr.hw ? 1n << 61n : 0n) |
    (BigInt(lr.group) << 60n) |
    (BigInt(lr.priority & PRIORITY_MASK) << 48n) |
    (lr.hw ? BigInt(lr.pintid & 0x1fff) << 32n : lr.eoi ? EOI_BIT : 0n) |
    BigInt(lr.intid & 0xffff)
  );
}

/** What hardware keeps of a written value: RES0 bits and vINTID[31:16] are dropped. */
export function unpackListRegister(value: bigint): ListRegister {
  const low = Number(value & 0xffffn);
  const high = Number((value >> 32n) & 0xffffffffn);
  const hw = (high & (1 << 29)) !== 0;
  return {
    state: high >>> 30,
    intid: low,
    priority: (high >>> 16) & PRIORITY_MASK,
    group: ((high >>> 28) & 1) as 0 | 1,
    hw,
    pintid: hw ? high & 0x1fff : 0,
    eoi: !hw && (high & (1 << 9)) !== 0,
  };
}
