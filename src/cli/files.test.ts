import { mkdtempSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inputFile } from './files.js';

const path = (): string => join(mkdtempSync(join(tmpdir(), 'cv-')), 'file');
const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);

test('a file is read as it is needed', () => {
  const name = path();
  writeFileSync(name, bytes);
  const file = inputFile(name);
  expect(file.length).toBe(bytes.length);
  for (const [at, length] of [
    [0, 24],
    [299_999, 1],
    [10, 299_000],
    [77, 0],
  ] as const) {
    expect(Buffer.compare(file.read(at, length), bytes.subarray(at, at + length))).toBe(0);
  }
});

test('a file that is replaced meanwhile is still the old one; one that is cut is an error', () => {
  const name = path();
  writeFileSync(name, bytes);
  const file = inputFile(name);
  writeFileSync(`${name}2`, 'new');
  renameSync(`${name}2`, name);
  expect(Buffer.compare(file.read(0, 100), bytes.subarray(0, 100))).toBe(0);
  const other = path();
  writeFileSync(other, bytes);
  const cut = inputFile(other);
  truncateSync(other, 1000);
  expect(() => cut.read(900, 200)).toThrow(/has become shorter than its 300000 bytes/);
});
