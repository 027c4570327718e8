// Seeded operands for the softfp oracle test, biased to where rounding, flushing, overflow and NaN rules decide.
import { type Fmt, fixedToFp, fpDiv, fpMul, fpNeg } from '../../../src/arch/semantics/softfp/index.js';
import { type Case, CONTROLS, OPERATIONS, VARIANTS } from './operations.js';

/** sfc32: small, seeded, good enough to spread cases. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = 0x9e3779b9 | 0;
    this.#c = ~seed;
    for (let i = 0; i < 16; i++) this.word();
  }

  /** 32 random bits. */
  word(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }

  /** An integer in 0..n-1. */
  below(n: number): number {
    return Math.floor((this.word() / 0x100000000) * n);
  }

  /** An integer in low..high. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** `bits` random bits, at most 64. */
  bits(bits: number): bigint {
    return BigInt.asUintN(bits, (BigInt(this.word()) << 32n) | BigInt(this.word()));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

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

function pack(r: Random, fmt: Fmt, exponent: number, fraction: bigint): bigint {
  const { fraction: width, ones } = LAYOUT[fmt];
  const clamped = Math.min(Math.max(exponent, 0), ones);
  return (BigInt(r.below(2)) << BigInt(fmt - 1)) | (BigInt(clamped) << BigInt(width)) | BigInt.asUintN(width, fraction);
}

/** A bit string of `width` bits: random, sparse, a run of ones, a short head, or a head with a halfway tail. */
function pattern(r: Random, width: number): bigint {
  const cut = BigInt(r.below(width));
  const small = BigInt(r.between(-2, 2));
  switch (r.below(7)) {
    case 0:
      return r.bits(width);
    case 1:
      return BigInt.asUintN(width, small);
    case 2:
      return BigInt.asUintN(width, (1n << cut) + small);
    case 3:
      return BigInt.asUintN(width, (1n << cut) | (1n << BigInt(r.below(width))));
    case 4:
      return (r.bits(width) >> cut) << cut;
    case 5:
      // Halfway, or one off it, when the lowest cut + 1 bits are rounded away.
      return BigInt.asUintN(width, (((r.bits(width) >> cut) << cut) | ((1n << cut) >> 1n)) + BigInt(r.between(-1, 1)));
    default:
      return BigInt.asUintN(width, ((1n << cut) - 1n) << BigInt(r.below(width)));
  }
}

/** Any operand of a format, special values and edges of the range among them. */
function operand(r: Random, fmt: Fmt): bigint {
  const { fraction, ones, bias } = LAYOUT[fmt];
  switch (r.below(16)) {
    case 0:
      return r.bits(fmt);
    case 1:
      return pack(r, fmt, 0, 0n);
    case 2:
      return pack(r, fmt, ones, 0n);
    case 3:
      return pack(r, fmt, ones, (1n << BigInt(fraction - 1)) | pattern(r, fraction - 1));
    case 4:
      return pack(r, fmt, ones, pattern(r, fraction - 1) | 1n);
    case 5:
    case 6:
      return pack(r, fmt, 0, r.bits(fraction) >> BigInt(r.below(fraction)));
    case 7:
      return pack(r, fmt, 0, pattern(r, fraction));
    case 8:
      return pack(r, fmt, r.between(1, 3), pattern(r, fraction));
    case 9:
      return pack(r, fmt, r.between(ones - 3, ones - 1), pattern(r, fraction));
    case 10:
    case 11:
      return pack(r, fmt, bias + r.between(-3, 3), pattern(r, fraction));
    case 12:
      return pack(r, fmt, bias + r.between(-fraction - 2, fraction + 2), pattern(r, fraction));
    default:
      return pack(r, fmt, r.below(ones + 1), pattern(r, fraction));
  }
}

function exponentOf(fmt: Fmt, a: bigint): number {
  return Number(a >> BigInt(LAYOUT[fmt].fraction)) & LAYOUT[fmt].ones;
}

/** A second operand that meets the first where the result is hard: cancellation, underflow, overflow, halfway. */
function partner(r: Random, fmt: Fmt, a: bigint): bigint {
  const { fraction, ones, bias } = LAYOUT[fmt];
  const exponent = exponentOf(fmt, a);
  switch (r.below(6)) {
    case 0:
      return BigInt.asUintN(fmt, (r.below(2) ? a : fpNeg(fmt, a)) + BigInt(r.between(-3, 3)));
    case 1:
      return pack(r, fmt, exponent + r.between(-fraction - 3, fraction + 3), pattern(r, fraction));
    case 2:
      // Products at the lower edge of the range, and quotients at the upper one.
      return pack(r, fmt, bias - exponent + r.between(-fraction - 2, 3), pattern(r, fraction));
    case 3:
      return pack(r, fmt, ones - exponent + bias + r.between(-3, 2), pattern(r, fraction));
    case 4:
      return pack(r, fmt, exponent + bias - 1 + r.between(-3, fraction + 2), pattern(r, fraction));
    default:
      return operand(r, fmt);
  }
}

/** `b` such that a * b is near `constant` (an integer): where the reciprocal steps cancel. */
function nearQuotient(r: Random, fmt: Fmt, constant: bigint, a: bigint): bigint {
  const quotient = fpDiv(fmt, fixedToFp(fmt, constant, 0, { fpcr: 0, flags: 0 }), a, { fpcr: 0, flags: 0 });
  return BigInt.asUintN(fmt, quotient + BigInt(r.between(-2, 2)));
}

/** An addend that cancels most of a * b, or falls near its rounding boundary. */
function fusedAddend(r: Random, fmt: Fmt, a: bigint, b: bigint): bigint {
  const product = fpMul(fmt, a, b, { fpcr: 0, flags: 0 });
  const near = BigInt.asUintN(fmt, product + BigInt(r.between(-2, 2)));
  return r.below(4) ? fpNeg(fmt, near) : partner(r, fmt, near);
}

/** A number near the limits of an integer format, or a half away from an integer. */
function nearInteger(r: Random, fmt: Fmt, bits: number, fracBits: number): bigint {
  const { fraction, bias } = LAYOUT[fmt];
  const scratch = { fpcr: r.pick([0, 3 << 22]), flags: 0 };
  switch (r.below(4)) {
    case 0:
      return pack(r, fmt, bias + bits - fracBits + r.between(-3, 1), pattern(r, fraction));
    case 1: {
      const integer = r.bits(Math.min(bits + 1, 64)) >> BigInt(r.below(bits));
      return fixedToFp(fmt, r.below(2) ? -integer : integer, fracBits + 1, scratch);
    }
    case 2: {
      const limit = (1n << BigInt(bits - r.below(2))) + BigInt(r.between(-2, 2));
      return BigInt.asUintN(
        fmt,
        fixedToFp(fmt, r.below(2) ? -limit : limit, fracBits, scratch) + BigInt(r.between(-1, 1)),
      );
    }
    default:
      return pack(r, fmt, bias - fracBits + r.between(-4, 4), pattern(r, fraction));
  }
}

/** A number that is halfway, tiny or too large in the target format. */
function nearFormat(r: Random, fmt: Fmt, to: Fmt): bigint {
  const source = LAYOUT[fmt];
  const target = LAYOUT[to];
  const edge = r.pick([1 - target.bias, 1 - target.bias - target.fraction, target.bias, target.bias + 1, 0]);
  const dropped = source.fraction - target.fraction;
  let fraction = pattern(r, source.fraction);
  if (dropped > 0 && r.below(2)) {
    const head = (r.bits(target.fraction) << BigInt(dropped)) | (1n << BigInt(dropped - 1));
    fraction = head + BigInt(r.between(-1, 1));
  }
  return pack(r, fmt, source.bias + edge + r.between(-3, 3), fraction);
}

function draw(r: Random, operation: number, fmt: Fmt, fpcr: number): Case {
  const { name, shape, fixedBits, otherBits } = OPERATIONS[operation]!;
  const param = fixedBits && r.below(3) ? r.between(0, fixedBits) : 0;
  let a = operand(r, fmt);
  let b = 0n;
  let c = 0n;
  switch (shape) {
    case 'unary':
      if (name.startsWith('frint') && r.below(2)) a = nearInteger(r, fmt, LAYOUT[fmt].fraction + 1, 0);
      break;
    case 'binary':
      b = r.below(3) ? partner(r, fmt, a) : operand(r, fmt);
      if (name === 'frecps' && r.below(3) === 0) b = nearQuotient(r, fmt, 2n, a);
      if (name === 'frsqrts' && r.below(3) === 0) b = nearQuotient(r, fmt, 3n, a);
      if (r.below(2) && !name.startsWith('fr') && name !== 'fdiv') [a, b] = [b, a];
      break;
    case 'fused':
      b = a;
      c = r.below(2) ? partner(r, fmt, b) : operand(r, fmt);
      a = r.below(2) ? fusedAddend(r, fmt, b, c) : operand(r, fmt);
      break;
    case 'convert':
      if (r.below(2)) a = nearFormat(r, fmt, otherBits as Fmt);
      break;
    case 'toInteger':
      if (r.below(3)) a = nearInteger(r, fmt, otherBits, param);
      break;
    case 'fromInteger':
      a = pattern(r, otherBits);
      if (r.below(3) === 0) a >>= BigInt(r.below(otherBits));
      if (r.below(3) === 0) a = BigInt.asUintN(otherBits, -a);
      break;
  }
  return { operation, fmt, fpcr, param, a, b, c };
}

/** Case number `index` of a walk that visits every variant under every FPCR setting in turn. */
export function drawCase(r: Random, index: number): Case {
  const { operation, fmt } = VARIANTS[index % VARIANTS.length]!;
  return draw(r, operation, fmt, CONTROLS[Math.floor(index / VARIANTS.length) % CONTROLS.length]!);
}
