// FPAdd, FPSub, FPMul, FPMulX, FPDiv, FPSqrt, FPMulAdd and the reciprocal steps (Arm ARM J1.3, "shared/functions/float").
import { addReal, divideSticky, type Real, squareRootSticky } from './exact.js';
import {
  DZC,
  type Fmt,
  type Format,
  type FpControl,
  formatOf,
  fpOnePointFive,
  fpRoundingMode,
  fpTwo,
  withSign,
} from './format.js';
import { fpRound } from './round.js';
import {
  fpInvalid,
  fpProcessNaN,
  fpProcessNaNs,
  fpUnpack,
  INFINITY,
  QNAN,
  SNAN,
  type Unpacked,
  ZERO,
} from './unpack.js';

function signed(u: Unpacked): bigint {
  return u.sign ? -u.significand : u.significand;
}

/** Rounds a real number; an exact zero takes the sign that the rounding direction gives it. */
function roundReal(f: Format, real: Real, c: FpControl): bigint {
  const rounding = fpRoundingMode(c.fpcr);
  if (real.value === 0n) return withSign(f, rounding === 'm' ? 1 : 0, 0n);
  return real.value < 0n
    ? fpRound(f, 1, real.exponent, -real.value, c, rounding)
    : fpRound(f, 0, real.exponent, real.value, c, rounding);
}

function roundedProduct(f: Format, u1: Unpacked, u2: Unpacked, c: FpControl): bigint {
  return fpRound(
    f,
    u1.sign ^ u2.sign,
    u1.exponent + u2.exponent,
    u1.significand * u2.significand,
    c,
    fpRoundingMode(c.fpcr),
  );
}

/** True for infinity times zero. */
function isInvalidProduct(u1: Unpacked, u2: Unpacked): boolean {
  return (u1.type === INFINITY && u2.type === ZERO) || (u1.type === ZERO && u2.type === INFINITY);
}

function addOrSubtract(fmt: Fmt, a: bigint, b: bigint, flip: 0 | 1, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u1 = fpUnpack(f, a, c);
  const u2 = fpUnpack(f, b, c);
  const nan = fpProcessNaNs(f, u1, u2, a, b, c);
  if (nan !== undefined) return nan;
  const sign2 = u2.sign ^ flip;
  if (u1.type === INFINITY) {
    if (u2.type === INFINITY && u1.sign !== sign2) return fpInvalid(f, c);
    return withSign(f, u1.sign, f.infinity);
  }
  if (u2.type === INFINITY) return withSign(f, sign2, f.infinity);
  if (u1.type === ZERO && u2.type === ZERO && u1.sign === sign2) return withSign(f, sign2, 0n);
  return roundReal(f, addReal(signed(u1), u1.exponent, flip ? -signed(u2) : signed(u2), u2.exponent), c);
}

/** FPAdd. */
export function fpAdd(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return addOrSubtract(fmt, a, b, 0, c);
}

/** FPSub: a - b. A NaN operand passes with its own sign. */
export function fpSub(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return addOrSubtract(fmt, a, b, 1, c);
}

function multiply(fmt: Fmt, a: bigint, b: bigint, extended: boolean, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u1 = fpUnpack(f, a, c);
  const u2 = fpUnpack(f, b, c);
  const nan = fpProcessNaNs(f, u1, u2, a, b, c);
  if (nan !== undefined) return nan;
  const sign = u1.sign ^ u2.sign;
  if (isInvalidProduct(u1, u2)) return extended ? fpTwo(f, sign) : fpInvalid(f, c);
  if (u1.type === INFINITY || u2.type === INFINITY) return withSign(f, sign, f.infinity);
  if (u1.type === ZERO || u2.type === ZERO) return withSign(f, sign, 0n);
  return roundedProduct(f, u1, u2, c);
}

/** FPMul. */
export function fpMul(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return multiply(fmt, a, b, false, c);
}

/** FPMulX: FPMul, but infinity times zero is 2.0 with the sign of the product. */
export function fpMulX(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return multiply(fmt, a, b, true, c);
}

/** FPDiv: a / b. */
export function fpDiv(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u1 = fpUnpack(f, a, c);
  const u2 = fpUnpack(f, b, c);
  const nan = fpProcessNaNs(f, u1, u2, a, b, c);
  if (nan !== undefined) return nan;
  const sign = u1.sign ^ u2.sign;
  if (u1.type === u2.type && (u1.type === INFINITY || u1.type === ZERO)) return fpInvalid(f, c);
  if (u1.type === INFINITY) return withSign(f, sign, f.infinity);
  if (u2.type === ZERO) {
    c.flags |= DZC;
    return withSign(f, sign, f.infinity);
  }
  if (u1.type === ZERO || u2.type === INFINITY) return withSign(f, sign, 0n);
  const quotient = divideSticky(u1.significand, u2.significand);
  const exponent = quotient.exponent + u1.exponent - u2.exponent;
  return fpRound(f, sign, exponent, quotient.value, c, fpRoundingMode(c.fpcr));
}

/** FPSqrt. */
export function fpSqrt(fmt: Fmt, a: bigint, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u = fpUnpack(f, a, c);
  if (u.type >= QNAN) return fpProcessNaN(f, u.type, a, c);
  if (u.type === ZERO) return withSign(f, u.sign, 0n);
  if (u.sign) return fpInvalid(f, c);
  if (u.type === INFINITY) return f.infinity;
  return roundReal(f, squareRootSticky(u.significand, u.exponent), c);
}

/** FPProcessNaNs3, with FPMulAdd's rule that a quiet NaN addend does not hide infinity times zero. */
function mulAddNaN(
  f: Format,
  addend: bigint,
  a: bigint,
  b: bigint,
  uA: Unpacked,
  u1: Unpacked,
  u2: Unpacked,
  c: FpControl,
): bigint {
  if (uA.type === SNAN) return fpProcessNaN(f, SNAN, addend, c);
  if (u1.type === SNAN) return fpProcessNaN(f, SNAN, a, c);
  if (u2.type === SNAN) return fpProcessNaN(f, SNAN, b, c);
  if (uA.type === QNAN) return isInvalidProduct(u1, u2) ? fpInvalid(f, c) : fpProcessNaN(f, QNAN, addend, c);
  return fpProcessNaN(f, QNAN, u1.type === QNAN ? a : b, c);
}

/** FPMulAdd: addend + a * b with one rounding. */
export function fpFma(fmt: Fmt, addend: bigint, a: bigint, b: bigint, c: FpControl): bigint {
  const f = formatOf(fmt);
  const uA = fpUnpack(f, addend, c);
  const u1 = fpUnpack(f, a, c);
  const u2 = fpUnpack(f, b, c);
  if (uA.type >= QNAN || u1.type >= QNAN || u2.type >= QNAN) return mulAddNaN(f, addend, a, b, uA, u1, u2, c);
  const signP = u1.sign ^ u2.sign;
  const infinityP = u1.type === INFINITY || u2.type === INFINITY;
  if (isInvalidProduct(u1, u2)) return fpInvalid(f, c);
  if (uA.type === INFINITY) {
    return infinityP && uA.sign !== signP ? fpInvalid(f, c) : withSign(f, uA.sign, f.infinity);
  }
  if (infinityP) return withSign(f, signP, f.infinity);
  const zeroP = u1.type === ZERO || u2.type === ZERO;
  if (uA.type === ZERO && zeroP && uA.sign === signP) return withSign(f, signP, 0n);
  const product = u1.significand * u2.significand;
  return roundReal(f, addReal(signed(uA), uA.exponent, signP ? -product : product, u1.exponent + u2.exponent), c);
}

/** constant - a * b, scaled by 2^scale, with one rounding; `special` is the result for infinity times zero. */
function stepFused(
  fmt: Fmt,
  a: bigint,
  b: bigint,
  constant: bigint,
  scale: number,
  special: (f: Format, sign: number) => bigint,
  c: FpControl,
): bigint {
  const f = formatOf(fmt);
  // The negation comes before NaN processing: a NaN that comes from the first operand passes with its sign flipped.
  const op1 = a ^ f.signBit;
  const u1 = fpUnpack(f, op1, c);
  const u2 = fpUnpack(f, b, c);
  const nan = fpProcessNaNs(f, u1, u2, op1, b, c);
  if (nan !== undefined) return nan;
  if (isInvalidProduct(u1, u2)) return special(f, 0);
  const sign = u1.sign ^ u2.sign;
  if (u1.type === INFINITY || u2.type === INFINITY) return withSign(f, sign, f.infinity);
  const product = u1.significand * u2.significand;
  const sum = addReal(constant, 0, sign ? -product : product, u1.exponent + u2.exponent);
  return roundReal(f, { value: sum.value, exponent: sum.exponent + scale }, c);
}

/** FPRecipStepFused: 2 - a * b. */
export function fpRecipStepFused(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return stepFused(fmt, a, b, 2n, 0, fpTwo, c);
}

/** FPRSqrtStepFused: (3 - a * b) / 2. */
export function fpRSqrtStepFused(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return stepFused(fmt, a, b, 3n, -1, fpOnePointFive, c);
}
