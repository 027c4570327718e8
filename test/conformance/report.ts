// Tells what a mismatch is: shrunk to one instruction where that shows it, with inputs, outputs and disassembly.
import { type Mismatch, normalize, runCase } from './compare.js';
import type { Core } from './core.js';
import { disassemble, type Oracle, type OracleProgram, type Reply } from './oracle.js';
import { type Batch, type Case, placed } from './placement.js';
import { B, BLOCK, differences, registerText } from './state.js';

export interface Scene {
  readonly core: Core;
  readonly oracle: Oracle;
  readonly program: OracleProgram;
  readonly batch: Batch;
  readonly reply: Reply;
}

/** A case on its own: words from a state, with a data window. */
interface Alone {
  readonly batch: Batch;
  readonly ours: Uint32Array;
  readonly oursEnding: string;
  readonly ourWindow: Uint8Array;
  readonly reply: Reply;
  readonly oracleEnding: string;
}

export async function describeMismatch(scene: Scene, mismatch: Mismatch): Promise<string> {
  const index = mismatch.index < 0 ? await findWindowCase(scene) : mismatch.index;
  const { batch, core } = scene;
  const c = batch.cases[index]!;
  const state = batch.states.slice(index * BLOCK, (index + 1) * BLOCK);
  const window = windowBefore(scene, index);
  let shown: { words: readonly number[]; state: Uint32Array; window: Uint8Array } = { words: c.words, state, window };
  if (c.words.length > 1) shown = (await shrink(scene, c, shown)) ?? shown;
  const alone = await runAlone(scene, { ...c, words: shown.words }, shown.state, shown.window);
  return [
    `${mismatch.what} differ on ${core.kind}: ${nameOf(c, shown.words)}`,
    ...disassemble(scene.program, shown.words, c.start).map((line) => `  ${line.trim()}`),
    `  ended: ours ${alone.oursEnding}, oracle ${c.expected ?? alone.oracleEnding}`,
    ...inputs(shown.state, c, shown.words).map((line) => `  in   ${line}`),
    ...differences(alone.ours, 0, alone.reply.states, 0).map((line) => `  differs (ours, oracle): ${line}`),
    ...windowDifferences(alone.ourWindow, alone.reply.window).map((line) => `  differs (ours, oracle): ${line}`),
  ].join('\n');
}

const nameOf = (c: Case, words: readonly number[]): string =>
  words
    .map((w) => {
      const line = c.lines[c.words.indexOf(w)];
      const name = line ? `${line.instruction.name} "${line.instruction.asm}"` : 'undefined';
      return `${name} ${(w >>> 0).toString(16).padStart(8, '0')}`;
    })
    .join('; ');

/** Our engine's data window before a case; up to there it is the oracle's. */
function windowBefore({ core, batch }: Scene, index: number): Uint8Array {
  core.load(batch.ownCode, batch.window);
  for (let i = 0; i < index; i++) runCase(core, batch.cases[i]!, batch.states.slice(i * BLOCK, (i + 1) * BLOCK));
  return core.window.slice();
}

async function runAlone(
  { core, oracle, batch: from }: Scene,
  c: Case,
  state: Uint32Array,
  window: Uint8Array,
): Promise<Alone> {
  const batch = placed(from, c, state, window);
  const reply = await oracle.exchange(batch);
  const [oracleEnding] = normalize(batch, reply);
  const ours = state.slice();
  core.load(batch.ownCode, window);
  const { ending } = runCase(core, c, ours);
  return { batch, ours, oursEnding: ending, ourWindow: core.window.slice(), reply, oracleEnding: oracleEnding! };
}

const differs = (a: Alone): boolean =>
  a.oursEnding !== a.oracleEnding ||
  differences(a.ours, 0, a.reply.states, 0).length > 0 ||
  Buffer.compare(a.ourWindow, a.reply.window) !== 0;

/** The first word of a sequence that goes wrong, with the state before it; where it only fails in company, all up to it. */
async function shrink(
  scene: Scene,
  c: Case,
  from: { state: Uint32Array; window: Uint8Array },
): Promise<{ words: readonly number[]; state: Uint32Array; window: Uint8Array } | undefined> {
  let before = from;
  for (let length = 1; length <= c.words.length; length++) {
    const words = c.words.slice(0, length);
    const prefix = await runAlone(scene, { ...c, words }, from.state, from.window);
    if (!differs(prefix)) {
      if (prefix.oracleEnding !== 'end') return undefined;
      before = { state: prefix.reply.states, window: prefix.reply.window };
      continue;
    }
    const word = c.words[length - 1]!;
    const state = before.state.slice();
    state[B.PC] = from.state[B.PC]!;
    state[B.PC + 1] = 0;
    const single = await runAlone(scene, { ...c, words: [word] }, state, before.window);
    if (differs(single)) return { words: [word], state, window: before.window };
    return { words, ...from };
  }
  return undefined;
}

/** The case after which the data windows first differ, by halving. */
async function findWindowCase({ core, oracle, batch }: Scene): Promise<number> {
  let good = 0;
  let bad = batch.cases.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const reply = await oracle.exchange({ ...batch, states: batch.states.slice(0, middle * BLOCK) });
    const ours = windowBefore({ core, oracle, batch } as Scene, middle);
    if (Buffer.compare(ours, reply.window)) bad = middle;
    else good = middle;
  }
  return good;
}

/** The registers that the words name, and control state. */
function inputs(state: Uint32Array, c: Case, words: readonly number[]): string[] {
  const numbers = new Set<number>();
  for (const word of words) {
    const line = c.lines[c.words.indexOf(word)];
    for (const f of line?.fields ?? []) if (/^R/.test(f.name)) numbers.add((word >>> f.shift) & 31);
  }
  const out = [`NZCV ${state[B.NZCV]} FPCR ${state[B.FPCR]!.toString(16)} FPSR ${state[B.FPSR]!.toString(16)}`];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const x = n === 31 ? `SP ${registerText(state, B.SP, 2)}` : `X${n} ${registerText(state, B.X + 2 * n, 2)}`;
    out.push(`${x}  V${n} ${registerText(state, B.V + 4 * n, 4)}`);
  }
  return out;
}

function windowDifferences(a: Uint8Array, b: Uint8Array): string[] {
  const out: string[] = [];
  for (let i = 0; i < a.length && out.length < 16; i++) {
    if (a[i] !== b[i]) out.push(`data+${i.toString(16)} ${a[i]!.toString(16)} ${b[i]!.toString(16)}`);
  }
  return out;
}
