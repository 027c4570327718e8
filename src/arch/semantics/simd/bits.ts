/** Bit counting, reversal and the unsigned estimates. */
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import type { Unary } from './arithmetic.js';
import { every, lanewise, permute } from './lanes.js';

/** CLZ. */
export const leadingZeros: Unary = (e, form, a) =>
  lanewise(e, form, (i) => e.sub(e.int('clz', e.extract(a, form.bits, i)), 32 - form.bits));

/** CLS: copies of the sign behind it. */
export const leadingSigns: Unary = (e, form, a) =>
  lanewise(e, form, (i) => {
    const element = e.extract(a, form.bits, i, true);
    return e.sub(e.int('clz', e.xor(element, e.sar(element, 31))), 33 - form.bits);
  });

export const countBits: Unary = (e, _, a) => e.simd('i8x16.popcnt', a);
export const not: Unary = (e, _, a) => e.simd('v128.not', a);

/** RBIT: the bits of each byte reversed. */
export function reverseBits(e: Emitter, a: Val): Val {
  const swap = (x: Val, by: number, mask: bigint): Val => {
    const up = e.simd('i8x16.shl', x, e.i32(by));
    return e.simd('v128.bitselect', e.simd('i8x16.shr_u', x, e.i32(by)), up, every(e, 8, mask));
  };
  return swap(swap(swap(a, 4, 0x0fn), 2, 0x33n), 1, 0x55n);
}

/** The elements in reverse order within each container of `bits`. */
export const reverseWithin =
  (bits: 16 | 32 | 64): Unary =>
  (e, form, a) =>
    permute(e, form, a, a, (i) => i ^ (bits / form.bits - 1));

/** UnsignedRecipEstimate (J1.3): nine leading bits of a fraction in [0.5, 1) to nine of its reciprocal. */
export const reciprocalEstimate: Unary = (e, form, a) =>
  lanewise(e, form, (i) => {
    const element = e.extract(a, 32, i);
    const divisor = e.or(e.shl(e.shr(element, 23), 1), 1);
    const estimate = e.shr(e.add(e.int('div_u', e.i32(0x80000), divisor), 1), 1);
    return e.select(e.test('lt_s', element, 0), e.shl(estimate, 23), -1);
  });

/**
 * UnsignedRSqrtEstimate (J1.3): of a fraction in [0.25, 1). The manual's loop finds the greatest b for which
 * middle * b * b < 2^28; no quotient is near enough to a square for the double's rounding to matter.
 */
export const reciprocalRootEstimate: Unary = (e, form, a) =>
  lanewise(e, form, (i) => {
    const element = e.extract(a, 32, i);
    const leading = e.shr(element, 23);
    const coarse = e.shl(e.or(leading, 1), 1);
    const middle = e.select(e.test('lt_s', element, 0), coarse, e.or(e.shl(leading, 1), 1));
    const quotient = e.float('div', e.f64(0x41b0000000000000n), e.convert('f64.convert_i32_u', middle));
    const root = e.convert('i32.trunc_sat_f64_u', e.float('sqrt', quotient));
    const estimate = e.shr(e.add(root, 1), 1);
    return e.select(e.shr(element, 30), e.shl(estimate, 23), -1);
  });
