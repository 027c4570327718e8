import { describe, expect, test } from 'vitest';
import { pageKernel } from './page-kernel.js';

const PRIMES = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const u64 = (n: bigint): bigint => BigInt.asUintN(64, n);
const rotl = (n: bigint, by: bigint): bigint => u64((n << by) | (n >> (64n - by)));

/** XXH64 by its specification, with seed 0, for any length. */
function xxh64(bytes: Uint8Array): bigint {
  const [p1, p2, p3, p4, p5] = PRIMES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const round = (acc: bigint, lane: bigint): bigint => u64(rotl(u64(acc + lane * p2), 31n) * p1);
  let at = 0;
  let h: bigint = p5;
  if (bytes.length >= 32) {
    const v = [u64(p1 + p2), p2, 0n, u64(-p1)];
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i++) v[i] = round(v[i]!, view.getBigUint64(at + i * 8, true));
    }
    h = u64(rotl(v[0]!, 1n) + rotl(v[1]!, 7n) + rotl(v[2]!, 12n) + rotl(v[3]!, 18n));
    for (const lane of v) h = u64((h ^ round(0n, lane)) * p1 + p4);
  }
  h = u64(h + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    h = u64(rotl(h ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4);
  }
  if (at + 4 <= bytes.length) {
    h = u64(rotl(h ^ u64(BigInt(view.getUint32(at, true)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at++) h = u64(rotl(h ^ u64(BigInt(bytes[at]!) * p5), 11n) * p1);
  h = u64((h ^ (h >> 33n)) * p2);
  h = u64((h ^ (h >> 29n)) * p3);
  return h ^ (h >> 32n);
}

test("the reference gives XXH64's published values", () => {
  const of = (text: string): bigint => xxh64(new TextEncoder().encode(text));
  expect(of('')).toBe(0xef46db3751d8e999n);
  expect(of('a')).toBe(0xd24ec4f1a98c6e5bn);
  expect(of('abc')).toBe(0x44bc2cf5ad770999n);
});

describe('page kernel', () => {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const bytes = new Uint8Array(memory.buffer);
  const kernel = pageKernel(memory);

  test('hashes as the reference', () => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i, 0x9e3779b1) >>> 24;
    for (const [at, length] of [
      [0, 32],
      [4096, 4096],
      [8, 64],
      [3, 1024],
      [0, 131072],
    ] as const) {
      expect(kernel.hash(at, length)).toBe(xxh64(bytes.subarray(at, at + length)));
    }
  });

  test('finds pages that are used and pages that are not', () => {
    bytes.fill(0);
    expect(kernel.firstUsed(0, 131072)).toBe(131072);
    expect(kernel.firstZero(0, 131072)).toBe(0);
    bytes[5 * 4096 + 4095] = 1;
    bytes[6 * 4096] = 0x80;
    bytes[9 * 4096 + 2000] = 7;
    expect(kernel.firstUsed(0, 131072)).toBe(5 * 4096);
    expect(kernel.firstZero(5 * 4096, 131072)).toBe(7 * 4096);
    expect(kernel.firstUsed(7 * 4096, 131072)).toBe(9 * 4096);
    expect(kernel.firstUsed(7 * 4096, 9 * 4096)).toBe(9 * 4096);
    expect(kernel.firstUsed(8192, 8192)).toBe(8192);
    bytes.fill(1);
    expect(kernel.firstZero(0, 131072)).toBe(131072);
  });
});
