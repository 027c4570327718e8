/** Addition, subtraction, comparison and the like, as functions of vectors. */
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { type Form, saturated } from './form.js';
import { greater, lanes, maximum, minimum, negative, permute, type Sign, signBits, zero } from './lanes.js';

/** A result of one operand; `d` reads the old destination. */
export type Unary = (e: Emitter, form: Form, a: Val, d: () => Val) => Val;
/** A result of two operands; `d` reads the old destination. */
export type Binary = (e: Emitter, form: Form, a: Val, b: Val, d: () => Val) => Val;

export const add: Binary = (e, { bits }, a, b) => lanes(e, bits, 'add', a, b);
export const subtract: Binary = (e, { bits }, a, b) => lanes(e, bits, 'sub', a, b);

export const halvingAdd =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) => {
    const half = lanes(e, bits, `shr_${sign}`, e.simd('v128.xor', a, b), e.i32(1));
    return lanes(e, bits, 'add', e.simd('v128.and', a, b), half);
  };

export const roundingHalvingAdd =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) => {
    const half = lanes(e, bits, `shr_${sign}`, e.simd('v128.xor', a, b), e.i32(1));
    return lanes(e, bits, 'sub', e.simd('v128.or', a, b), half);
  };

export const halvingSubtract =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) => {
    const half = lanes(e, bits, `shr_${sign}`, e.simd('v128.xor', a, b), e.i32(1));
    return lanes(e, bits, 'sub', half, e.simd('v128.andnot', b, a));
  };

/** The limit that a signed result leaves through when its operand `a` has this sign. */
const signedLimit = (e: Emitter, form: Form, a: Val): Val =>
  e.simd('v128.xor', negative(e, form.bits, a), e.simd('v128.not', signBits(e, form.bits)));

export const saturatingAdd =
  (sign: Sign): Binary =>
  (e, form, a, b) => {
    const { bits } = form;
    const sum = lanes(e, bits, 'add', a, b);
    if (sign === 'u') {
      const carry = greater(e, bits, 'u', a, sum);
      saturated(e, form, carry);
      return e.simd('v128.or', sum, carry);
    }
    const changed = e.simd('v128.and', e.simd('v128.xor', a, sum), e.simd('v128.xor', b, sum));
    const overflow = negative(e, bits, changed);
    saturated(e, form, overflow);
    return e.simd('v128.bitselect', signedLimit(e, form, a), sum, overflow);
  };

export const saturatingSubtract =
  (sign: Sign): Binary =>
  (e, form, a, b) => {
    const { bits } = form;
    const difference = lanes(e, bits, 'sub', a, b);
    if (sign === 'u') {
      const borrow = greater(e, bits, 'u', b, a);
      saturated(e, form, borrow);
      return e.simd('v128.andnot', difference, borrow);
    }
    const changed = e.simd('v128.and', e.simd('v128.xor', a, b), e.simd('v128.xor', a, difference));
    const overflow = negative(e, bits, changed);
    saturated(e, form, overflow);
    return e.simd('v128.bitselect', signedLimit(e, form, a), difference, overflow);
  };

/** SUQADD: an unsigned operand added to a signed destination. */
export const signedAddUnsigned: Unary = (e, form, a, d) => {
  const flip = signBits(e, form.bits);
  return e.simd('v128.xor', saturatingAdd('u')(e, form, e.simd('v128.xor', d(), flip), a, d), flip);
};

/** USQADD: a signed operand added to an unsigned destination. */
export const unsignedAddSigned: Unary = (e, form, a, d) => {
  const { bits } = form;
  const old = d();
  const sum = lanes(e, bits, 'add', old, a);
  const down = negative(e, bits, a);
  const overflow = e.simd('v128.xor', greater(e, bits, 'u', old, sum), down);
  saturated(e, form, overflow);
  return e.simd('v128.bitselect', e.simd('v128.not', down), sum, overflow);
};

export const max =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) =>
    maximum(e, bits, sign, a, b);
export const min =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) =>
    minimum(e, bits, sign, a, b);

export const absoluteDifference =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) =>
    lanes(e, bits, 'sub', maximum(e, bits, sign, a, b), minimum(e, bits, sign, a, b));

export const absolute: Unary = (e, { bits }, a) => lanes(e, bits, 'abs', a);
export const negate: Unary = (e, { bits }, a) => lanes(e, bits, 'neg', a);

/** ABS or NEG, where the most negative element becomes the most positive one. */
export const saturatingSign =
  (op: 'abs' | 'neg'): Unary =>
  (e, form, a) => {
    const overflow = lanes(e, form.bits, 'eq', a, signBits(e, form.bits));
    saturated(e, form, overflow);
    return lanes(e, form.bits, 'add', lanes(e, form.bits, op, a), overflow);
  };

export const compareGreater =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) =>
    greater(e, bits, sign, a, b);
export const compareGreaterEqual =
  (sign: Sign): Binary =>
  (e, { bits }, a, b) =>
    greater(e, bits, sign, a, b, true);
export const compareEqual: Binary = (e, { bits }, a, b) => lanes(e, bits, 'eq', a, b);
export const compareTest: Binary = (e, { bits }, a, b) => lanes(e, bits, 'ne', e.simd('v128.and', a, b), zero(e));

/** Comparison with zero. */
export const compareZero =
  (op: 'eq' | 'gt_s' | 'ge_s' | 'lt_s' | 'le_s'): Unary =>
  (e, { bits }, a) =>
    lanes(e, bits, op, a, zero(e));

/** Adds (or with `sub` takes away) another operation's result to the destination. */
export const accumulate =
  (op: Binary, direction: 'add' | 'sub' = 'add'): Binary =>
  (e, form, a, b, d) =>
    lanes(e, form.bits, direction, d(), op(e, form, a, b, d));

/** An operation on adjacent elements of a then b. */
export const pairwise =
  (op: Binary): Binary =>
  (e, form, a, b, d) => {
    const even = permute(e, form, a, b, (i) => i * 2);
    const odd = permute(e, form, a, b, (i) => i * 2 + 1);
    return op(e, form, even, odd, d);
  };
