// FPRecipEstimate, FPRSqrtEstimate and FPRecpX, and their tables as arithmetic (Arm ARM J1.3, "shared/functions/float").
import {
  DZC,
  type Fmt,
  type Format,
  type FpControl,
  formatOf,
  fpRoundingMode,
  IXC,
  OFC,
  UFC,
  withSign,
} from './format.js';
import { bitLength } from './round.js';
import { fpInvalid, fpProcessNaN, fpUnpack, INFINITY, QNAN, ZERO } from './unpack.js';

/** RecipEstimate: 256..511 (0.5 to 1 in 1/512) to the reciprocal in 256..511 (1 to 2 in 1/256). */
export function recipEstimate(a: number): number {
  return (Math.floor(0x80000 / (2 * a + 1)) + 1) >> 1;
}

/** RecipSqrtEstimate: 128..511 (0.25 to 1 in 1/512) to the reciprocal square root in 256..511 (1 to 2 in 1/256). */
export function recipSqrtEstimate(a: number): number {
  const middle = a < 256 ? 2 * a + 1 : 2 * (a | 1);
  let b = 512;
  while (middle * (b + 1) * (b + 1) < 0x10000000) b++;
  return (b + 1) >> 1;
}

/** The leading nine bits of a significand, 256..511. */
function leadingNine(significand: bigint, length: number): number {
  return Number(length >= 9 ? significand >> BigInt(length - 9) : significand << BigInt(9 - length));
}

/** The eight bits of an estimate below its leading one, at the top of a fraction. */
function estimateFraction(f: Format, estimate: number): bigint {
  return BigInt(estimate & 0xff) << BigInt(f.fractionBits - 8);
}

/** FPRecipEstimate: 1 / a to eight bits. */
export function fpRecipEstimate(fmt: Fmt, a: bigint, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u = fpUnpack(f, a, c);
  if (u.type >= QNAN) return fpProcessNaN(f, u.type, a, c);
  if (u.type === INFINITY) return withSign(f, u.sign, 0n);
  if (u.type === ZERO) {
    c.flags |= DZC;
    return withSign(f, u.sign, f.infinity);
  }
  const length = bitLength(u.significand);
  const biased = u.exponent + length - 1 + f.bias;
  if (biased < -1) {
    c.flags |= OFC | IXC;
    const rounding = fpRoundingMode(c.fpcr);
    const toInfinity = rounding === 'n' || rounding === (u.sign ? 'm' : 'p');
    return withSign(f, u.sign, toInfinity ? f.infinity : f.maxNormal);
  }
  const resultExponent = 2 * f.bias - 1 - biased;
  if (resultExponent <= 0 && c.fpcr & f.flushBit) {
    c.flags |= UFC;
    return withSign(f, u.sign, 0n);
  }
  const fraction = estimateFraction(f, recipEstimate(leadingNine(u.significand, length)));
  if (resultExponent > 0) return withSign(f, u.sign, (BigInt(resultExponent) << f.fractionBitsN) | fraction);
  return withSign(f, u.sign, (f.hiddenBit | fraction) >> BigInt(1 - resultExponent));
}

/** FPRSqrtEstimate: 1 / sqrt(a) to eight bits. */
export function fpRSqrtEstimate(fmt: Fmt, a: bigint, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u = fpUnpack(f, a, c);
  if (u.type >= QNAN) return fpProcessNaN(f, u.type, a, c);
  if (u.type === ZERO) {
    c.flags |= DZC;
    return withSign(f, u.sign, f.infinity);
  }
  if (u.sign) return fpInvalid(f, c);
  if (u.type === INFINITY) return 0n;
  const length = bitLength(u.significand);
  const biased = u.exponent + length - 1 + f.bias;
  const leading = leadingNine(u.significand, length);
  const estimate = recipSqrtEstimate(biased & 1 ? leading >> 1 : leading);
  const resultExponent = (3 * f.bias - 1 - biased) >> 1;
  return (BigInt(resultExponent) << f.fractionBitsN) | estimateFraction(f, estimate);
}

/** FPRecpX: a power of two with the reversed exponent, for scaling before a reciprocal. */
export function fpRecpX(fmt: Fmt, a: bigint, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u = fpUnpack(f, a, c);
  if (u.type >= QNAN) return fpProcessNaN(f, u.type, a, c);
  const exponent = (a & f.infinity) === 0n ? f.infinity ^ f.hiddenBit : ~a & f.infinity;
  return withSign(f, u.sign, exponent);
}
