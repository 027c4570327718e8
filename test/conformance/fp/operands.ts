// Operands of floating-point instructions, biased to where rounding, flushing, overflow, cancellation and NaN rules decide.
import { type Fmt, fixedToFp, fpDiv, fpMul } from '../../../src/arch/semantics/softfp/index.js';
import type { Random } from '../random.js';

interface Layout {
  readonly fraction: number;
  readonly ones: number;
  readonly bias: number;
}

const LAYOUT: Record<Fmt, Layout> = {
  16: { fraction: 10, ones: 31, bias: 15 },
  32: { fraction: 23, ones: 255, bias: 127 },
  64: { fraction: 52, ones: 2047, bias: 1023 },
};

/** Uniform bits, at most 64. */
export function bits(r: Random, count: number): bigint {
  return BigInt.asUintN(count, (BigInt(r.word()) << 32n) | BigInt(r.word()));
}

const between = (r: Random, low: number, high: number): number => low + r.below(high - low + 1);

/** A bit string: random, a few ones, a run of ones, a short head, or a head with a tail near one half. */
export function pattern(r: Random, width: number): bigint {
  const cut = BigInt(r.below(width));
  switch (r.below(7)) {
    case 0:
      return bits(r, width);
    case 1:
      return BigInt.asUintN(width, BigInt(between(r, -2, 2)));
    case 2:
      return BigInt.asUintN(width, (1n << cut) + BigInt(between(r, -1, 1)));
    case 3:
      return BigInt.asUintN(width, ((1n << cut) - 1n) << BigInt(r.below(width)));
    case 4:
      return (bits(r, width) >> cut) << cut;
    default:
      return BigInt.asUintN(width, ((bits(r, width) >> cut) << cut) + ((1n << cut) >> 1n) + BigInt(between(r, -1, 1)));
  }
}

function pack(r: Random, fmt: Fmt, exponent: number, fraction: bigint): bigint {
  const { fraction: width, ones } = LAYOUT[fmt];
  const high = (r.below(2) << (fmt - 1 - width)) | Math.min(Math.max(exponent, 0), ones);
  return (BigInt(high) << BigInt(width)) | BigInt.asUintN(width, fraction);
}

/** Any number: zeros, infinities, NaNs, denormals and the edges of the range among ordinary ones. */
export function operand(r: Random, fmt: Fmt): bigint {
  const { fraction, ones, bias } = LAYOUT[fmt];
  const quiet = 1n << BigInt(fraction - 1);
  switch (r.below(24)) {
    case 0:
      return pack(r, fmt, 0, 0n);
    case 1:
      return pack(r, fmt, ones, 0n);
    case 2:
      return pack(r, fmt, ones, quiet | pattern(r, fraction - 1));
    case 3:
      return pack(r, fmt, ones, pattern(r, fraction - 1) | 1n);
    case 4:
      return pack(r, fmt, 0, pattern(r, fraction));
    case 5:
      return pack(r, fmt, between(r, 0, 3), pattern(r, fraction));
    case 6:
      return pack(r, fmt, between(r, ones - 3, ones), pattern(r, fraction));
    case 7:
    case 8:
    case 9:
      return pack(r, fmt, between(r, bias - 3, bias + 3), pattern(r, fraction));
    case 10:
      return pack(r, fmt, between(r, bias - fraction - 2, bias + fraction + 2), pattern(r, fraction));
    case 11:
      return pack(r, fmt, between(r, bias, bias + 66), pattern(r, fraction));
    case 12:
      return pack(r, fmt, between(r, bias - 26, bias - 13), pattern(r, fraction));
    case 13:
    case 14: {
      // Small integers and halves: exact results.
      const control = { fpcr: 0, flags: 0 };
      return fixedToFp(fmt, BigInt(between(r, -64, 64)), r.below(3), control);
    }
    case 15:
      return bits(r, fmt);
    case 16:
      // The middle of the range of the next narrower format, and its edges.
      return pack(
        r,
        fmt,
        bias + r.pick([-126, -127, -149, -150, 127, 128, -14, -15, -24, -25, 15, 16]),
        pattern(r, fraction),
      );
    default:
      return pack(r, fmt, between(r, bias - 40, bias + 40), pattern(r, fraction));
  }
}

const exponentOf = (fmt: Fmt, a: bigint): number => Number(a >> BigInt(LAYOUT[fmt].fraction)) & LAYOUT[fmt].ones;

/** A number that meets `a` where results are hard: equal, cancelling, over- or underflowing, halfway. */
export function partner(r: Random, fmt: Fmt, a: bigint): bigint {
  const { fraction, ones, bias } = LAYOUT[fmt];
  const exponent = exponentOf(fmt, a);
  switch (r.below(9)) {
    case 0:
      return BigInt.asUintN(fmt, (a ^ (BigInt(r.below(2)) << BigInt(fmt - 1))) + BigInt(between(r, -2, 2)));
    case 1:
      return pack(r, fmt, exponent + between(r, -fraction - 3, fraction + 3), pattern(r, fraction));
    case 2:
      return pack(r, fmt, bias - exponent + between(r, -fraction - 2, 3), pattern(r, fraction));
    case 3:
      return pack(r, fmt, ones - exponent + bias + between(r, -3, 2), pattern(r, fraction));
    case 4:
      return pack(r, fmt, exponent + bias - 1 + between(r, -3, fraction + 2), pattern(r, fraction));
    case 5: {
      // Where 2 - a * b and 3 - a * b cancel.
      const control = { fpcr: 0, flags: 0 };
      const quotient = fpDiv(fmt, fixedToFp(fmt, BigInt(between(r, 2, 3)), 0, control), a, control);
      return BigInt.asUintN(fmt, quotient + BigInt(between(r, -1, 1)));
    }
    case 6: {
      // A product just below the smallest normal number, or a quotient.
      const control = { fpcr: 0, flags: 0 };
      const smallest = 1n << BigInt(fraction);
      const b = r.below(2) ? fpDiv(fmt, smallest, a, control) : fpDiv(fmt, a, smallest, control);
      return BigInt.asUintN(fmt, b + BigInt(between(r, -2, 2)));
    }
    default:
      return operand(r, fmt);
  }
}

/**
 * Factors and an addend whose exact sum is so close to halfway between two numbers that a first rounding hits it:
 * (1 + x)(1 - x) is next to 1, which is half a unit of the addend's last place.
 */
export function nearHalfway(r: Random, fmt: Fmt): { a: bigint; b: bigint; c: bigint } {
  const { fraction, bias } = LAYOUT[fmt];
  const step = between(r, Math.max(1, (fraction >> 1) - 2), Math.min(fraction - 1, (fraction >> 1) + 6));
  const exponent = fmt === 16 ? between(r, -2, 2) : between(r, -20, 20);
  const last = BigInt(r.below(8) ? 0 : between(r, 0, 3));
  // A few bits of x reach past the addend's double, so that rounding to odd must look at the last bit.
  const x = BigInt(r.pick([1, 1, 3, 5, 7])) << BigInt(Math.max(0, fraction - step - 1));
  const a = pack(r, fmt, bias + exponent, x);
  const b = pack(r, fmt, bias - 1, -(x << 1n) + last);
  const c = pack(r, fmt, bias + exponent + fraction + between(r, 0, 2), pattern(r, fraction));
  return { a, b, c };
}

/** An addend that cancels most of a * b, or falls near its rounding boundary, or any. */
export function addend(r: Random, fmt: Fmt, a: bigint, b: bigint): bigint {
  const product = fpMul(fmt, a, b, { fpcr: 0, flags: 0 });
  switch (r.below(4)) {
    case 0:
      return BigInt.asUintN(fmt, (product ^ (1n << BigInt(fmt - 1))) + BigInt(between(r, -2, 2)));
    case 1:
    case 2:
      return partner(r, fmt, product);
    default:
      return operand(r, fmt);
  }
}

/** An integer of 64 bits whose conversion rounds, or does not. */
export function integer(r: Random): bigint {
  const width = r.pick([16, 32, 64]);
  const magnitude = pattern(r, width) >> BigInt(r.below(width));
  return BigInt.asUintN(64, r.below(2) ? -magnitude : magnitude);
}
