// Runs a batch on one of our engines and compares each case with what the oracle answered.

import type { CaseOutcome, Core } from './core.js';
import { correctOracle } from './exclusions.js';
import type { Reply } from './oracle.js';
import type { Batch, Case } from './placement.js';
import { B, BLOCK, type Ending, Signal, sameState } from './state.js';

export interface Mismatch {
  /** Index of the case in its batch; -1 where only the data window differs after the last case. */
  readonly index: number;
  readonly what: 'ending' | 'registers' | 'retired' | 'window';
  readonly ours: Ending;
  readonly oracle: Ending;
}

/** How the oracle's case ended. */
export function oracleEnding(c: Case, reply: Uint32Array, at: number): Ending {
  const signal = reply[at + B.SIGNAL];
  if (signal === 0) return 'end';
  if (signal === Signal.ILL) return 'undefined';
  if (signal === Signal.ALRM) return 'loop';
  if (signal === Signal.TRAP) return 'trap';
  // QEMU finds an unmapped page first; PC alignment comes before instruction aborts (D1.3.5.5, see ORACLE_LIMITS).
  if (c.branch && reply[at + B.PC]! & 3) return 'alignment';
  return signal === Signal.BUS ? 'alignment' : 'abort';
}

/** Gives the oracle's states the pc that they have at our engines' end of a case. Once for a reply. */
export function normalize(batch: Batch, reply: Reply): Ending[] {
  return batch.cases.map((c, i) => {
    const at = i * BLOCK;
    const ending = oracleEnding(c, reply.states, at);
    if (ending === 'end') {
      reply.states[at + B.PC] = c.start + 4 * c.words.length;
      reply.states[at + B.PC + 1] = 0;
    }
    c.lines.forEach((line, n) => {
      const name = line?.instruction.name;
      if (name) correctOracle(name, c.words[n]!, c.words.length === 1, reply.states, at, c.start);
    });
    return ending;
  });
}

export interface CompareOptions {
  /** Called for each case with how it ended on our engine. */
  onCase?(c: Case, ending: Ending): void;
  /** Lets other work of the process go on, now and then. */
  breathe?(): Promise<void>;
}

/** @param endings from `normalize` */
export async function compareBatch(
  core: Core,
  batch: Batch,
  reply: Reply,
  endings: readonly Ending[],
  options: CompareOptions = {},
): Promise<Mismatch[]> {
  const mismatches: Mismatch[] = [];
  const state = new Uint32Array(BLOCK);
  core.load(batch.ownCode, batch.window);
  for (const [index, c] of batch.cases.entries()) {
    if (options.breathe && index % 32 === 31) await options.breathe();
    const at = index * BLOCK;
    state.set(batch.states.subarray(at, at + BLOCK));
    const outcome = runCase(core, c, state);
    options.onCase?.(c, outcome.ending);
    const expected = c.expected ?? endings[index]!;
    const entry = { index, ours: outcome.ending, oracle: expected };
    if (outcome.ending !== expected) mismatches.push({ ...entry, what: 'ending' });
    else if (!sameState(state, 0, c.expected ? batch.states : reply.states, at)) {
      mismatches.push({ ...entry, what: 'registers' });
    } else if (!rightlyRetired(c, state, outcome)) mismatches.push({ ...entry, what: 'retired' });
  }
  if (!mismatches.length && Buffer.compare(core.window, reply.window)) {
    mismatches.push({ index: -1, what: 'window', ours: 'end', oracle: 'end' });
  }
  return mismatches;
}

/** Runs one case in place; a sequence ends at the UDF behind it. */
export function runCase(core: Core, c: Case, state: Uint32Array): CaseOutcome {
  const sequence = c.words.length > 1;
  // A branch goes on to what is at its target: BRK, or nothing.
  const outcome = core.run(state, 0, sequence ? c.words.length + 1 : c.branch ? 2 : 1);
  if (sequence && outcome.ending === 'undefined' && state[B.PC] === c.start + 4 * c.words.length) {
    return { ending: 'end', retired: outcome.retired - 1 };
  }
  return outcome;
}

/** Whether the budget was charged exactly: one for each instruction, the faulting one included. */
function rightlyRetired(c: Case, state: Uint32Array, outcome: CaseOutcome): boolean {
  const straight = c.words.length === 1 || !c.lines.some((line) => line?.instruction.branch);
  if (!straight) return true;
  const done = c.branch ? 2 : (state[B.PC]! - c.start) / 4 + (outcome.ending === 'end' ? 0 : 1);
  return outcome.retired === done;
}
