// The cryptographic instructions put together as software does, against published examples.
import { expect, test } from 'vitest';
import { createHarness, zeroState } from '../engine/harness.js';
import { CRYPTO } from './crypto.js';

const harness = createHarness('cortex-a57', CRYPTO);
type Vector = [bigint, bigint];

/** Runs one instruction on V0 (d), V1 (n) and V2 (m), which its word must name; gives V0. */
function run(word: number, d: Vector, n: Vector, m: Vector = [0n, 0n]): Vector {
  const state = zeroState();
  state.v[0] = d;
  state.v[1] = n;
  state.v[2] = m;
  const { v, exception } = harness.run([word], state);
  expect(exception).toBeNull();
  return v[0]!;
}

const AESE = 0x4e284820;
const AESD = 0x4e285820;
const AESMC = 0x4e286820;
const AESIMC = 0x4e287820;
const SHA1C = 0x5e020020;
const SHA1P = 0x5e021020;
const SHA1M = 0x5e022020;
const SHA1SU0 = 0x5e023020;
const SHA1SU1 = 0x5e281820;
const SHA256H = 0x5e024020;
const SHA256H2 = 0x5e025020;
const SHA256SU0 = 0x5e282820;
const SHA256SU1 = 0x5e026020;
const PMULL = 0x0ee2e020;
const PMULL2 = 0x4ee2e020;

const ZERO: Vector = [0n, 0n];

function fromHex(hex: string): Vector {
  const bytes = hex.match(/../g)!.reverse().join('');
  return [BigInt(`0x${bytes.slice(16)}`), BigInt(`0x${bytes.slice(0, 16)}`)];
}
const toHex = ([low, high]: Vector): string =>
  `${high.toString(16).padStart(16, '0')}${low.toString(16).padStart(16, '0')}`.match(/../g)!.reverse().join('');
const xor = (a: Vector, b: Vector): Vector => [a[0] ^ b[0], a[1] ^ b[1]];

/** FIPS 197, appendix B: its round keys 0, 1 and 10 are enough for the first round and, backwards, the last. */
test('AES rounds are those of FIPS 197, appendix B', () => {
  const start = fromHex('3243f6a8885a308d313198a2e0370734');
  const key0 = fromHex('2b7e151628aed2a6abf7158809cf4f3c');
  const afterFirst = fromHex('046681e5e0cb199a48f8d37a2806264c');
  const substituted = run(AESE, start, key0);
  expect(toHex(substituted)).toBe('d4bf5d30e0b452aeb84111f11e2798e5');
  expect(toHex(run(AESMC, ZERO, substituted))).toBe(toHex(afterFirst));
  expect(toHex(run(AESIMC, ZERO, afterFirst))).toBe(toHex(substituted));

  const beforeLast = fromHex('eb40f21e592e38848ba113e71bc342d2');
  const key10 = fromHex('d014f9a8c9ee2589e13f0cc8b6630ca6');
  const cipher = xor(run(AESE, beforeLast, ZERO), key10);
  expect(toHex(cipher)).toBe('3925841d02dc09fbdc118597196a0b32');
  expect(toHex(run(AESD, cipher, key10))).toBe(toHex(beforeLast));
});

const words = (a: readonly number[]): Vector => {
  const [w0, w1, w2, w3] = a.map((w) => BigInt(w >>> 0)) as [bigint, bigint, bigint, bigint];
  return [w0 | (w1 << 32n), w2 | (w3 << 32n)];
};
const wordsOf = ([low, high]: Vector): number[] =>
  [low, low >> 32n, high, high >> 32n].map((w) => Number(BigInt.asUintN(32, w)));
const add = (a: Vector, b: Vector): Vector => words(wordsOf(a).map((w, i) => w + wordsOf(b)[i]!));
const digest = (...parts: Vector[]): string =>
  parts
    .flatMap(wordsOf)
    .map((w) => w.toString(16).padStart(8, '0'))
    .join('');

/** The one padded block of the message "abc", FIPS 180-4. */
const ABC = [words([0x61626380, 0, 0, 0]), ZERO, ZERO, words([0, 0, 0, 24])];

/** The first 32 bits of the fractional parts of the primes' roots. */
function roots(count: number, root: (p: number) => number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p)) primes.push(n);
  return primes.map((p) => Math.floor((root(p) % 1) * 2 ** 32));
}

test('SHA-256 of "abc"', () => {
  const constants = roots(64, Math.cbrt);
  const initial = roots(8, Math.sqrt);
  const schedule = [...ABC];
  for (let i = 4; i < 16; i++) {
    const [w0, w1, w2, w3] = schedule.slice(i - 4) as [Vector, Vector, Vector, Vector];
    schedule.push(run(SHA256SU1, run(SHA256SU0, w0, w1), w2, w3));
  }
  const first = words(initial.slice(0, 4));
  const second = words(initial.slice(4));
  let x = first;
  let y = second;
  schedule.forEach((w, i) => {
    const sum = add(w, words(constants.slice(i * 4, i * 4 + 4)));
    [x, y] = [run(SHA256H, x, y, sum), run(SHA256H2, y, x, sum)];
  });
  expect(digest(add(first, x), add(second, y))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('SHA-1 of "abc"', () => {
  const SHA1H = 0x5e280820;
  const schedule = [...ABC];
  for (let i = 4; i < 20; i++) {
    const [w0, w1, w2, w3] = schedule.slice(i - 4) as [Vector, Vector, Vector, Vector];
    schedule.push(run(SHA1SU1, run(SHA1SU0, w0, w1, w2), w3));
  }
  const first = words([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  const fifth = words([0xc3d2e1f0, 0, 0, 0]);
  let x = first;
  let e = fifth;
  schedule.forEach((w, i) => {
    const quarter = Math.floor(i / 5);
    const constant = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][quarter]!;
    const op = [SHA1C, SHA1P, SHA1M, SHA1P][quarter]!;
    const next = run(SHA1H, ZERO, x);
    x = run(op, x, e, add(w, words([constant, constant, constant, constant])));
    e = next;
  });
  expect(digest(add(first, x), add(fifth, e)).slice(0, 40)).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
});

test('PMULL of doublewords: the square of all ones has every even bit', () => {
  const ones = (1n << 64n) - 1n;
  const even = 0x5555555555555555n;
  expect(run(PMULL, ZERO, [ones, 3n], [ones, 7n])).toEqual([even, even]);
  expect(run(PMULL2, ZERO, [ones, 3n], [ones, 7n])).toEqual([0b1001n, 0n]);
  expect(run(PMULL, ZERO, [1n << 63n, 0n], [1n << 63n, 0n])).toEqual([0n, 1n << 62n]);
});
