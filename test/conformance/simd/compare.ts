// Runs the same random cases on an engine and on the oracle.
import { Decoder } from '../../../src/arch/a64/decoder.js';
import type { Encoding, Instruction } from '../../../src/arch/a64/pattern.js';
import { type CoreState, createHarness, DATA, type Outcome } from '../../../src/arch/engine/harness.js';
import { PROFILES } from '../../../src/arch/profiles.js';
import { type Case, type Oracle, type Reply, WINDOW, WINDOW_BYTES } from './oracle.js';
import { doubleword, type Random, random, wordOf } from './words.js';

const PROFILE = 'neoverse-n1';
const CHUNK = 4096;
const QC = 1 << 27;

/** General registers that a word names, by field; x29 and x30 belong to the oracle. */
function generalRegisters(encoding: Encoding, word: number): number[] {
  const { name } = encoding.instruction;
  const field = (at: number): number => (word >>> at) & 31;
  if (/^(LD|ST)\d/.test(name)) return name.endsWith('_post_reg') ? [field(5), field(16)] : [field(5)];
  if (name.includes('_general_')) return [field(5)];
  if (/^[SU]MOV_/.test(name)) return [field(0)];
  return [];
}

/** The most negative element, of the size that most words have in bits 23:22, throughout. */
function leastElements(word: number): bigint {
  const bits = 8 << ((word >>> 22) & 3);
  let result = 0n;
  for (let at = bits - 1; at < 64; at += bits) result |= 1n << BigInt(at);
  return result;
}

function makeCase(encoding: Encoding, decoder: Decoder, next: Random): Case {
  let word: number | null;
  do {
    word = wordOf(decoder, encoding, next);
    if (word === null) throw new Error(`${encoding.instruction.name}: no word of this encoding`);
  } while (generalRegisters(encoding, word).some((n) => n === 29 || n === 30));
  const address = (align: number): bigint => BigInt(WINDOW + 96 + ((next() % 64) & -align));
  const least = leastElements(word);
  const atLimits = next() % 3 === 0;
  const state: CoreState = {
    x: Array.from({ length: 31 }, () => doubleword(next)),
    sp: address(16),
    nzcv: 0,
    fpcr: 0,
    fpsr: next() & 7 ? 0 : QC,
    v: Array.from({ length: 32 }, (): [bigint, bigint] => {
      if (!atLimits) return [doubleword(next), doubleword(next)];
      const limit = next() & 3 ? least : BigInt.asUintN(64, ~least);
      return [limit, limit];
    }),
  };
  if (/^(LD|ST)\d/.test(encoding.instruction.name)) {
    const base = (word >>> 5) & 31;
    if (base !== 31) state.x[base] = address(1);
  }
  const memory = new Uint8Array(WINDOW_BYTES).map(() => next());
  return { word, state, memory };
}

const hex = (a: bigint): string => a.toString(16).padStart(16, '0');

/** The first difference, or null. */
function difference(mine: Outcome, memory: Uint8Array, theirs: Reply): string | null {
  if ((mine.exception !== null) !== theirs.undefined) return `exception ${mine.exception}, oracle ${theirs.undefined}`;
  for (let n = 0; n < 32; n++) {
    const [low, high] = mine.v[n]!;
    const [wantLow, wantHigh] = theirs.v[n]!;
    if (low !== wantLow || high !== wantHigh) {
      return `v${n} ${hex(high)}'${hex(low)}, oracle ${hex(wantHigh)}'${hex(wantLow)}`;
    }
  }
  if (mine.fpsr !== theirs.fpsr) return `fpsr ${mine.fpsr.toString(16)}, oracle ${theirs.fpsr.toString(16)}`;
  for (let n = 0; n < 29; n++) {
    if (mine.x[n] !== theirs.x[n]) return `x${n} ${hex(mine.x[n]!)}, oracle ${hex(theirs.x[n]!)}`;
  }
  if (mine.sp !== theirs.sp) return `sp ${hex(mine.sp)}, oracle ${hex(theirs.sp)}`;
  const at = memory.findIndex((byte, i) => byte !== theirs.memory[i]);
  return at < 0 ? null : `byte ${at} is ${memory[at]}, oracle ${theirs.memory[at]}`;
}

export interface Comparison {
  /** The first difference of each instruction, by name. */
  readonly differences: Readonly<Record<string, string>>;
  /** Cases by instruction name. */
  readonly cases: ReadonlyMap<string, number>;
  /** Instructions that were seen to set FPSR.QC. */
  readonly saturated: ReadonlySet<string>;
}

/** `each` cases of every instruction in the table. */
export function compareWithOracle(
  oracle: Oracle,
  table: readonly Instruction[],
  engine: 'interp' | 'jit',
  seed: number,
  each: number,
): Comparison {
  const harness = createHarness(PROFILE, table, { engine });
  const decoder = new Decoder(table, PROFILES[PROFILE]!.features);
  const next = random(seed);
  const differences: Record<string, string> = {};
  const cases = new Map<string, number>();
  const saturated = new Set<string>();
  const window = harness.data.subarray(WINDOW - DATA, WINDOW - DATA + WINDOW_BYTES);
  const flush = (batch: { encoding: Encoding; test: Case }[]): void => {
    const replies = oracle.run(batch.map((b) => b.test));
    batch.forEach(({ encoding, test }, i) => {
      const { name } = encoding.instruction;
      window.set(test.memory);
      const outcome = harness.run([test.word], test.state);
      const found = difference(outcome, window, replies[i]!);
      if (found) differences[name] ??= `${test.word.toString(16).padStart(8, '0')}: ${found}`;
      cases.set(name, (cases.get(name) ?? 0) + 1);
      if (outcome.fpsr & ~test.state.fpsr & QC) saturated.add(name);
    });
  };
  let batch: { encoding: Encoding; test: Case }[] = [];
  for (let round = 0; round < each; round++) {
    for (const encoding of decoder.encodings) {
      batch.push({ encoding, test: makeCase(encoding, decoder, next) });
      if (batch.length === CHUNK) {
        flush(batch);
        batch = [];
      }
    }
  }
  flush(batch);
  return { differences, cases, saturated };
}
