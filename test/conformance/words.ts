// Words of an encoding, and what is done to them so that they fit where they are put.
import type { Match } from '../../src/arch/a64/decoder.js';
import type { Encoding } from '../../src/arch/a64/pattern.js';
import {
  addressing,
  isBranchOrSystem,
  isCacheByAddress,
  isLiteral,
  isLoadAcquirePc,
  isMemory,
  isSplit,
  isStoreExclusive,
} from './addressing.js';
import type { Random } from './random.js';
import { CODE, CODE_BYTES, EXIT, EXIT_BYTES, LANDING, LITERALS } from './state.js';

/** BRK words before and behind a branch, for short distances to land on. */
export const PADS = 8;
/** Registers of sequences that keep addresses in the window, and a small offset. */
export const BASES = [20, 21, 22, 23] as const;
export const INDEX = 24;
/** Those of BASES that writeback may change; the first stays aligned for exclusives. */
const MOVING = [21, 22, 23] as const;

export const wordOf = ({ encoding, fields }: Match): number => {
  let word = encoding.value;
  for (const f of encoding.fields) word |= fields[f.name]! << f.shift;
  return word >>> 0;
};

/** Random fields; registers meet each other and 31 more often than chance would have it. */
export function randomWord(r: Random, encoding: Encoding): number {
  const free = ~encoding.mask;
  let word = encoding.value | ((r.chance(1, 2) ? -1 : r.word()) & free);
  let last = r.below(32);
  for (const f of encoding.fields) {
    let value = r.word() & f.mask;
    if (f.name.startsWith('R')) {
      const kind = r.below(8);
      value = kind === 0 ? 31 : kind === 1 ? last : r.below(32);
      last = value;
    } else if (f.mask > 7 && r.chance(1, 4)) {
      value = r.pick([0, f.mask, 1, f.mask >>> 1, (f.mask >>> 1) + 1]);
    }
    word = (word & ~(f.mask << f.shift)) | (value << f.shift);
  }
  return word >>> 0;
}

/** Distances that depend on the place: literals hit data, branches hit BRK words; neither another case's code. */
export function fitToCode(r: Random, word: number, pc: number, near = false): number {
  if (isLiteral(word)) {
    if (!near && r.chance(1, 10)) {
      const target = pc + ((word << 8) >> 13) * 4;
      if (target + 16 <= CODE || target >= CODE + LITERALS) return word;
    }
    const distance = (CODE + LITERALS + 4 * r.below(0x3ffc) - pc) >> 2;
    return ((word & ~0x00ffffe0) | ((distance & 0x7ffff) << 5)) >>> 0;
  }
  if (near || !isBranchOrSystem(word)) return word;
  const wide = (word & 0x7c000000) === 0x14000000;
  const test = (word & 0x7e000000) === 0x36000000;
  const conditional = (word & 0x7e000000) === 0x34000000 || (word & 0xff000010) >>> 0 === 0x54000000;
  const bits = wide ? 26 : test ? 14 : conditional ? 19 : 0;
  if (!bits) return word;
  const at = wide ? 0 : 5;
  const mask = 2 ** bits - 1;
  const distance = ((word >>> at) << (32 - bits)) >> (32 - bits);
  const target = pc + distance * 4;
  const elsewhere =
    target < CODE || target >= CODE + CODE_BYTES || (target >= CODE + LANDING && target < CODE + LITERALS);
  // The oracle has code of its own in the page at EXIT.
  if (elsewhere && (target < EXIT || target >= EXIT + EXIT_BYTES) && r.chance(1, 2)) return word;
  // The word before is not BRK, and a branch to itself would not end.
  let short = r.below(2 * PADS + 1) - PADS;
  if (short === 0 || short === -1 || r.chance(1, 3)) short = (CODE + LANDING + 4 * r.below(0x3fff) - pc) >> 2;
  if (test && (short >= 0x2000 || short < -0x2000)) short = 1 + r.below(PADS);
  return ((word & ~(mask << at)) | ((short & mask) << at)) >>> 0;
}

/** In sequences addresses come from registers of their own, and branches go forward inside. */
export function fitToSequence(r: Random, match: Match, word: number, left: number): number {
  let out = word;
  const set = (shift: number, value: number): void => {
    out = ((out & ~(31 << shift)) | (value << shift)) >>> 0;
  };
  for (const f of match.encoding.fields) {
    const value = (word >>> f.shift) & f.mask;
    if (f.name.startsWith('R') && value >= BASES[0] && value <= INDEX) set(f.shift, value - BASES[0]);
  }
  if (isMemory(word) && !isLiteral(word)) {
    const { writeback } = addressing(word);
    set(5, isStoreExclusive(word) || isLoadAcquirePc(word) ? BASES[0] : writeback ? r.pick(MOVING) : r.pick(BASES));
    if (match.fields.Rm !== undefined) set(16, INDEX);
    // Partial accesses at the window's end differ: none with more than one part comes near it.
    if (isSplit(word) && match.fields.imm12 !== undefined) out &= ~(0xf80 << 10);
  }
  if (isCacheByAddress(word)) set(0, r.pick(BASES));
  if (match.encoding.instruction.branch) {
    const skip = 1 + r.below(Math.min(left, 4));
    const bits = /^T/.test(match.encoding.instruction.name) ? 14 : 19;
    out = ((out & ~((2 ** bits - 1) << 5)) | (skip << 5)) >>> 0;
  }
  return out;
}

/** LDXR .. STXR on one base, with a few instructions between. */
export function exclusivePair(r: Random): number[] {
  const size = r.below(4);
  const pair = size >= 2 && r.chance(1, 3) ? 1 : 0;
  const base = BASES[0];
  const [t, t2, s] = r.pick([
    [0, 1, 2],
    [3, 4, 5],
    [7, 6, 31],
  ] as const);
  const top = ((size << 30) | 0x08000000 | (pair << 21)) >>> 0;
  const t2Field = pair ? t2 : 31;
  const load = (top | 0x00400000 | (31 << 16) | (r.below(2) << 15) | (t2Field << 10) | (base << 5) | t) >>> 0;
  const store = (top | (s << 16) | (r.below(2) << 15) | (t2Field << 10) | (base << 5) | t) >>> 0;
  const add = (0x91000400 | (t << 5) | t) >>> 0;
  return r.chance(1, 4) ? [load, add, store, store] : [load, add, store];
}
