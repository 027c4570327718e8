/** Multiplication: plain, doubling with saturation, polynomial, and dot products. */
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { add, type Binary, pairwise } from './arithmetic.js';
import { type Form, saturated, twice } from './form.js';
import { every, extend, lanes, multiplyLong, narrow, negative, type Sign, signBits } from './lanes.js';
import { saturateNarrow } from './narrowing.js';

/** MUL; bytes are multiplied as the halves of halfwords. */
export const multiply: Binary = (e, { bits }, a, b) => {
  if (bits === 16) return e.simd('i16x8.mul', a, b);
  if (bits === 32) return e.simd('i32x4.mul', a, b);
  const high = every(e, 16, 0xff00n);
  const even = e.simd('i16x8.mul', a, b);
  const odd = e.simd('i16x8.mul', e.simd('i16x8.shr_u', a, e.i32(8)), e.simd('v128.and', b, high));
  return e.simd('v128.bitselect', odd, even, high);
};

/** The high half of twice the product. Only the square of the most negative element overflows. */
export const doublingHigh =
  (rounding: boolean): Binary =>
  (e, form, a, b) => {
    const { bits } = form;
    const least = signBits(e, bits);
    const overflow = e.simd('v128.and', lanes(e, bits, 'eq', a, least), lanes(e, bits, 'eq', b, least));
    saturated(e, form, overflow);
    const half = (high: number): Val => {
      const product = multiplyLong(e, bits, 's', high, a, b);
      const wide = twice(bits);
      const sum = rounding ? lanes(e, wide, 'add', product, every(e, wide, 1n << BigInt(bits - 2))) : product;
      return lanes(e, wide, 'shr_s', sum, e.i32(bits - 1));
    };
    return lanes(e, bits, 'add', narrow(e, bits, half(0), half(1)), overflow);
  };

/** SQRDMLAH, SQRDMLSH: one saturation, at the end. Halved, the sum fits in twice the bits. */
export const doublingHighAccumulate =
  (direction: 'add' | 'sub'): Binary =>
  (e, form, a, b, d) => {
    const { bits } = form;
    const wide = twice(bits);
    const old = d();
    const half = (high: number): Val => {
      const accumulator = lanes(e, wide, 'shl', extend(e, bits, 's', high, old), e.i32(bits - 1));
      const sum = lanes(e, wide, direction, accumulator, multiplyLong(e, bits, 's', high, a, b));
      return lanes(
        e,
        wide,
        'shr_s',
        lanes(e, wide, 'add', sum, every(e, wide, 1n << BigInt(bits - 2))),
        e.i32(bits - 1),
      );
    };
    return saturateNarrow(e, form, 'ss', half(0), half(1));
  };

/** Twice the product, saturated; `form` is of the result, a and b hold products' operands in their `high` half. */
export function doublingLong(e: Emitter, form: Form, bits: 16 | 32, high: number, a: Val, b: Val): Val {
  const product = multiplyLong(e, bits, 's', high, a, b);
  const overflow = lanes(e, form.bits, 'eq', product, every(e, form.bits, 1n << BigInt(form.bits - 2)));
  saturated(e, form, overflow);
  return lanes(e, form.bits, 'add', lanes(e, form.bits, 'shl', product, e.i32(1)), overflow);
}

/** The carry-less product's low `bits` of each element, of multipliers with 8 bits. */
export function polynomial(e: Emitter, bits: 8 | 16, a: Val, b: Val): Val {
  const term = (i: number): Val => {
    const chosen = negative(e, bits, lanes(e, bits, 'shl', b, e.i32(bits - 1 - i)));
    return e.simd('v128.and', lanes(e, bits, 'shl', a, e.i32(i)), chosen);
  };
  let result = term(0);
  for (let i = 1; i < 8; i++) result = e.simd('v128.xor', result, term(i));
  return result;
}

/** Sums of four byte products for each word, added to the destination. */
export const dotProduct =
  (sign: Sign): Binary =>
  (e, form, a, b, d) => {
    const pairs = (high: number): Val =>
      e.simd(`i32x4.extadd_pairwise_i16x8_${sign}`, multiplyLong(e, 8, sign, high, a, b));
    const sums = pairwise(add)(e, { ...form, width: 128 }, pairs(0), pairs(1), d);
    return lanes(e, 32, 'add', d(), sums);
  };
