// Runs the same cases on an engine and on the oracle, and describes what differs.
import { Decoder } from '../../../src/arch/a64/decoder.js';
import type { Encoding, Instruction } from '../../../src/arch/a64/pattern.js';
import { createHarness, type Harness, zeroState } from '../../../src/arch/engine/harness.js';
import { PROFILES } from '../../../src/arch/profiles.js';
import { Random } from '../random.js';
import { drawCase, drawWord } from './cases.js';
import { type Case, GENERAL, type Oracle, type Reply } from './oracle.js';

const PROFILE = 'neoverse-n1';
/** States that one word is run on. */
const STATES_PER_WORD = 16;
const BATCH = 4096;

export interface Comparison {
  /** Cases by name of the table line. */
  readonly cases: Map<string, number>;
  /** First difference of each line that has any, and how many there are. */
  readonly differences: Record<string, string>;
}

const hex = (n: bigint): string => n.toString(16).padStart(16, '0');

function describe(k: Case, got: Reply, want: Reply): string | undefined {
  const wrong: string[] = [];
  if (got.fpsr !== want.fpsr) wrong.push(`fpsr ${got.fpsr.toString(16)} not ${want.fpsr.toString(16)}`);
  if (got.nzcv !== want.nzcv) wrong.push(`nzcv ${got.nzcv} not ${want.nzcv}`);
  for (let i = 0; i < GENERAL; i++) {
    if (got.x[i] !== want.x[i]) wrong.push(`x${i} ${hex(got.x[i]!)} not ${hex(want.x[i]!)}`);
  }
  for (let i = 0; i < 64; i++) {
    if (got.v[i] !== want.v[i]) wrong.push(`v${i >> 1}.d[${i & 1}] ${hex(got.v[i]!)} not ${hex(want.v[i]!)}`);
  }
  if (!wrong.length) return undefined;
  const registers = [k.word & 31, (k.word >>> 5) & 31, (k.word >>> 16) & 31, (k.word >>> 10) & 31];
  const inputs = registers.map((r) => `v${r}=${hex(k.v[r * 2 + 1]!)}_${hex(k.v[r * 2]!)}`).join(' ');
  const control = `fpcr ${k.fpcr.toString(16)} fpsr ${k.fpsr.toString(16)} nzcv ${k.nzcv}`;
  return `${k.word.toString(16)}: ${wrong.join(', ')} (${control} ${inputs} x=${[...k.x].map(hex).join(' ')})`;
}

function runOwn(harness: Harness, k: Case): Reply {
  const state = zeroState();
  k.x.forEach((value, i) => {
    state.x[i] = value;
  });
  state.v = Array.from({ length: 32 }, (_, i): [bigint, bigint] => [k.v[i * 2]!, k.v[i * 2 + 1]!]);
  Object.assign(state, { nzcv: k.nzcv, fpcr: k.fpcr, fpsr: k.fpsr });
  const end = harness.run([k.word], state);
  if (end.exception) throw new Error(`${k.word.toString(16)}: ${end.exception}`);
  return {
    fpsr: end.fpsr,
    nzcv: end.nzcv,
    x: BigUint64Array.from(end.x.slice(0, GENERAL)),
    v: BigUint64Array.from(end.v.flat()),
  };
}

/**
 * QEMU 7.2 leaves the sign of a negative halfword in bits 31:16 of the register, which a write of Hd clears
 * (C7.2, "FCVTZS (vector, fixed-point)", and V[] in J1.1).
 */
function corrected(encoding: Encoding, k: Case, reply: Reply): Reply {
  if (encoding.instruction.name !== 'FCVTZS_fixed_scalar_16') return reply;
  const v = reply.v.slice();
  v[(k.word & 31) * 2]! &= 0xffffn;
  return { ...reply, v };
}

/** `each` cases of every line, in batches that the oracle runs at once. */
export function compareWithOracle(
  oracle: Oracle,
  table: readonly Instruction[],
  engine: 'interp' | 'jit',
  seed: number,
  each: number,
): Comparison {
  const harness = createHarness(PROFILE, table, { engine });
  const { encodings } = new Decoder(table, PROFILES[PROFILE]!.features);
  const cases = new Map<string, number>();
  const differences: Record<string, string> = {};
  const counts = new Map<string, number>();
  let batch: { encoding: Encoding; k: Case }[] = [];
  const flush = (): void => {
    const replies = oracle.run(batch.map(({ k }) => k));
    for (const [i, { encoding, k }] of batch.entries()) {
      const { name } = encoding.instruction;
      cases.set(name, (cases.get(name) ?? 0) + 1);
      const difference = describe(k, runOwn(harness, k), corrected(encoding, k, replies[i]!));
      if (!difference) continue;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      differences[name] = count === 1 ? difference : differences[name]!.replace(/( \[\d+\])?$/, ` [${count}]`);
    }
    batch = [];
  };
  for (const [stream, encoding] of encodings.entries()) {
    const r = new Random(seed, stream);
    let word = 0;
    for (let i = 0; i < each; i++) {
      if (i % STATES_PER_WORD === 0) word = drawWord(r, encoding);
      batch.push({ encoding, k: drawCase(r, encoding, word) });
      if (batch.length === BATCH) flush();
    }
  }
  flush();
  return { cases, differences };
}
