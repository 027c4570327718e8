import { crc32 as native } from 'node:zlib';
import { expect, test } from 'vitest';
import { portableCrc32 } from './crc32.js';

test('the check value of CRC-32/ISO-HDLC, whole and in two pieces', () => {
  const bytes = new TextEncoder().encode('123456789');
  expect(portableCrc32(bytes)).toBe(0xcbf43926);
  expect(portableCrc32(bytes.subarray(4), portableCrc32(bytes.subarray(0, 4)))).toBe(0xcbf43926);
});

test("Node's own gives the same", () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) >>> 3);
  for (const length of [0, 1, 7, 4096, 5000]) {
    const some = bytes.subarray(0, length);
    expect(native(some, 0x12345678)).toBe(portableCrc32(some, 0x12345678));
  }
});
