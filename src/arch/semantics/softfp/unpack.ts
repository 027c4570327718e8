// FPUnpack and FPUnpackCV, and how NaN operands choose the result (Arm ARM J1.3, "shared/functions/float").
import { type Fmt, type Format, FPCR_AHP, FPCR_DN, FPCR_FZ16, type FpControl, formatOf, IDC, IOC } from './format.js';

/** Classes of operands. NaNs compare >= QNAN. */
export const ZERO = 0;
export const NONZERO = 1;
export const INFINITY = 2;
export const QNAN = 3;
export const SNAN = 4;

/** An operand taken apart. For NONZERO its value is (-1)^sign * significand * 2^exponent. */
export interface Unpacked {
  readonly type: number;
  readonly sign: number;
  readonly exponent: number;
  readonly significand: bigint;
}

const POSITIVE_ZERO: Unpacked = { type: ZERO, sign: 0, exponent: 0, significand: 0n };
const NEGATIVE_ZERO: Unpacked = { type: ZERO, sign: 1, exponent: 0, significand: 0n };

function zeroOf(sign: number): Unpacked {
  return sign ? NEGATIVE_ZERO : POSITIVE_ZERO;
}

const pattern = new BigUint64Array(1);
const words = new Uint32Array(pattern.buffer);

function unpackBase(f: Format, bits: bigint, fpcr: number, c: FpControl): Unpacked {
  // Fields are read as 32-bit numbers (bigint arithmetic allocates): `high` has sign, exponent and the fraction's top.
  pattern[0] = bits;
  const high = f.bits === 64 ? words[1]! : words[0]!;
  const low = f.bits === 64 ? words[0]! : 0;
  const sign = (high >>> f.highSign) & 1;
  const biased = (high >>> f.highFractionBits) & f.exponentOnes;
  const highFraction = high & f.highFractionMask;
  if (biased === 0) {
    if ((highFraction | low) === 0) return zeroOf(sign);
    if (fpcr & f.flushBit) {
      // Flushing a half-precision input is silent.
      if (f.bits !== 16) c.flags |= IDC;
      return zeroOf(sign);
    }
    return { type: NONZERO, sign, exponent: f.minimumExponent - f.fractionBits, significand: bits & f.fractionMask };
  }
  if (biased === f.exponentOnes && !(f.bits === 16 && fpcr & FPCR_AHP)) {
    const type = (highFraction | low) === 0 ? INFINITY : (highFraction >>> (f.highFractionBits - 1)) & 1 ? QNAN : SNAN;
    return { type, sign, exponent: 0, significand: 0n };
  }
  const significand =
    f.bits === 64 ? (bits & f.fractionMask) | f.hiddenBit : BigInt(highFraction | (1 << f.highFractionBits));
  return { type: NONZERO, sign, exponent: biased - f.bias - f.fractionBits, significand };
}

/** FPUnpack: for everything but conversions between formats; the alternative half-precision format does not apply. */
export function fpUnpack(f: Format, bits: bigint, c: FpControl): Unpacked {
  return unpackBase(f, bits, c.fpcr & ~FPCR_AHP, c);
}

/** FPUnpackCV: for conversions between formats; FZ16 does not apply, AHP does. */
export function fpUnpackCV(f: Format, bits: bigint, c: FpControl): Unpacked {
  return unpackBase(f, bits, c.fpcr & ~FPCR_FZ16, c);
}

/** FPProcessNaN: the result for a NaN operand. A signalling NaN raises IOC and is made quiet; DN replaces either kind. */
export function fpProcessNaN(f: Format, type: number, bits: bigint, c: FpControl): bigint {
  if (type === SNAN) c.flags |= IOC;
  return c.fpcr & FPCR_DN ? f.defaultNaN : bits | f.quietBit;
}

/** FPProcessNaNs: the first signalling NaN, else the first quiet one, decides; undefined when neither operand is a NaN. */
export function fpProcessNaNs(
  f: Format,
  u1: Unpacked,
  u2: Unpacked,
  op1: bigint,
  op2: bigint,
  c: FpControl,
): bigint | undefined {
  if (u1.type < QNAN && u2.type < QNAN) return undefined;
  if (u1.type === SNAN) return fpProcessNaN(f, SNAN, op1, c);
  if (u2.type === SNAN) return fpProcessNaN(f, SNAN, op2, c);
  return fpProcessNaN(f, QNAN, u1.type === QNAN ? op1 : op2, c);
}

/** The result of an invalid operation without NaN operands: raises IOC and gives the default NaN. */
export function fpInvalid(f: Format, c: FpControl): bigint {
  c.flags |= IOC;
  return f.defaultNaN;
}

/** FPAbs: clears the sign, also of a NaN. */
export function fpAbs(fmt: Fmt, a: bigint): bigint {
  return a & ~formatOf(fmt).signBit;
}

/** FPNeg: flips the sign, also of a NaN. */
export function fpNeg(fmt: Fmt, a: bigint): bigint {
  return a ^ formatOf(fmt).signBit;
}
