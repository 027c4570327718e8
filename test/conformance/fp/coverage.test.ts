// The floating-point table against GNU binutils: the same words are instructions, with the same names; and profiles.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Decoder } from '../../../src/arch/a64/decoder.js';
import { PROFILES } from '../../../src/arch/profiles.js';
import { FP } from '../../../src/arch/semantics/fp/index.js';
import { Random } from '../random.js';

const OBJDUMP = 'aarch64-linux-gnu-objdump';
const WORDS = Number(process.env.FP_WORDS ?? 150_000);
const SEED = Number(process.env.FP_SEED ?? 1);

const missing = spawnSync(OBJDUMP, ['--version']).status !== 0;
const skip = missing && process.env.CI !== 'true';

const decoder = new Decoder(FP, PROFILES['neoverse-n1']!.features);
const mnemonicOf = (name: string): string => name.split('_')[0]!;
const OURS = new Set(FP.map((i) => mnemonicOf(i.name)));

/** The mnemonic of each word where it is one of ours, else ''. */
function disassemble(words: Uint32Array): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'fp-'));
  try {
    const file = join(directory, 'words');
    writeFileSync(file, new Uint8Array(words.buffer));
    const flags = ['-D', '-b', 'binary', '-m', 'aarch64', '-M', 'no-aliases', '--no-show-raw-insn', '-z'];
    const { stdout, stderr, status } = spawnSync(OBJDUMP, [...flags, file], { maxBuffer: 2 ** 30, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${OBJDUMP}: ${stderr}`);
    const lines = stdout.split('\n').filter((line) => /^ *[0-9a-f]+:\t/.test(line));
    return lines.map((line) => {
      const [, name, operands = ''] = line.split('\t');
      const mnemonic = name!.trim().toUpperCase().replace(/2$/, '');
      // Vector immediates are another table's; z registers are SVE.
      const foreign = /^z\d/.test(operands) || (mnemonic === 'FMOV' && /^v\d+\.\d+[hsd], #/.test(operands));
      return !foreign && !line.includes('undefined') && OURS.has(mnemonic) ? mnemonic : '';
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Half of the words are random in the class, half near an encoding of the table: up to two bits flipped. */
function sample(): Uint32Array {
  const r = new Random(SEED);
  return Uint32Array.from({ length: WORDS }, (_, i) => {
    if (i & 1) return (r.word() & 0xf1ffffff) | 0x0e000000;
    const encoding = r.pick(decoder.encodings);
    const word = (r.word() & ~encoding.mask) | encoding.value;
    const flips = r.below(3);
    return word ^ (flips > 0 ? 1 << r.below(32) : 0) ^ (flips > 1 ? 1 << r.below(32) : 0);
  });
}

test.skipIf(skip)(
  `floating-point table equals binutils${skip ? ` (skipped: ${OBJDUMP} is not installed)` : ''}`,
  () => {
    if (missing) throw new Error(`${OBJDUMP}: not installed, and CI must run this oracle`);
    const words = sample();
    const expected = disassemble(words);
    expect(expected.length).toBe(WORDS);
    const differences = new Map<string, string>();
    const seen = new Set<string>();
    words.forEach((word, i) => {
      const name = decoder.match(word)?.encoding.instruction.name ?? '';
      seen.add(name);
      const ours = name && mnemonicOf(name);
      if (ours !== expected[i]) differences.set(`${name || '-'} / ${expected[i] || '-'}`, word.toString(16));
    });
    expect(Object.fromEntries(differences)).toEqual({});
    expect(decoder.encodings.map((e) => e.instruction.name).filter((name) => !seen.has(name))).toEqual([]);
  },
);

test('names are unique, and every line traps with FP access', () => {
  expect(new Set(FP.map((i) => i.name)).size).toBe(FP.length);
  expect(FP.filter((i) => !i.fp)).toEqual([]);
});

test('a profile without fp16 has half precision in conversions between formats only', () => {
  const plain = new Decoder(FP, PROFILES['cortex-a57']!.features);
  expect(plain.match(0x1ee22820)).toBeNull(); // fadd h0, h1, h2
  expect(plain.match(0x0e421420)).toBeNull(); // fadd v0.4h, v1.4h, v2.4h
  expect(plain.match(0x4e79d820)).toBeNull(); // scvtf v0.8h, v1.8h
  expect(plain.match(0x1ee24020)?.encoding.instruction.name).toBe('FCVT_H_S');
  expect(plain.match(0x0e217820)?.encoding.instruction.name).toBe('FCVTL_vector_16');
});
