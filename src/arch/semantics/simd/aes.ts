/** AES single-round instructions (C4.1 "Cryptographic AES"): table lookups are swizzles, so no memory is touched. */
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { operandsDN } from './form.js';
import { every, negative } from './lanes.js';

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function product(a: number, b: number): number {
  let result = 0;
  for (let i = 0, x = a; i < 8; i++, x = (x << 1) ^ (x & 0x80 ? 0x11b : 0)) if ((b >> i) & 1) result ^= x;
  return result;
}

/** FIPS 197, 5.1.1: the multiplicative inverse (a^254), then an affine map. */
function substitution(a: number): number {
  let inverse = 1;
  for (let i = 0; i < 254; i++) inverse = product(inverse, a);
  const rotated = (by: number): number => ((inverse << by) | (inverse >> (8 - by))) & 0xff;
  return inverse ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63;
}

const SBOX = Array.from({ length: 256 }, (_, a) => substitution(a));
const INVERSE_SBOX = Array.from({ length: 256 }, (_, a) => SBOX.indexOf(a));

function half(table: readonly number[], at: number): bigint {
  let result = 0n;
  for (let i = 7; i >= 0; i--) result = (result << 8n) | BigInt(table[at + i]!);
  return result;
}

/** A 256-byte table looked up for each byte: a swizzle gives 0 for indices that are not in its 16 bytes. */
function lookUp(e: Emitter, table: readonly number[], a: Val): Val {
  const rows = Array.from({ length: 16 }, (_, row) => {
    const index = e.simd('i8x16.sub', a, every(e, 8, BigInt(row * 16)));
    return e.simd('i8x16.swizzle', e.v128(half(table, row * 16), half(table, row * 16 + 8)), index);
  });
  return rows.reduce((x, y) => e.simd('v128.or', x, y));
}

/** Row r of the state is rotated left by r columns; byte i is row i % 4 of column i >> 2. */
const SHIFT_ROWS = Array.from({ length: 16 }, (_, i) => (i + 4 * (i % 4)) % 16);
const INVERSE_SHIFT_ROWS = Array.from({ length: 16 }, (_, i) => (i + 12 * (i % 4)) % 16);

/** Each byte becomes the one `by` rows below in its column. */
function rowsDown(e: Emitter, a: Val, by: number): Val {
  const indices = Array.from({ length: 16 }, (_, i) => (i & ~3) | ((i + by) & 3));
  return e.shuffle(a, a, indices);
}

/** Each byte times x in GF(2^8). */
function timesX(e: Emitter, a: Val): Val {
  const carry = e.simd('v128.and', negative(e, 8, a), every(e, 8, 0x1bn));
  return e.simd('v128.xor', e.simd('i8x16.shl', a, e.i32(1)), carry);
}

/** FIPS 197, 5.1.3: 2 a0 + 3 a1 + a2 + a3 for each byte. */
function mixColumns(e: Emitter, a: Val): Val {
  const xor = (x: Val, y: Val): Val => e.simd('v128.xor', x, y);
  const a1 = rowsDown(e, a, 1);
  const pair = xor(a, a1);
  return xor(xor(timesX(e, pair), a1), rowsDown(e, pair, 2));
}

/** The inverse's polynomial is that of MixColumns times (4 x^2 + 5). */
function inverseMixColumns(e: Emitter, a: Val): Val {
  const across = e.simd('v128.xor', a, rowsDown(e, a, 2));
  return mixColumns(e, e.simd('v128.xor', a, timesX(e, timesX(e, across))));
}

type Round = (e: Emitter, n: Val, d: () => Val) => Val;

const ROUNDS: readonly [name: string, opcode: string, op: Round][] = [
  [
    'AESE',
    '00100',
    (e, n, d) => {
      const state = e.simd('v128.xor', d(), n);
      return lookUp(e, SBOX, e.shuffle(state, state, SHIFT_ROWS));
    },
  ],
  [
    'AESD',
    '00101',
    (e, n, d) => {
      const state = e.simd('v128.xor', d(), n);
      return lookUp(e, INVERSE_SBOX, e.shuffle(state, state, INVERSE_SHIFT_ROWS));
    },
  ],
  ['AESMC', '00110', (e, n) => mixColumns(e, n)],
  ['AESIMC', '00111', (e, n) => inverseMixColumns(e, n)],
];

export const AES: readonly Instruction[] = ROUNDS.map(
  ([name, opcode, op]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name} <Vd>.16B, <Vn>.16B`,
    pattern: `0100 1110 00 10100 ${opcode} 10 Rn Rd`,
    feature: 'crypto',
    fp: true,
    operands: operandsDN,
    emit(e, _, o) {
      e.setVec(
        o.d,
        op(e, e.vec(o.n), () => e.vec(o.d)),
      );
    },
  }),
);
