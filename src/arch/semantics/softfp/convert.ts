// FPRoundInt, FPToFixed, FixedToFP and FPConvert (Arm ARM J1.3, "shared/functions/float").
import {
  type Fmt,
  type Format,
  FPCR_AHP,
  FPCR_DN,
  type FpControl,
  formatOf,
  fpRoundingMode,
  IOC,
  IXC,
  withSign,
} from './format.js';
import { fpRound, fpRoundCV, roundToInteger } from './round.js';
import { fpProcessNaN, fpUnpack, fpUnpackCV, INFINITY, QNAN, SNAN, ZERO } from './unpack.js';

/** FRINTN/P/M/Z/A round in their own direction, FRINTX and FRINTI in that of FPCR. */
export type RoundIntMode = 'n' | 'p' | 'm' | 'z' | 'a' | 'x' | 'i';

/** FPRoundInt: to an integer in the same format, keeping the sign of zero. Only mode 'x' raises IXC. */
export function fpRoundInt(fmt: Fmt, a: bigint, mode: RoundIntMode, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u = fpUnpack(f, a, c);
  if (u.type >= QNAN) return fpProcessNaN(f, u.type, a, c);
  if (u.type === ZERO) return withSign(f, u.sign, 0n);
  if (u.type === INFINITY || u.exponent >= 0) return a;
  const rounding = mode === 'x' || mode === 'i' ? fpRoundingMode(c.fpcr) : mode;
  const { magnitude, inexact } = roundToInteger(u.sign, u.exponent, u.significand, rounding);
  if (inexact && mode === 'x') c.flags |= IXC;
  return magnitude === 0n ? withSign(f, u.sign, 0n) : fpRound(f, u.sign, 0, magnitude, c, 'z');
}

/**
 * FPToFixed: a * 2^fracBits as an integer of `intBits` bits, saturating; the bit pattern comes back as an unsigned
 * bigint. Out of range raises IOC, otherwise a lost fraction raises IXC; a NaN gives 0 with IOC.
 */
export function fpToFixed(
  fmt: Fmt,
  a: bigint,
  fracBits: number,
  unsigned: boolean,
  intBits: 16 | 32 | 64,
  rounding: 'n' | 'p' | 'm' | 'z' | 'a' | 'fpcr',
  c: FpControl,
): bigint {
  const u = fpUnpack(formatOf(fmt), a, c);
  if (u.type === ZERO) return 0n;
  if (u.type >= QNAN) {
    c.flags |= IOC;
    return 0n;
  }
  const lowest = unsigned ? 0n : -1n << BigInt(intBits - 1);
  const highest = (1n << BigInt(unsigned ? intBits : intBits - 1)) - 1n;
  if (u.type === INFINITY) {
    c.flags |= IOC;
    return BigInt.asUintN(intBits, u.sign ? lowest : highest);
  }
  const direction = rounding === 'fpcr' ? fpRoundingMode(c.fpcr) : rounding;
  const { magnitude, inexact } = roundToInteger(u.sign, u.exponent + fracBits, u.significand, direction);
  const integer = u.sign ? -magnitude : magnitude;
  if (integer < lowest || integer > highest) {
    c.flags |= IOC;
    return BigInt.asUintN(intBits, u.sign ? lowest : highest);
  }
  if (inexact) c.flags |= IXC;
  return BigInt.asUintN(intBits, integer);
}

/** FixedToFP: value / 2^fracBits, where `value` is the integer itself (negative for a negative operand). */
export function fixedToFp(fmt: Fmt, value: bigint, fracBits: number, c: FpControl): bigint {
  if (value === 0n) return 0n;
  const sign = value < 0n ? 1 : 0;
  return fpRound(formatOf(fmt), sign, -fracBits, sign ? -value : value, c, fpRoundingMode(c.fpcr));
}

/** FPConvertNaN: sign and the top of the payload carry over; the result is quiet. */
function convertNaN(from: Format, to: Format, a: bigint): bigint {
  const payload = a & (from.quietBit - 1n);
  const distance = to.fractionBits - from.fractionBits;
  const fraction = distance >= 0 ? payload << BigInt(distance) : payload >> BigInt(-distance);
  return withSign(to, (a & from.signBit) === 0n ? 0 : 1, to.defaultNaN | fraction);
}

/** FPConvert between formats, in the direction of FPCR unless `rounding` is 'odd' (FCVTXN). AHP changes the half format. */
export function fpConvert(from: Fmt, to: Fmt, a: bigint, c: FpControl, rounding?: 'odd'): bigint {
  const source = formatOf(from);
  const target = formatOf(to);
  const u = fpUnpackCV(source, a, c);
  const alternative = to === 16 && (c.fpcr & FPCR_AHP) !== 0;
  if (u.type >= QNAN) {
    if (u.type === SNAN || alternative) c.flags |= IOC;
    if (alternative) return withSign(target, u.sign, 0n);
    return c.fpcr & FPCR_DN ? target.defaultNaN : convertNaN(source, target, a);
  }
  if (u.type === INFINITY) {
    if (!alternative) return withSign(target, u.sign, target.infinity);
    c.flags |= IOC;
    return withSign(target, u.sign, target.signBit - 1n);
  }
  if (u.type === ZERO) return withSign(target, u.sign, 0n);
  return fpRoundCV(target, u.sign, u.exponent, u.significand, c, rounding ?? fpRoundingMode(c.fpcr));
}
