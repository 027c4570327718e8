// Random instruction words and register contents from a seed.

import type { Decoder } from '../../../src/arch/a64/decoder.js';
import type { Encoding } from '../../../src/arch/a64/pattern.js';

export type Random = () => number;

/** Mulberry32: unsigned 32-bit numbers. */
export function random(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** A word of this encoding that the decoder gives back as such; null where none was found in 400 tries. */
export function wordOf(decoder: Decoder, encoding: Encoding, next: Random): number | null {
  for (let tries = 0; tries < 400; tries++) {
    const word = ((next() & ~encoding.mask) | encoding.value) >>> 0;
    if (decoder.match(word)?.encoding === encoding) return word;
  }
  return null;
}

const EDGES = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0x81n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
];
const EDGES64 = [0n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n];

const word64 = (next: Random): bigint => (BigInt(next()) << 32n) | BigInt(next());

/** A doubleword whose elements, of a random size, are often at the edges of their range or small. */
export function doubleword(next: Random): bigint {
  const kind = next() & 7;
  if (kind < 3) return word64(next);
  if (kind === 3) return EDGES64[next() & 3]!;
  const bits = 8 << (next() & 3);
  let result = 0n;
  for (let at = 0; at < 64; at += bits) {
    const pick = next() & 3;
    const element = pick === 0 ? word64(next) : pick === 1 ? BigInt((next() % 17) - 8) : EDGES[next() % EDGES.length]!;
    result |= BigInt.asUintN(bits, element) << BigInt(at);
  }
  return result;
}
