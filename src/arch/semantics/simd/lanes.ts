/** Element-wise building blocks on v128 values, for any element size. */
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { type Bits, type Form, lanesOf, twice } from './form.js';

/** Whether elements are signed or unsigned. */
export type Sign = 's' | 'u';

const SHAPE = { 8: 'i8x16', 16: 'i16x8', 32: 'i32x4', 64: 'i64x2' } as const;

/** Operations that WebAssembly has for every element size. */
type Common =
  | 'splat'
  | 'add'
  | 'sub'
  | 'neg'
  | 'abs'
  | 'shl'
  | 'shr_s'
  | 'shr_u'
  | 'eq'
  | 'ne'
  | 'lt_s'
  | 'gt_s'
  | 'le_s'
  | 'ge_s';

export function lanes(e: Emitter, bits: Bits, op: Common, ...args: Val[]): Val {
  return e.simd(`${SHAPE[bits]}.${op}` as const, ...args);
}

/** A constant in every element. */
export function every(e: Emitter, bits: Bits, value: bigint): Val {
  let half = 0n;
  for (let at = 0; at < 64; at += bits) half |= BigInt.asUintN(bits, value) << BigInt(at);
  return e.v128(half, half);
}

/** The most negative element in every element. */
export const signBits = (e: Emitter, bits: Bits): Val => every(e, bits, 1n << BigInt(bits - 1));

export const zero = (e: Emitter): Val => e.v128(0n, 0n);

/** All ones where the element is negative. */
export const negative = (e: Emitter, bits: Bits, a: Val): Val => lanes(e, bits, 'shr_s', a, e.i32(bits - 1));

/** All ones where a > b, or with `equal` where a >= b. */
export function greater(e: Emitter, bits: Bits, sign: Sign, a: Val, b: Val, equal = false): Val {
  const op = equal ? 'ge' : 'gt';
  if (sign === 's') return lanes(e, bits, `${op}_s`, a, b);
  if (bits !== 64) return e.simd(`${SHAPE[bits]}.${op}_u`, a, b);
  const flip = signBits(e, 64);
  return lanes(e, 64, `${op}_s`, e.simd('v128.xor', a, flip), e.simd('v128.xor', b, flip));
}

export function maximum(e: Emitter, bits: Bits, sign: Sign, a: Val, b: Val): Val {
  if (bits !== 64) return e.simd(`${SHAPE[bits]}.max_${sign}`, a, b);
  return e.simd('v128.bitselect', a, b, greater(e, 64, sign, a, b));
}

export function minimum(e: Emitter, bits: Bits, sign: Sign, a: Val, b: Val): Val {
  if (bits !== 64) return e.simd(`${SHAPE[bits]}.min_${sign}`, a, b);
  return e.simd('v128.bitselect', b, a, greater(e, 64, sign, a, b));
}

/** The vector whose element i is `value(i)` (i32, or i64 for 64 bits), zero beyond the form. */
export function lanewise(e: Emitter, form: Form, value: (lane: number) => Val): Val {
  let result = zero(e);
  for (let i = 0; i < lanesOf(form); i++) result = e.replace(result, form.bits, i, value(i));
  return result;
}

/** The vector whose element i is element `pick(i)` of a (0 up) or of b (the number of lanes up). */
export function permute(e: Emitter, form: Form, a: Val, b: Val, pick: (lane: number) => number): Val {
  const bytes = form.bits / 8;
  const count = lanesOf(form);
  const indices = Array.from({ length: 16 }, (_, i) => {
    const source = pick(Math.floor(i / bytes) % count);
    return Math.floor(source / count) * 16 + (source % count) * bytes + (i % bytes);
  });
  return e.shuffle(a, b, indices);
}

/** Elements of the low or high half of a register, extended to twice their bits. */
export function extend(e: Emitter, bits: Bits, sign: Sign, high: number, a: Val): Val {
  const half = high ? 'high' : 'low';
  if (bits === 8) return e.simd(`i16x8.extend_${half}_i8x16_${sign}`, a);
  if (bits === 16) return e.simd(`i32x4.extend_${half}_i16x8_${sign}`, a);
  return e.simd(`i64x2.extend_${half}_i32x4_${sign}`, a);
}

/** Products, of twice the bits, of the elements of the low or high half. */
export function multiplyLong(e: Emitter, bits: Bits, sign: Sign, high: number, a: Val, b: Val): Val {
  const half = high ? 'high' : 'low';
  if (bits === 8) return e.simd(`i16x8.extmul_${half}_i8x16_${sign}`, a, b);
  if (bits === 16) return e.simd(`i32x4.extmul_${half}_i16x8_${sign}`, a, b);
  return e.simd(`i64x2.extmul_${half}_i32x4_${sign}`, a, b);
}

/** The low halves (`bits` each) of the elements of `low`, then of `high`. */
export function narrow(e: Emitter, bits: Bits, low: Val, high: Val): Val {
  return permute(e, { bits, width: 128 }, low, high, (i) => i * 2);
}

/** Adjacent elements added as elements of twice the bits. */
export function addPairsLong(e: Emitter, bits: Bits, sign: Sign, a: Val): Val {
  const wide = twice(bits);
  const shift = e.i32(bits);
  const even = lanes(e, wide, `shr_${sign}`, lanes(e, wide, 'shl', a, shift), shift);
  return lanes(e, wide, 'add', even, lanes(e, wide, `shr_${sign}`, a, shift));
}
