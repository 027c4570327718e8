// Where cases are in memory: the code image of a batch for the oracle and for our engines, and its data window.
import type { Encoding } from '../../src/arch/a64/pattern.js';
import type { Random } from './random.js';
import {
  BLOCK,
  BRK,
  branchWord,
  CODE,
  CODE_BYTES,
  DATA_BYTES,
  type Ending,
  EXIT,
  GET_X30,
  LANDING,
  LITERALS,
  UDF,
} from './state.js';
import { integer, word as wordValue } from './values.js';

/** One case: words from `start` on, run from the state of the same index in its batch. */
export interface Case {
  readonly words: readonly number[];
  readonly start: number;
  /** The table lines of the words; null where none matches. */
  readonly lines: readonly (Encoding | null)[];
  /** A single branch: goes on to what is at its target. */
  readonly branch: boolean;
  /** What the Arm ARM says where the oracle does not model it; the oracle then gets a BRK instead. */
  readonly expected?: Ending;
}

/** Cases that share a code image and a data window, which carries over from case to case. */
export interface Batch {
  readonly cases: readonly Case[];
  readonly states: Uint32Array;
  /** For the oracle: every case returns to EXIT. */
  readonly code: Uint8Array;
  /** For our engines: every case ends with UDF. */
  readonly ownCode: Uint8Array;
  readonly window: Uint8Array;
}

/** The batch of one case of another, in its place, with a state and data window of its own. */
export function placed({ code, ownCode }: Batch, c: Case, state: Uint32Array, window: Uint8Array): Batch {
  const at = (c.start - CODE) / 4;
  const end = at + c.words.length;
  const image = (from: Uint8Array, last: number): Uint8Array => {
    const copy = from.slice();
    const words = new Uint32Array(copy.buffer);
    words.set(c.words, at);
    if (!c.branch) words[end] = last;
    return copy;
  };
  const forOracle = image(code, branchWord(CODE + end * 4, EXIT));
  if (c.expected) new Uint32Array(forOracle.buffer)[at] = BRK;
  return { cases: [c], states: state, code: forOracle, ownCode: image(ownCode, UDF), window };
}

const MOST_CASES = 2048;

export interface Open {
  readonly at: number;
  readonly slot: number;
}

/** Places cases in the code image one behind the other. */
export class BatchBuilder {
  readonly cases: Case[] = [];
  states = new Uint32Array(MOST_CASES * BLOCK);
  readonly #code = new Uint32Array(CODE_BYTES / 4);
  readonly #own: Uint32Array;
  readonly #window = new Uint32Array(DATA_BYTES / 4);
  #next = 0;

  constructor(r: Random) {
    this.#code.fill(BRK, LANDING / 4, LITERALS / 4);
    r.fill(this.#code, LITERALS / 4, CODE_BYTES / 4);
    for (let i = LITERALS / 4; i < CODE_BYTES / 4; i++) if (r.chance(1, 2)) this.#code[i] = wordValue(r);
    r.fill(this.#window, 0, DATA_BYTES / 4);
    for (let i = 0; i < DATA_BYTES / 4; i += 2) if (r.chance(1, 2)) integer(r, this.#window, i);
    this.#own = this.#code.slice();
  }

  /** Address of the first word of the open case. */
  pc = 0;

  /** Undefined where the image is full. */
  open(pads: number): Open | undefined {
    const slot = this.#next + pads;
    if (this.cases.length === MOST_CASES || slot + 64 > LANDING / 4) return undefined;
    this.pc = CODE + (slot + 1) * 4;
    return { at: this.cases.length * BLOCK, slot };
  }

  close(
    { slot }: Open,
    words: readonly number[],
    lines: readonly (Encoding | null)[],
    branch: boolean,
    pads: number,
    expected?: Ending,
  ): void {
    const end = slot + 1 + words.length;
    for (const code of [this.#code, this.#own]) {
      code.fill(BRK, slot - pads, slot);
      code[slot] = GET_X30;
      code.set(words, slot + 1);
    }
    if (expected) this.#code[slot + 1] = BRK;
    if (branch) for (const code of [this.#code, this.#own]) code.fill(BRK, end, end + pads);
    else {
      this.#code[end] = branchWord(CODE + end * 4, EXIT);
      this.#own[end] = UDF;
    }
    this.#next = end + (branch ? pads : 1);
    this.cases.push({ words, start: this.pc, lines, branch, ...(expected && { expected }) });
  }

  finish(): Batch {
    return {
      cases: this.cases,
      states: this.states.slice(0, this.cases.length * BLOCK),
      code: new Uint8Array(this.#code.buffer),
      ownCode: new Uint8Array(this.#own.buffer),
      window: new Uint8Array(this.#window.buffer),
    };
  }
}
