/** Shifts of elements, by an immediate and by a register. */
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import type { Binary } from './arithmetic.js';
import { type Bits, type Form, lanesOf, saturated, setQc } from './form.js';
import { every, lanes, lanewise, negative, type Sign, signBits } from './lanes.js';

/** A shift by imm2, which is the amount for shifts left and one less than it for shifts right. */
export type Shift = (e: Emitter, form: Form, a: Val, d: () => Val) => Val;

/** Elements shifted right by imm2 + 1 (1 up to their bits). */
export function shiftRight(e: Emitter, bits: Bits, sign: Sign, rounding: boolean, a: Val): Val {
  const almost = lanes(e, bits, `shr_${sign}`, a, e.imm2());
  const result = lanes(e, bits, `shr_${sign}`, almost, e.i32(1));
  return rounding ? lanes(e, bits, 'add', result, e.simd('v128.and', almost, every(e, bits, 1n))) : result;
}

export const right =
  (sign: Sign, rounding = false): Shift =>
  (e, { bits }, a) =>
    shiftRight(e, bits, sign, rounding, a);

export const rightAccumulate =
  (sign: Sign, rounding = false): Shift =>
  (e, { bits }, a, d) =>
    lanes(e, bits, 'add', d(), shiftRight(e, bits, sign, rounding, a));

export const rightInsert: Shift = (e, { bits }, a, d) => {
  const mask = shiftRight(e, bits, 'u', false, every(e, bits, -1n));
  return e.simd('v128.bitselect', shiftRight(e, bits, 'u', false, a), d(), mask);
};

export const left: Shift = (e, { bits }, a) => lanes(e, bits, 'shl', a, e.imm2());

export const leftInsert: Shift = (e, { bits }, a, d) => {
  const mask = lanes(e, bits, 'shl', every(e, bits, -1n), e.imm2());
  return e.simd('v128.bitselect', lanes(e, bits, 'shl', a, e.imm2()), d(), mask);
};

export const leftSaturating =
  (sign: Sign): Shift =>
  (e, form, a) => {
    const { bits } = form;
    const shifted = lanes(e, bits, 'shl', a, e.imm2());
    const lost = lanes(e, bits, 'ne', lanes(e, bits, `shr_${sign}`, shifted, e.imm2()), a);
    saturated(e, form, lost);
    if (sign === 'u') return e.simd('v128.or', shifted, lost);
    const limit = e.simd('v128.xor', negative(e, bits, a), e.simd('v128.not', signBits(e, bits)));
    return e.simd('v128.bitselect', limit, shifted, lost);
  };

/** SQSHLU: signed elements to unsigned ones. */
export const leftSaturatingUnsigned: Shift = (e, form, a) => {
  const { bits } = form;
  const shifted = lanes(e, bits, 'shl', a, e.imm2());
  const lost = lanes(e, bits, 'ne', lanes(e, bits, 'shr_u', shifted, e.imm2()), a);
  const below = negative(e, bits, a);
  saturated(e, form, e.simd('v128.or', lost, below));
  return e.simd('v128.andnot', e.simd('v128.or', shifted, lost), below);
};

/** The i64 `a` shifted right by `n`, which may be 64 and more. */
function farRight(e: Emitter, sign: Sign, a: Val, n: Val): Val {
  const far = e.test('gt_u', n, 63);
  return sign === 's' ? e.sar(a, e.select(far, e.i64(63), n)) : e.select(far, e.i64(0), e.shr(a, n));
}

/** One element shifted left by the signed byte in `amount`, right where that is negative; `lost` tells of saturation. */
function shiftLane(e: Emitter, bits: Bits, sign: Sign, rounding: boolean, saturating: boolean, a: Val, amount: Val) {
  const justified = e.shl(a, 64 - bits);
  const shifted = e.select(e.test('gt_s', amount, 63), e.i64(0), e.shl(justified, amount));
  const back = sign === 's' ? e.sar(shifted, amount) : e.shr(shifted, amount);
  const isLeft = e.test('ge_s', amount, 0);
  const lost = saturating ? e.and(isLeft, e.test('ne', back, justified)) : e.i32(0);
  const limit = sign === 's' ? e.xor(e.sar(justified, 63), (1n << 63n) - 1n) : e.i64(-1);
  const leftResult = e.shr(e.select(lost, limit, shifted), 64 - bits);
  const distance = e.neg(amount);
  if (!rounding) return { lost, result: e.select(isLeft, leftResult, farRight(e, sign, a, distance)) };
  const almost = farRight(e, sign, a, e.sub(distance, 1));
  const rounded = e.add(e.int(`shr_${sign}`, almost, 1), e.and(almost, 1));
  return { lost, result: e.select(isLeft, leftResult, rounded) };
}

/** SSHL and its kin: each element shifted by the signed low byte of the other operand's element. */
export const byRegister =
  (rounding: boolean, saturating: boolean) =>
  (sign: Sign): Binary =>
  (e, form, a, b) => {
    const { bits } = form;
    let anyLost = e.i32(0);
    const result = lanewise(e, form, (i) => {
      const element = e.extract(a, bits, i, sign === 's');
      const value = sign === 's' ? e.sext(element) : e.uext(element);
      const amount = e.sext(e.extract(b, 8, (i * bits) / 8, true));
      const { lost, result } = shiftLane(e, bits, sign, rounding, saturating, value, amount);
      anyLost = lanesOf(form) === 1 ? lost : e.or(anyLost, lost);
      return bits === 64 ? result : e.wrap(result);
    });
    if (saturating) setQc(e, anyLost);
    return result;
  };
