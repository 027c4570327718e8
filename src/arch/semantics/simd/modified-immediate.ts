/** Advanced SIMD modified immediate: MOVI, MVNI, ORR, BIC and FMOV of constants (AdvSIMDExpandImm). */
import { v } from '../../a64/operands.js';
import type { Feature, Fields, Instruction } from '../../a64/pattern.js';

type Expand = (byte: bigint, f: Fields) => bigint;

/** A value of `bits`, repeated to 64. */
function repeated(bits: number, value: bigint): bigint {
  let result = 0n;
  for (let at = 0; at < 64; at += bits) result |= value << BigInt(at);
  return result;
}

const words: Expand = (byte, f) => repeated(32, byte << BigInt(8 * f.imms));
const halfwords: Expand = (byte, f) => repeated(16, byte << BigInt(8 * f.imms));
/** Shifted left, with ones shifted in. */
const wordsOfOnes: Expand = (byte, f) => repeated(32, ((byte + 1n) << BigInt(8 * (f.imms + 1))) - 1n);
const bytes: Expand = (byte) => repeated(8, byte);

/** Every bit of the immediate stands for a byte. */
const byteMask: Expand = (byte) => {
  let result = 0n;
  for (let i = 0n; i < 8n; i++) if ((byte >> i) & 1n) result |= 0xffn << (i * 8n);
  return result;
};

/** VFPExpandImm: sign, exponent of `exponent` bits (the inverse of b, then b repeated, then cd), fraction efgh. */
const float =
  (bits: number, exponent: number): Expand =>
  (byte) => {
    const b = (byte >> 6n) & 1n;
    const middle = b ? (1n << BigInt(exponent - 3)) - 1n : 0n;
    const exponentBits = ((b ^ 1n) << BigInt(exponent - 1)) | (middle << 2n) | ((byte >> 4n) & 3n);
    const fraction = bits - 1 - exponent;
    const value =
      ((byte >> 7n) << BigInt(bits - 1)) | (exponentBits << BigInt(fraction)) | ((byte & 15n) << BigInt(fraction - 4));
    return repeated(bits, value);
  };

interface Row {
  readonly name: string;
  readonly op: 0 | 1;
  /** Bits 15:11: cmode and o2. */
  readonly mode: string;
  readonly expand: Expand;
  /** What is done with the immediate, or its inverse. */
  readonly combine?: 'or' | 'and';
  readonly inverted?: boolean;
  /** Bit 30, where the instruction exists for one value only. */
  readonly q?: 1;
  readonly feature?: Feature;
}

const ROWS: readonly Row[] = [
  { name: 'MOVI_32', op: 0, mode: '0 imms:2 0 0', expand: words },
  { name: 'MVNI_32', op: 1, mode: '0 imms:2 0 0', expand: words, inverted: true },
  { name: 'ORR_imm_32', op: 0, mode: '0 imms:2 1 0', expand: words, combine: 'or' },
  { name: 'BIC_imm_32', op: 1, mode: '0 imms:2 1 0', expand: words, combine: 'and', inverted: true },
  { name: 'MOVI_16', op: 0, mode: '10 imms:1 0 0', expand: halfwords },
  { name: 'MVNI_16', op: 1, mode: '10 imms:1 0 0', expand: halfwords, inverted: true },
  { name: 'ORR_imm_16', op: 0, mode: '10 imms:1 1 0', expand: halfwords, combine: 'or' },
  { name: 'BIC_imm_16', op: 1, mode: '10 imms:1 1 0', expand: halfwords, combine: 'and', inverted: true },
  { name: 'MOVI_msl', op: 0, mode: '110 imms:1 0', expand: wordsOfOnes },
  { name: 'MVNI_msl', op: 1, mode: '110 imms:1 0', expand: wordsOfOnes, inverted: true },
  { name: 'MOVI_8', op: 0, mode: '1110 0', expand: bytes },
  { name: 'MOVI_64', op: 1, mode: '1110 0', expand: byteMask },
  { name: 'FMOV_imm_32', op: 0, mode: '1111 0', expand: float(32, 8) },
  { name: 'FMOV_imm_64', op: 1, mode: '1111 0', expand: float(64, 11), q: 1 },
  { name: 'FMOV_imm_16', op: 0, mode: '1111 1', expand: float(16, 5), feature: 'fp16' },
];

export const MODIFIED_IMMEDIATE: readonly Instruction[] = ROWS.map(
  ({ name, op, mode, expand, combine, inverted, q, feature }): Instruction => ({
    name: `${name}_vector`,
    asm: `${name.split('_')[0]} <Vd>.<T>, #<imm>{, <shift> #<amount>}`,
    pattern: `0 ${q ?? 'Q'} ${op} 0111100000 immh:3 ${mode} 1 imml:5 Rd`,
    fp: true,
    ...(feature && { feature }),
    operands(f) {
      const value = expand(BigInt((f.immh << 5) | f.imml), f);
      return { d: v(f.Rd), imm: inverted ? BigInt.asUintN(64, ~value) : value };
    },
    emit(e, f, o) {
      const whole = q ?? f.Q;
      if (!combine && !whole) return e.setVecLow(o.d, e.imm());
      const half = e.imm();
      const known = half.constant as bigint | undefined;
      const immediate = known === undefined ? e.simd('i64x2.splat', half) : e.v128(known, known);
      e.setVecQ(o.d, whole, combine ? e.simd(`v128.${combine}`, e.vec(o.d), immediate) : immediate);
    },
  }),
);
