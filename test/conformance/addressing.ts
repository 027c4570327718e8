// How a load or store forms its address (C4.1.88), so that cases can be given base registers that hit the data window.

export interface Addressing {
  /** Bytes added to the base before the access. */
  readonly offset: number;
  /** Offset register and how it is extended and shifted, where there is one. */
  readonly index?: { readonly rm: number; readonly option: number; readonly shift: number };
  /** Exclusives, acquire and release, atomics: those that must be aligned. */
  readonly ordered: boolean;
  readonly writeback: boolean;
  readonly rn: number;
}

/** Loads and stores as C4.1 groups them. */
export const isMemory = (word: number): boolean => ((word >>> 25) & 5) === 4;
/** LDR (literal), LDRSW (literal), PRFM (literal). */
export const isLiteral = (word: number): boolean => (word & 0x3b000000) === 0x18000000;
/** STXR, STLXR, STXP, STLXP of all sizes. */
export const isStoreExclusive = (word: number): boolean => (word & 0x3fc00000) === 0x08000000;
/** LDAPR of all sizes. */
export const isLoadAcquirePc = (word: number): boolean => (word & 0x3fe0fc00) === 0x38a0c000;
/** More than one single-copy atomic access: pairs, SIMD structures, Q registers. */
export const isSplit = (word: number): boolean => {
  const group = (word >>> 27) & 7;
  const vector = (word >>> 26) & 1;
  return (
    group === 5 || (group === 1 && vector === 1) || (group === 7 && vector === 1 && (word & 0xc0800000) === 0x00800000)
  );
};
/** Branches, exceptions, hints, barriers and system registers. */
export const isBranchOrSystem = (word: number): boolean => ((word >>> 26) & 7) === 5;
/** B, BL, B.cond, CBZ, CBNZ, TBZ, TBNZ, BR, BLR, RET. */
export const isBranch = (word: number): boolean =>
  (word & 0x7c000000) === 0x14000000 ||
  (word & 0xff000010) >>> 0 === 0x54000000 ||
  (word & 0x7c000000) === 0x34000000 ||
  (word & 0xff9ffc1f) >>> 0 === 0xd61f0000;
/** DC ZVA and the other cache operations by address that EL0 may have. */
export const isCacheByAddress = (word: number): boolean => (word & 0xfffff000) >>> 0 === 0xd50b7000;

const field = (word: number, at: number, width: number): number => (word >>> at) & (2 ** width - 1);
const signed = (word: number, at: number, width: number): number => (word << (32 - at - width)) >> (32 - width);

/** Of a load or store that is not a literal one. */
export function addressing(word: number): Addressing {
  const rn = field(word, 5, 5);
  const vector = field(word, 26, 1);
  const group = field(word, 27, 3);
  const plain = { offset: 0, ordered: false, writeback: false, rn };
  if (group === 5) {
    const opc = field(word, 30, 2);
    const form = field(word, 23, 2);
    const scale = vector ? 2 + opc : 2 + (opc >> 1);
    const offset = form === 1 ? 0 : signed(word, 15, 7) * 2 ** scale;
    return { ...plain, offset, writeback: (form & 1) === 1 };
  }
  if (group === 7) {
    const scale = vector && field(word, 23, 1) ? 4 : field(word, 30, 2);
    if (field(word, 24, 1)) return { ...plain, offset: field(word, 10, 12) * 2 ** scale };
    const form = field(word, 10, 2);
    if (!field(word, 21, 1)) {
      return { ...plain, offset: form === 1 ? 0 : signed(word, 12, 9), writeback: (form & 1) === 1 };
    }
    if (form !== 2) return { ...plain, ordered: true };
    const index = { rm: field(word, 16, 5), option: field(word, 13, 3), shift: field(word, 12, 1) ? scale : 0 };
    return { ...plain, index };
  }
  return { ...plain, ordered: !vector, writeback: vector === 1 && field(word, 23, 1) === 1 };
}
