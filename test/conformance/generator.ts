// Makes cases from the instruction table: words with random fields, and register states that suit them.
import type { Decoder } from '../../src/arch/a64/decoder.js';
import type { Encoding } from '../../src/arch/a64/pattern.js';
import {
  addressing,
  isBranch,
  isBranchOrSystem,
  isLiteral,
  isLoadAcquirePc,
  isMemory,
  isStoreExclusive,
} from './addressing.js';
import { excluded, oracleMisdecodes, unfitForSequences } from './exclusions.js';
import { fillForSequence, fillState } from './operand-states.js';
import { type Batch, BatchBuilder, type Open } from './placement.js';
import type { Random } from './random.js';
import { B, type Ending } from './state.js';
import { exclusivePair, fitToCode, fitToSequence, PADS, randomWord } from './words.js';

/** FPCR bits of every profile: AHP, DN, FZ, RMode; and FZ16, which FEAT_FP16 brings. */
const FPCR_BITS = 0x07c00000;
const FPCR_FZ16 = 1 << 19;
/** op1:CRn:CRm:op2 of IC IVAU, DC CVAC, CVAU, CVAP, CIVAC, ZVA and those of EL1: IVAC, ISW. */
const CACHE_OPERATIONS = [0x1ba9, 0x1bd1, 0x1bd9, 0x1be1, 0x1bf1, 0x1ba1, 0x03b1, 0x03b2] as const;

export interface GeneratorOptions {
  readonly decoder: Decoder;
  readonly fp16: boolean;
  /** Low 15 bits of the encodings of system registers that there are. */
  readonly registers: readonly number[];
  /** Called with the reason for every generated word that is left out. */
  onExcluded?(line: string, reason: string): void;
}

/** Lines that may stand in a straight line of instructions. */
export const fitsSequences = ({ instruction: { branch, name } }: Encoding): boolean =>
  (!branch || FORWARD.test(name)) && !LOAD_EXCLUSIVE.test(name) && !unfitForSequences(name);

export class CaseGenerator {
  readonly #decoder: Decoder;
  readonly #fpcr: number;
  readonly #registers: readonly number[];
  readonly #onExcluded: (line: string, reason: string) => void;

  constructor(options: GeneratorOptions) {
    this.#decoder = options.decoder;
    this.#fpcr = FPCR_BITS | (options.fp16 ? FPCR_FZ16 : 0);
    this.#registers = options.registers;
    this.#onExcluded = options.onExcluded ?? (() => {});
  }

  /** A word of an encoding that decodes to it; null where none was found. */
  word(r: Random, encoding: Encoding): number | null {
    for (let attempt = 0; attempt < 200; attempt++) {
      const word = this.#withRegister(r, encoding, randomWord(r, encoding));
      const match = this.#decoder.match(word);
      if (match?.encoding !== encoding) continue;
      const reason = excluded(match, word);
      if (!reason) return word;
      this.#onExcluded(encoding.instruction.name, reason);
    }
    return null;
  }

  /** MRS, MSR and SYS: mostly of registers and cache operations that there are. */
  #withRegister(r: Random, encoding: Encoding, word: number): number {
    const field = encoding.fields.find((f) => f.name === 'imm15' || f.name === 'imm14');
    if (!field || r.chance(1, 4)) return word;
    const value = r.pick(field.name === 'imm15' ? this.#registers : CACHE_OPERATIONS);
    return ((word & ~(field.mask << field.shift)) | (value << field.shift)) >>> 0;
  }

  /** One instruction a case, one case for each of `encodings`. */
  singles(r: Random, encodings: readonly Encoding[]): Batch {
    const builder = new BatchBuilder(r);
    for (const encoding of encodings) {
      const word = this.word(r, encoding);
      if (word !== null) this.#single(r, builder, word, encoding);
    }
    return builder.finish();
  }

  /** Words of a given handler: the static fields of `model`, others at random. */
  variants(r: Random, models: readonly number[]): Batch {
    const builder = new BatchBuilder(r);
    for (const model of models) {
      const word = this.#variant(r, model);
      if (word !== null) this.#single(r, builder, word, this.#decoder.match(model)!.encoding);
    }
    return builder.finish();
  }

  #variant(r: Random, model: number): number | null {
    const { encoding } = this.#decoder.match(model)!;
    for (let attempt = 0; attempt < 50; attempt++) {
      const word = ((randomWord(r, encoding) & ~encoding.staticMask) | (model & encoding.staticMask)) >>> 0;
      const match = this.#decoder.match(word);
      if (match?.encoding === encoding && !excluded(match, word)) return word;
    }
    return null;
  }

  /**
   * Words from the whole space and mutations of valid ones. Branches, exceptions and system instructions that there
   * are stay away: they have cases of their own, and some are system calls of the oracle.
   */
  sweep(r: Random, count: number, encodings: readonly Encoding[]): Batch {
    const builder = new BatchBuilder(r);
    while (builder.cases.length < count) {
      let word = r.word();
      if (r.chance(3, 4)) {
        word = randomWord(r, r.pick(encodings));
        for (let flips = r.below(4); flips >= 0; flips--) word = (word ^ (1 << r.below(32))) >>> 0;
      }
      const match = this.#decoder.match(word);
      if (match && isBranchOrSystem(word)) continue;
      const reason = match && excluded(match, word);
      if (reason) this.#onExcluded(match.encoding.instruction.name, reason);
      else this.#single(r, builder, word, match?.encoding ?? null);
    }
    return builder.finish();
  }

  /** Straight lines with forward branches, loads, stores and exclusive pairs: what block compilers see. */
  sequences(r: Random, count: number, encodings: readonly Encoding[]): Batch {
    const builder = new BatchBuilder(r);
    const usable = encodings.filter(fitsSequences);
    for (let i = 0; i < count; i++) this.#sequence(r, builder, usable);
    return builder.finish();
  }

  #single(r: Random, builder: BatchBuilder, original: number, line: Encoding | null): void {
    const branch = !!line && isBranch(original);
    const state = builder.open(branch ? PADS : 0);
    if (!state) return;
    const word = fitToCode(r, original, builder.pc);
    fillState(r, builder.states, state.at, this.#decoder.match(word), builder.pc, this.#fpcr);
    const expected = this.#expected(builder.states, state.at, word);
    builder.close(state, [word], [line], branch, branch ? PADS : 0, expected);
  }

  /** What QEMU does not model: see ORACLE_LIMITS. */
  #expected(states: Uint32Array, at: number, word: number): Ending | undefined {
    if (oracleMisdecodes(word)) return 'undefined';
    if (!isMemory(word) || isLiteral(word)) return undefined;
    const match = this.#decoder.match(word);
    if (!match || /^PRF/.test(match.encoding.instruction.name)) return undefined;
    const { rn } = addressing(word);
    if (rn === 31 && states[at + B.SP]! & 15) return 'sp-alignment';
    if (!isStoreExclusive(word) && !isLoadAcquirePc(word)) return undefined;
    const pair = isStoreExclusive(word) && word & (1 << 21);
    const bytes = (1 << (word >>> 30)) * (pair ? 2 : 1);
    return states[at + (rn === 31 ? B.SP : B.X + 2 * rn)]! % bytes ? 'alignment' : undefined;
  }

  #sequence(r: Random, builder: BatchBuilder, encodings: readonly Encoding[]): void {
    const state = builder.open(0);
    if (!state) return;
    const length = 4 + r.below(17);
    const words: number[] = [];
    if (r.chance(1, 8)) words.push(...exclusivePair(r));
    while (words.length < length) {
      const word = this.word(r, r.pick(encodings));
      const fitted = word === null ? null : this.#fitted(r, builder, word, words.length, length);
      if (fitted !== null) words.push(fitted);
    }
    this.#closeSequence(r, builder, state, words);
  }

  /** Straight lines of these pairs, with other operands. */
  pairs(r: Random, count: number, pairs: readonly (readonly [number, number])[]): Batch {
    const builder = new BatchBuilder(r);
    for (let i = 0; i < count; i++) {
      const state = builder.open(0);
      if (!state) continue;
      const length = 2 * (1 + r.below(4));
      const words: number[] = [];
      for (let attempt = 0; words.length < length && attempt < 50; attempt++) {
        const pair = r.pick(pairs).map((model, j) => {
          const word = this.#variant(r, model);
          return word === null ? null : this.#fitted(r, builder, word, words.length + j, length);
        });
        if (!pair.includes(null)) words.push(...(pair as number[]));
      }
      this.#closeSequence(r, builder, state, words);
    }
    return builder.finish();
  }

  /** The word as it may stand at a place in a sequence; null where it may not. */
  #fitted(r: Random, builder: BatchBuilder, word: number, place: number, length: number): number | null {
    const fitted = fitToSequence(r, this.#decoder.match(word)!, word, length - place);
    const match = this.#decoder.match(fitted);
    if (!match || excluded(match, fitted)) return null;
    return fitToCode(r, fitted, builder.pc + place * 4, true);
  }

  #closeSequence(r: Random, builder: BatchBuilder, state: Open, words: number[]): void {
    fillForSequence(r, builder.states, state.at, builder.pc, this.#fpcr);
    const lines = words.map((w) => this.#decoder.match(w)!.encoding);
    builder.close(state, words, lines, false, 0);
  }
}

/** Only in pairs that `exclusivePair` makes: a store after a load of another size is CONSTRAINED UNPREDICTABLE (B2.9.5). */
const LOAD_EXCLUSIVE = /^LDA?X[RP]/;
const FORWARD = /^(B_cond|CBN?Z|TBN?Z)$/;
