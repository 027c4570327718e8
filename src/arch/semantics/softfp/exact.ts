// Exact helpers on bigint significands: sums that keep every bit that can matter, quotients and square roots with sticky bits.
import { bitLength } from './round.js';

/** An exact (or sticky) real number: value * 2^exponent, value signed. */
export interface Real {
  readonly value: bigint;
  readonly exponent: number;
}

/**
 * Below the lowest bit of the larger addend, this many bits decide every rounding: the formats have at most 53, and
 * one guard bit and one for a borrow out of the leading bit are needed on top.
 */
const STICKY_DISTANCE = 64;

/** value1 * 2^exponent1 + value2 * 2^exponent2; an addend too small to do more than break ties is replaced by its sign. */
export function addReal(value1: bigint, exponent1: number, value2: bigint, exponent2: number): Real {
  if (value1 === 0n) return { value: value2, exponent: exponent2 };
  if (value2 === 0n) return { value: value1, exponent: exponent1 };
  if (exponent1 < exponent2) return addReal(value2, exponent2, value1, exponent1);
  const distance = exponent1 - exponent2;
  if (distance > 2 * STICKY_DISTANCE) {
    const small = bitLength(value2 < 0n ? -value2 : value2);
    if (distance > STICKY_DISTANCE + small) {
      const sticky = value2 < 0n ? -1n : 1n;
      return { value: (value1 << BigInt(STICKY_DISTANCE)) + sticky, exponent: exponent1 - STICKY_DISTANCE };
    }
  }
  return { value: (value1 << BigInt(distance)) + value2, exponent: exponent2 };
}

/** significand1 / significand2 (both positive) to 64 or more bits, the lowest of them sticky. */
export function divideSticky(significand1: bigint, significand2: bigint): Real {
  const shift = Math.max(0, 64 + bitLength(significand2) - bitLength(significand1));
  const numerator = significand1 << BigInt(shift);
  const quotient = numerator / significand2;
  const sticky = quotient * significand2 === numerator ? 0n : 1n;
  return { value: (quotient << 1n) | sticky, exponent: -shift - 1 };
}

/** Square root of significand * 2^exponent (significand > 0) to 64 or more bits, the lowest of them sticky. */
export function squareRootSticky(significand: bigint, exponent: number): Real {
  let shift = Math.max(0, 128 - bitLength(significand));
  if ((exponent - shift) & 1) shift++;
  const radicand = significand << BigInt(shift);
  const root = integerSquareRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  return { value: (root << 1n) | sticky, exponent: (exponent - shift) / 2 - 1 };
}

/** Largest integer whose square is at most n, for n of about 130 bits. */
function integerSquareRoot(n: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(n))));
  // A Newton step never ends below the root, and from a 53-bit estimate at most one above it.
  root = (root + n / root) >> 1n;
  return root * root > n ? root - 1n : root;
}
