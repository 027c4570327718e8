// The SIMD table against GNU binutils: the same words are instructions, with the same names.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Decoder } from '../../../src/arch/a64/decoder.js';
import { PROFILES } from '../../../src/arch/profiles.js';
import { CRYPTO } from '../../../src/arch/semantics/crypto.js';
import { SIMD } from '../../../src/arch/semantics/simd/index.js';
import { random } from './words.js';

const OBJDUMP = 'aarch64-linux-gnu-objdump';
const WORDS = Number(process.env.SIMD_WORDS ?? 200_000);
const SEED = Number(process.env.SIMD_SEED ?? 1);

const missing = spawnSync(OBJDUMP, ['--version']).status !== 0;
const skip = missing && process.env.CI !== 'true';

const decoder = new Decoder([...SIMD, ...CRYPTO], PROFILES['neoverse-n1']!.features);

/** The mnemonic of each word, upper case; '' where binutils knows none. */
function disassemble(words: Uint32Array): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'simd-'));
  try {
    const file = join(directory, 'words');
    writeFileSync(file, new Uint8Array(words.buffer));
    const flags = ['-D', '-b', 'binary', '-m', 'aarch64', '-M', 'no-aliases', '--no-show-raw-insn', '-z'];
    const { stdout, stderr, status } = spawnSync(OBJDUMP, [...flags, file], { maxBuffer: 2 ** 30, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${OBJDUMP}: ${stderr}`);
    const lines = stdout.split('\n').filter((line) => /^ *[0-9a-f]+:\t/.test(line));
    return lines.map((line) => {
      const [, name, operands] = line.split('\t') as [string, string, string?];
      const mnemonic = name.trim().toUpperCase();
      if (mnemonic.startsWith('.') || line.includes('undefined')) return '';
      return mnemonic === 'FMOV' && !/^v\d+\.\d+[hsd], #/.test(operands!) ? 'FMOV (not a vector immediate)' : mnemonic;
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const mnemonicOf = (name: string): string => name.split('_')[0]!;
const OURS = new Set([...SIMD, ...CRYPTO].map((i) => mnemonicOf(i.name)));

/** Second-half forms are lines of their own names in binutils; the table has one line for both. */
const withoutHalf = (mnemonic: string): string => (OURS.has(mnemonic) ? mnemonic : mnemonic.replace(/2$/, ''));

/** Half of the words are random in the class, half near an encoding of the table: a bit or two flipped. */
function sample(): Uint32Array {
  const next = random(SEED);
  const words = new Uint32Array(WORDS);
  for (let i = 0; i < WORDS; i++) {
    if (i & 1) {
      const encoding = decoder.encodings[next() % decoder.encodings.length]!;
      const flipped = next() & 1 ? 1 << (10 + (next() % 14)) : 0;
      words[i] = ((next() & ~encoding.mask) | encoding.value) ^ flipped;
    } else {
      const load = next() % 4 === 0;
      words[i] = load ? (next() & 0x41ffffff) | 0x0c000000 : (next() & 0xf1ffffff) | 0x0e000000;
    }
  }
  return words;
}

test.skipIf(skip)(`SIMD table equals binutils${skip ? ` (skipped: ${OBJDUMP} is not installed)` : ''}`, () => {
  if (missing) throw new Error(`${OBJDUMP}: not installed, and CI must run this oracle`);
  const words = sample();
  const expected = disassemble(words);
  expect(expected.length).toBe(WORDS);
  const differences = new Map<string, string>();
  const seen = new Set<string>();
  words.forEach((word, i) => {
    const match = decoder.match(word);
    const name = match ? mnemonicOf(match.encoding.instruction.name) : '';
    if (match) seen.add(match.encoding.instruction.name);
    const theirs = withoutHalf(expected[i]!);
    const want = OURS.has(theirs) ? theirs : '';
    if (name !== want) differences.set(`${name || '-'} / ${expected[i] || '-'}`, word.toString(16).padStart(8, '0'));
  });
  expect(Object.fromEntries(differences)).toEqual({});
  expect(decoder.encodings.filter((e) => !seen.has(e.instruction.name)).map((e) => e.instruction.name)).toEqual([]);
});
