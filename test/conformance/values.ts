// Operand values where instructions are likely to be wrong: edges of integers, special floating-point values, and
// values that meet another operand closely. Written as 32-bit words into states, without bigint, because there are many.
import type { Random } from './random.js';

const EDGES: readonly number[] = [
  0, 1, 2, 3, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0x8001, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
  0x80000001, 0xfffffffe, 0xffffffff, 0xffff8000, 0xffffff80, 0x55555555, 0xaaaaaaaa, 0x3fffffff, 0x40000000,
];

/** An interesting 32-bit word. */
export function word(r: Random): number {
  switch (r.below(6)) {
    case 0:
    case 1:
      return r.pick(EDGES);
    case 2:
      return (1 << r.below(32)) >>> 0;
    case 3:
      return ((1 << r.below(32)) - 1) >>> 0;
    case 4:
      return (r.below(33) - 16) >>> 0;
    default:
      return r.word();
  }
}

/** An interesting 64-bit integer at words[at]. */
export function integer(r: Random, words: Uint32Array, at: number): void {
  const low = word(r);
  words[at] = low;
  switch (r.below(5)) {
    case 0:
      words[at + 1] = 0;
      break;
    case 1:
      words[at + 1] = (low | 0) >> 31;
      break;
    case 2:
      words[at] = r.pick([0, 0, 0xffffffff, 1]);
      words[at + 1] = word(r);
      break;
    case 3:
      words[at + 1] = word(r);
      break;
    default:
      words[at] = r.word();
      words[at + 1] = r.word();
  }
}

interface Format {
  readonly fraction: number;
  readonly ones: number;
  readonly bias: number;
}
/** The sign, exponent and high fraction bits are in the top word; of a double, `fraction` counts those in it. */
const FORMAT: Readonly<Record<16 | 32 | 64, Format>> = {
  16: { fraction: 10, ones: 31, bias: 15 },
  32: { fraction: 23, ones: 255, bias: 127 },
  64: { fraction: 20, ones: 2047, bias: 1023 },
};

/** A fraction of `bits` bits: few ones, runs of ones, or random. */
function fraction(r: Random, bits: number): number {
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  switch (r.below(6)) {
    case 0:
      return 0;
    case 1:
      return mask;
    case 2:
      return (1 << r.below(bits)) & mask;
    case 3:
      return ((1 << r.below(bits)) - 1) & mask;
    case 4:
      return (r.word() << r.below(bits)) & mask;
    default:
      return r.word() & mask;
  }
}

/** The word of a floating-point number that holds its sign and exponent. */
function topWord(r: Random, bits: 16 | 32 | 64): number {
  const { fraction: width, ones, bias } = FORMAT[bits];
  const sign = r.below(2);
  let exponent: number;
  let low = fraction(r, width);
  switch (r.below(14)) {
    case 0:
      exponent = 0;
      low = 0;
      break;
    case 1:
      exponent = ones;
      low = 0;
      break;
    case 2:
      exponent = ones;
      low |= 1 << (width - 1);
      break;
    case 3:
      exponent = ones;
      low &= ~(1 << (width - 1));
      low |= 1;
      break;
    case 4:
      exponent = 0;
      break;
    case 5:
      exponent = 1 + r.below(3);
      break;
    case 6:
      exponent = ones - 1 - r.below(3);
      break;
    case 7:
    case 8:
      exponent = bias - 3 + r.below(7);
      break;
    case 9:
      // Whole numbers and halves: where conversions and rounding to integral decide.
      exponent = bias + r.below(Math.min(70, ones - bias));
      break;
    case 10:
      exponent = r.pick([bias, bias + 1, bias - 1]);
      low = 0;
      break;
    case 11:
      exponent = (bias >> 1) + r.below(3);
      break;
    default:
      exponent = r.below(ones + 1);
  }
  const shift = bits === 16 ? 15 : 31;
  return ((sign << shift) | (exponent << width) | low) >>> 0;
}

/** A 64-bit half of a vector register with floating-point lanes of a size. */
function floats(r: Random, bits: 16 | 32 | 64, words: Uint32Array, at: number): void {
  if (bits === 64) {
    words[at + 1] = topWord(r, 64);
    words[at] = r.chance(1, 2) ? 0 : fraction(r, 32);
    return;
  }
  for (let i = at; i < at + 2; i++) {
    words[i] = bits === 32 ? topWord(r, 32) : (topWord(r, 16) | (topWord(r, 16) << 16)) >>> 0;
  }
}

/** An interesting vector at words[at], four words: lanes of integers or of floating-point numbers. */
export function vector(r: Random, words: Uint32Array, at: number): void {
  const bits = r.pick([16, 32, 64] as const);
  switch (r.below(8)) {
    case 0:
      for (let i = at; i < at + 4; i++) words[i] = word(r);
      break;
    case 1: {
      // Bytes and halfwords at their edges.
      const edge = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xff, 0xfe, 0x10];
      for (let i = at; i < at + 4; i++) {
        words[i] = (r.pick(edge) | (r.pick(edge) << 8) | (r.pick(edge) << 16) | (r.pick(edge) << 24)) >>> 0;
      }
      break;
    }
    case 2:
      integer(r, words, at);
      integer(r, words, at + 2);
      break;
    default:
      floats(r, bits, words, at);
      floats(r, bits, words, at + 2);
  }
}

/** Makes the vector at `to` one that meets the one at `from`: equal, negated, or near in every lane. */
export function partner(r: Random, words: Uint32Array, to: number, from: number): void {
  const flip = r.pick([0, 0x80000000, 0x80008000, 0x80808080]);
  const nudge = r.below(5) - 2;
  for (let i = 0; i < 4; i++) words[to + i] = ((words[from + i]! ^ flip) + (i & 1 ? 0 : nudge)) >>> 0;
}

const scratchWords = new Uint32Array(2);
const scratchSingles = new Float32Array(scratchWords.buffer);
const scratchDoubles = new Float64Array(scratchWords.buffer);

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fractionBits = bits & 0x3ff;
  const magnitude = exponent ? (1 + fractionBits / 1024) * 2 ** (exponent - 15) : fractionBits * 2 ** -24;
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** Rounded toward zero, saturated; any nearby number will do here. */
function numberToHalf(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const magnitude = Math.min(Math.abs(value), 65504);
  if (!(magnitude >= 2 ** -14)) return sign | Math.floor(magnitude * 2 ** 24 || 0);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | ((exponent + 15) << 10) | (Math.floor(magnitude * 2 ** (10 - exponent)) & 0x3ff);
}

/** Sets each lane of the vector at `to` from those of others by arithmetic on numbers, give or take two units. */
function lanes(
  r: Random,
  words: Uint32Array,
  to: number,
  from: readonly number[],
  f: (values: number[], bits: 16 | 32 | 64) => number,
): void {
  const nudge = r.below(5) - 2;
  const bits = r.pick([16, 32, 32, 64, 64] as const);
  for (let i = 0; i < 4; i += bits === 64 ? 2 : 1) {
    if (bits === 16) {
      const half = (shift: number): number =>
        (numberToHalf(
          f(
            from.map((at) => halfToNumber((words[at + i]! >>> shift) & 0xffff)),
            16,
          ),
        ) +
          nudge) &
        0xffff;
      words[to + i] = (half(0) | (half(16) << 16)) >>> 0;
      continue;
    }
    const values = from.map((at) => {
      scratchWords[0] = words[at + i]!;
      scratchWords[1] = words[at + i + 1]!;
      return bits === 32 ? scratchSingles[0]! : scratchDoubles[0]!;
    });
    if (bits === 32) scratchSingles[0] = f(values, bits);
    else scratchDoubles[0] = f(values, bits);
    words[to + i] = (scratchWords[0]! + nudge) >>> 0;
    if (bits === 64) words[to + i + 1] = scratchWords[1]!;
  }
}

const LEAST_NORMAL = { 16: 2 ** -14, 32: 2 ** -126, 64: 2 ** -1022 } as const;
const DIGITS = { 16: 11, 32: 24, 64: 53 } as const;
const GREATEST = { 16: 65504, 32: 2 ** 127 * (2 - 2 ** -23), 64: Number.MAX_VALUE } as const;

/** Makes the vector at `to` the addend of the products of those at `n` and `m`, where a fused sum is hardest. */
export function fusedAddend(r: Random, words: Uint32Array, to: number, n: number, m: number): void {
  const kind = r.below(3);
  const distance = r.below(7) - 3;
  const up = r.chance(1, 2) ? 1 : -1;
  lanes(r, words, to, [n, m], ([x, y], bits) => {
    const product = x! * y!;
    if (kind === 0) return -product;
    return kind === 1 ? -product * 2 ** distance : up * product * 2 ** (up * (DIGITS[bits] + distance));
  });
}

/** Makes the vector at `to` one whose product or quotient with that at `from` is at the edge of the range, or near 1. */
export function edgePartner(r: Random, words: Uint32Array, to: number, from: number): void {
  const which = r.below(4);
  const scale = 2 ** (r.below(3) - 1);
  const divide = r.chance(2, 3);
  lanes(r, words, to, [from], ([x], bits) => {
    const edge = which < 2 ? LEAST_NORMAL[bits] * scale : which === 2 ? GREATEST[bits] : scale;
    return divide ? edge / x! : x! / edge;
  });
}
