// Rounding of exact values: FPRound and FPRoundCV (Arm ARM J1.3, "shared/functions/float/fpround"), and to integers.
import {
  type Format,
  FPCR_AHP,
  FPCR_FZ16,
  type FpControl,
  IOC,
  IXC,
  OFC,
  type Rounding,
  UFC,
  withSign,
} from './format.js';

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** Number of bits in a positive `n` below 2^1023. */
export function bitLength(n: bigint): number {
  float[0] = Number(n);
  const length = (words[1]! >>> 20) - 1022;
  // Number() rounds to nearest, which may carry into the next power of two.
  return length > 53 && n >> BigInt(length - 1) === 0n ? length - 1 : length;
}

/**
 * Whether the magnitude integer + remainder / 2^shift (shift >= 1, remainder not 0) rounds up to integer + 1.
 * 'odd' never does: its caller sets the lowest bit instead.
 */
function roundUp(rounding: Rounding, sign: number, integer: bigint, remainder: bigint, shift: number): boolean {
  switch (rounding) {
    case 'n': {
      const half = 1n << BigInt(shift - 1);
      return remainder > half || (remainder === half && (integer & 1n) === 1n);
    }
    case 'a':
      return remainder >= 1n << BigInt(shift - 1);
    case 'p':
      return sign === 0;
    case 'm':
      return sign === 1;
    case 'z':
    case 'odd':
      return false;
  }
}

/** An integer magnitude and whether rounding to it lost anything. */
export interface RoundedInteger {
  readonly magnitude: bigint;
  readonly inexact: boolean;
}

/** Rounds significand * 2^exponent, whose sign is given apart, to an integer. */
export function roundToInteger(
  sign: number,
  exponent: number,
  significand: bigint,
  rounding: Rounding,
): RoundedInteger {
  if (exponent >= 0) return { magnitude: significand << BigInt(exponent), inexact: false };
  const shift = -exponent;
  const magnitude = significand >> BigInt(shift);
  const remainder = significand - (magnitude << BigInt(shift));
  if (remainder === 0n) return { magnitude, inexact: false };
  return {
    magnitude: roundUp(rounding, sign, magnitude, remainder, shift) ? magnitude + 1n : magnitude,
    inexact: true,
  };
}

function roundBase(
  f: Format,
  sign: number,
  exponent: number,
  significand: bigint,
  fpcr: number,
  c: FpControl,
  rounding: Rounding,
): bigint {
  const leading = exponent + bitLength(significand) - 1;
  const tiny = leading < f.minimumExponent;
  if (tiny && fpcr & f.flushBit) {
    // Flushing a result raises underflow and never inexact.
    c.flags |= UFC;
    return withSign(f, sign, 0n);
  }

  let biased = tiny ? 0 : leading - f.minimumExponent + 1;
  const shift = (tiny ? f.minimumExponent : leading) - f.fractionBits - exponent;
  let integer: bigint;
  let inexact = false;
  if (shift <= 0) {
    integer = significand << BigInt(-shift);
  } else {
    integer = significand >> BigInt(shift);
    const remainder = significand - (integer << BigInt(shift));
    if (remainder !== 0n) {
      inexact = true;
      // Tininess is detected before rounding.
      if (tiny) c.flags |= UFC;
      if (rounding === 'odd') {
        integer |= 1n;
      } else if (roundUp(rounding, sign, integer, remainder, shift)) {
        integer += 1n;
        if (tiny && integer === f.hiddenBit) biased = 1;
        else if (integer === f.hiddenBit << 1n) biased++;
      }
    }
  }

  if (f.bits === 16 && fpcr & FPCR_AHP) {
    if (biased > f.exponentOnes) {
      // The alternative format has no infinity: the largest number, invalid, and not inexact.
      c.flags |= IOC;
      return withSign(f, sign, f.signBit - 1n);
    }
  } else if (biased >= f.exponentOnes) {
    c.flags |= OFC | IXC;
    const toInfinity = rounding === 'n' || rounding === 'a' || rounding === (sign ? 'm' : 'p');
    return withSign(f, sign, toInfinity ? f.infinity : f.maxNormal);
  }
  if (inexact) c.flags |= IXC;
  return withSign(f, sign, (BigInt(biased) << f.fractionBitsN) | (integer & f.fractionMask));
}

/**
 * FPRound: the number of format `f` for the exact value (-1)^sign * significand * 2^exponent, significand > 0.
 * Raises OFC, UFC and IXC. A caller with an inexact value passes at least two bits more than the format has and ORs the
 * rest into the lowest bit.
 */
export function fpRound(
  f: Format,
  sign: number,
  exponent: number,
  significand: bigint,
  c: FpControl,
  rounding: Rounding,
): bigint {
  return roundBase(f, sign, exponent, significand, c.fpcr & ~FPCR_AHP, c, rounding);
}

/** FPRoundCV: FPRound for conversions between formats, where FZ16 does not apply and AHP does. */
export function fpRoundCV(
  f: Format,
  sign: number,
  exponent: number,
  significand: bigint,
  c: FpControl,
  rounding: Rounding,
): bigint {
  return roundBase(f, sign, exponent, significand, c.fpcr & ~FPCR_FZ16, c, rounding);
}
