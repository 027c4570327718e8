// Makes cases from the instruction table: words with random fields, and register states that suit them.
import type { Decoder, Match } from '../../src/arch/a64/decoder.js';
import type { Encoding } from '../../src/arch/a64/pattern.js';
import {
  addressing,
  isBranch,
  isBranchOrSystem,
  isCacheByAddress,
  isLiteral,
  isLoadAcquirePc,
  isMemory,
  isSplit,
  isStoreExclusive,
} from './addressing.js';
import { excluded, oracleIsWrong, oracleMisdecodes } from './exclusions.js';
import type { Random } from './random.js';
import {
  B,
  BLOCK,
  BRK,
  branchWord,
  CODE,
  CODE_BYTES,
  DATA,
  DATA_BYTES,
  type Ending,
  EXIT,
  GET_X30,
  LANDING,
  LITERALS,
  UDF,
} from './state.js';
import { fusedAddend, integer, partner, vector, word as wordValue } from './values.js';

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

/** FPCR bits of every profile: AHP, DN, FZ, RMode; and FZ16, which FEAT_FP16 brings. */
const FPCR_BITS = 0x07c00000;
const FPCR_FZ16 = 1 << 19;
/** QC and the cumulative exception bits. */
const FPSR_BITS = 0x0800009f;
const FPSR_IXC = 0x10;
/** BRK words before and behind a branch, for short distances to land on. */
const PADS = 8;
/** op1:CRn:CRm:op2 of IC IVAU, DC CVAC, CVAU, CVAP, CIVAC, ZVA and those of EL1: IVAC, ISW. */
const CACHE_OPERATIONS = [0x1ba9, 0x1bd1, 0x1bd9, 0x1be1, 0x1bf1, 0x1ba1, 0x03b1, 0x03b2] as const;

/** Registers of sequences that keep addresses in the window, and a small offset. */
const BASES = [20, 21, 22, 23] as const;
const INDEX = 24;
/** Those of BASES that writeback may change; the first stays aligned for exclusives. */
const MOVING = [21, 22, 23] as const;

export interface GeneratorOptions {
  readonly decoder: Decoder;
  readonly fp16: boolean;
  /** Low 15 bits of the encodings of system registers that there are. */
  readonly registers: readonly number[];
  /** Called with the reason for every generated word that is left out. */
  onExcluded?(line: string, reason: string): void;
}

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
      const { encoding } = this.#decoder.match(model)!;
      const word = ((randomWord(r, encoding) & ~encoding.staticMask) | (model & encoding.staticMask)) >>> 0;
      const match = this.#decoder.match(word);
      if (match?.encoding === encoding && !excluded(match, word)) this.#single(r, builder, word, encoding);
    }
    return builder.finish();
  }

  /**
   * Words from the whole space and mutations of valid ones. Branches, exceptions and system instructions stay away:
   * those that exist have cases of their own, and on the oracle they are system calls.
   */
  sweep(r: Random, count: number, encodings: readonly Encoding[]): Batch {
    const builder = new BatchBuilder(r);
    while (builder.cases.length < count) {
      let word = r.word();
      if (r.chance(3, 4)) {
        word = randomWord(r, r.pick(encodings));
        for (let flips = r.below(4); flips >= 0; flips--) word = (word ^ (1 << r.below(32))) >>> 0;
      }
      if (isBranchOrSystem(word)) continue;
      const match = this.#decoder.match(word);
      const reason = match && excluded(match, word);
      if (reason) this.#onExcluded(match.encoding.instruction.name, reason);
      else this.#single(r, builder, word, match?.encoding ?? null);
    }
    return builder.finish();
  }

  /** Straight lines with forward branches, loads, stores and exclusive pairs: what block compilers see. */
  sequences(r: Random, count: number, encodings: readonly Encoding[]): Batch {
    const builder = new BatchBuilder(r);
    const usable = encodings.filter(
      ({ instruction: { branch, name } }) =>
        (!branch || FORWARD.test(name)) && !LOAD_EXCLUSIVE.test(name) && !oracleIsWrong(name),
    );
    for (let i = 0; i < count; i++) this.#sequence(r, builder, usable);
    return builder.finish();
  }

  #single(r: Random, builder: BatchBuilder, original: number, line: Encoding | null): void {
    const branch = !!line && isBranch(original);
    const state = builder.open(branch ? PADS : 0);
    if (!state) return;
    const word = fitToCode(r, original, builder.pc);
    this.#fillState(r, builder.states, state.at, this.#decoder.match(word), builder.pc);
    const expected = this.#expected(builder.states, state.at, word);
    builder.close(state, [word], [line], branch, branch ? PADS : 0, expected);
  }

  #fillState(r: Random, states: Uint32Array, at: number, match: Match | null, pc: number): void {
    r.fill(states, at, at + BLOCK);
    this.#fillControl(r, states, at, pc);
    if (!match) return fillAddresses(r, states, at);
    const { fields, encoding } = match;
    const word = wordOf(match);
    const named = encoding.fields.filter((f) => /^R/.test(f.name)).map((f) => fields[f.name]!);
    named.forEach((n, i) => {
      if (n < 31) integer(r, states, at + B.X + 2 * n);
      vector(r, states, at + B.V + 4 * n);
      if (i > 0 && r.chance(1, 6)) partner(r, states, at + B.V + 4 * n, at + B.V + 4 * named[i - 1]!);
    });
    const { Rn, Rm, Ra, Rd } = fields;
    if (Rn !== undefined && Rm !== undefined && r.chance(1, 6)) {
      const v = (reg: number): number => at + B.V + 4 * reg;
      fusedAddend(r, states, v(Ra ?? Rd ?? 0), v(Rn), v(Rm));
    }
    if (r.chance(1, 4)) integer(r, states, at + B.SP);
    if (isMemory(word) && !isLiteral(word)) placeBase(r, states, at, word);
    if (isCacheByAddress(word)) {
      // QEMU translates for ZVA only.
      const zero = encoding.instruction.name === 'DC_ZVA';
      setAddress(states, at, word & 31, zero ? windowAddress(r) : DATA + r.below(DATA_BYTES));
    }
    if (isBranch(word) && fields.Rn !== undefined && fields.Rn < 31) placeTarget(r, states, at + B.X + 2 * fields.Rn);
  }

  #fillControl(r: Random, states: Uint32Array, at: number, pc: number): void {
    states[at + B.SP] = DATA + 0x1000 + 16 * r.below(0xe00);
    states[at + B.SP + 1] = 0;
    states[at + B.PC] = pc;
    states[at + B.PC + 1] = 0;
    states[at + B.NZCV] = r.below(16);
    states[at + B.FPCR] = r.chance(1, 2) ? 0 : r.word() & r.word() & this.#fpcr;
    if (r.chance(1, 4)) states[at + B.FPCR] = r.word() & this.#fpcr;
    // With IXC set and FPCR zero the engine takes its shortest ways.
    states[at + B.FPSR] = r.pick([0, 0, FPSR_IXC, r.word() & FPSR_BITS]);
    states[at + B.SIGNAL] = 0;
    states[at + 70] = 0;
    states[at + 71] = 0;
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
    if (r.chance(1, 8)) words.push(...this.#exclusivePair(r));
    while (words.length < length) {
      const word = this.word(r, r.pick(encodings));
      if (word === null) continue;
      const fitted = fitToSequence(r, this.#decoder.match(word)!, word, length - words.length);
      const match = this.#decoder.match(fitted);
      if (!match || excluded(match, fitted)) continue;
      words.push(fitToCode(r, fitted, builder.pc + words.length * 4, true));
    }
    const { states } = builder;
    r.fill(states, state.at, state.at + BLOCK);
    this.#fillControl(r, states, state.at, builder.pc);
    for (let n = 0; n < 31; n++) if (r.chance(1, 2)) integer(r, states, state.at + B.X + 2 * n);
    for (let n = 0; n < 32; n++) if (r.chance(1, 2)) vector(r, states, state.at + B.V + 4 * n);
    for (const n of BASES) setAddress(states, state.at, n, DATA + 0x4000 + 16 * r.below(0x800));
    setAddress(states, state.at, INDEX, r.below(64));
    const lines = words.map((w) => this.#decoder.match(w)!.encoding);
    builder.close(state, words, lines, false, 0);
  }

  /** LDXR .. STXR on one base, with a few instructions between. */
  #exclusivePair(r: Random): number[] {
    const size = r.below(4);
    const pair = size >= 2 && r.chance(1, 3) ? 1 : 0;
    const base = BASES[0];
    const [t, t2, s] = r.pick([
      [0, 1, 2],
      [3, 4, 5],
      [7, 6, 31],
    ] as const);
    const top = ((size << 30) | 0x08000000 | (pair << 21)) >>> 0;
    const t2Field = pair ? t2 : 31;
    const load = (top | 0x00400000 | (31 << 16) | (r.below(2) << 15) | (t2Field << 10) | (base << 5) | t) >>> 0;
    const store = (top | (s << 16) | (r.below(2) << 15) | (t2Field << 10) | (base << 5) | t) >>> 0;
    const add = (0x91000400 | (t << 5) | t) >>> 0;
    return r.chance(1, 4) ? [load, add, store, store] : [load, add, store];
  }
}

/** Only in pairs that `exclusivePair` makes: a store after a load of another size is CONSTRAINED UNPREDICTABLE (B2.9.5). */
const LOAD_EXCLUSIVE = /^LDA?X[RP]/;
const FORWARD = /^(B_cond|CBN?Z|TBN?Z)$/;

const wordOf = ({ encoding, fields }: Match): number => {
  let word = encoding.value;
  for (const f of encoding.fields) word |= fields[f.name]! << f.shift;
  return word >>> 0;
};

/** Random fields; registers meet each other and 31 more often than chance would have it. */
function randomWord(r: Random, encoding: Encoding): number {
  const free = ~encoding.mask;
  let word = encoding.value | ((r.chance(1, 2) ? -1 : r.word()) & free);
  let last = r.below(32);
  for (const f of encoding.fields) {
    let value = r.word() & f.mask;
    if (f.name.startsWith('R')) {
      const kind = r.below(8);
      value = kind === 0 ? 31 : kind === 1 ? last : r.below(32);
      last = value;
    } else if (f.mask > 7 && r.chance(1, 4)) {
      value = r.pick([0, f.mask, 1, f.mask >>> 1, (f.mask >>> 1) + 1]);
    }
    word = (word & ~(f.mask << f.shift)) | (value << f.shift);
  }
  return word >>> 0;
}

/** Distances that depend on the place: literals hit data, branches hit BRK words; neither another case's code. */
function fitToCode(r: Random, word: number, pc: number, near = false): number {
  if (isLiteral(word)) {
    if (!near && r.chance(1, 10)) {
      const target = pc + ((word << 8) >> 13) * 4;
      if (target + 16 <= CODE || target >= CODE + LITERALS) return word;
    }
    const distance = (CODE + LITERALS + 4 * r.below(0x3ffc) - pc) >> 2;
    return ((word & ~0x00ffffe0) | ((distance & 0x7ffff) << 5)) >>> 0;
  }
  if (near || !isBranchOrSystem(word)) return word;
  const wide = (word & 0x7c000000) === 0x14000000;
  const test = (word & 0x7e000000) === 0x36000000;
  const conditional = (word & 0x7e000000) === 0x34000000 || (word & 0xff000010) >>> 0 === 0x54000000;
  const bits = wide ? 26 : test ? 14 : conditional ? 19 : 0;
  if (!bits) return word;
  const at = wide ? 0 : 5;
  const mask = 2 ** bits - 1;
  const distance = ((word >>> at) << (32 - bits)) >> (32 - bits);
  const target = pc + distance * 4;
  const elsewhere =
    target < CODE || target >= CODE + CODE_BYTES || (target >= CODE + LANDING && target < CODE + LITERALS);
  if (elsewhere && target !== EXIT && r.chance(1, 2)) return word;
  // The word before is not BRK, and a branch to itself would not end.
  let short = r.below(2 * PADS + 1) - PADS;
  if (short === 0 || short === -1 || r.chance(1, 3)) short = (CODE + LANDING + 4 * r.below(0x3fff) - pc) >> 2;
  if (test && (short >= 0x2000 || short < -0x2000)) short = 1 + r.below(PADS);
  return ((word & ~(mask << at)) | ((short & mask) << at)) >>> 0;
}

/** In sequences addresses come from registers of their own, and branches go forward inside. */
function fitToSequence(r: Random, match: Match, word: number, left: number): number {
  let out = word;
  const set = (shift: number, value: number): void => {
    out = ((out & ~(31 << shift)) | (value << shift)) >>> 0;
  };
  for (const f of match.encoding.fields) {
    const value = (word >>> f.shift) & f.mask;
    if (f.name.startsWith('R') && value >= BASES[0] && value <= INDEX) set(f.shift, value - BASES[0]);
  }
  if (isMemory(word) && !isLiteral(word)) {
    const { writeback } = addressing(word);
    set(5, isStoreExclusive(word) || isLoadAcquirePc(word) ? BASES[0] : writeback ? r.pick(MOVING) : r.pick(BASES));
    if (match.fields.Rm !== undefined) set(16, INDEX);
    // Partial accesses at the window's end differ: none with more than one part comes near it.
    if (isSplit(word) && match.fields.imm12 !== undefined) out &= ~(0xf80 << 10);
  }
  if (isCacheByAddress(word)) set(0, r.pick(BASES));
  if (match.encoding.instruction.branch) {
    const skip = 1 + r.below(Math.min(left, 4));
    const bits = /^T/.test(match.encoding.instruction.name) ? 14 : 19;
    out = ((out & ~((2 ** bits - 1) << 5)) | (skip << 5)) >>> 0;
  }
  return out;
}

/** An address in the window: anywhere, near a page's or the window's end, or aligned. */
function windowAddress(r: Random): number {
  const anywhere = DATA + (r.word() & (DATA_BYTES - 1));
  switch (r.below(8)) {
    case 0:
      return DATA + 0x1000 * (1 + r.below(15)) + r.below(80) - 72;
    case 1:
      return r.chance(1, 3) ? DATA + r.below(80) - 16 : DATA + DATA_BYTES - r.below(80);
    case 2:
    case 3:
    case 4:
      return anywhere & ~15;
    default:
      return anywhere;
  }
}

function setAddress(states: Uint32Array, at: number, n: number, address: number): void {
  const i = n === 31 ? at + B.SP : at + B.X + 2 * n;
  states[i] = address;
  states[i + 1] = address < 0 ? -1 : 0;
}

/** Every register an address, where nothing is known of the word. */
function fillAddresses(r: Random, states: Uint32Array, at: number): void {
  for (let n = 0; n < 31; n++) setAddress(states, at, n, windowAddress(r) & ~15);
}

/** Where an indirect branch goes: mostly to BRK words, else anywhere but into cases' code and data for literals. */
function placeTarget(r: Random, states: Uint32Array, at: number): void {
  const anyCode = states[at]! >= CODE && states[at]! < CODE + CODE_BYTES;
  if (!anyCode && r.chance(1, 4)) return;
  states[at] = CODE + LANDING + (r.below(LITERALS - LANDING) & (r.chance(1, 8) ? -1 : ~3));
  // Any tag is dropped by TBI.
  states[at + 1] = r.chance(1, 4) ? (r.word() & 0xff000000) >>> 0 : 0;
}

/** Chooses the base (and offset register) so that the access is where `windowAddress` says. */
function placeBase(r: Random, states: Uint32Array, at: number, word: number): void {
  const { offset, index, ordered, rn } = addressing(word);
  let address = windowAddress(r);
  // Where a part of an access faults, others may have been done or not (B2.2.1): all parts are in or out.
  if (isSplit(word) && address > DATA + DATA_BYTES - 64) address -= 64;
  if (ordered && r.chance(3, 4)) address &= ~15;
  if (!index || index.rm === rn) {
    const base = address - offset;
    return setAddress(states, at, rn, rn === 31 && r.chance(9, 10) ? base & ~15 : base);
  }
  let extended = 0;
  if (index.rm !== 31) {
    const x = at + B.X + 2 * index.rm;
    if (r.chance(3, 4)) states[x] = (r.below(0x400) - 0x200) >>> 0;
    if (index.option === 3 || index.option === 7) states[x + 1] = (states[x]! | 0) >> 31;
    else states[x + 1] = wordValue(r);
    extended = index.option === 2 ? states[x]! : states[x]! | 0;
  }
  const base = BigInt(address) - (BigInt(extended) << BigInt(index.shift));
  const aligned = rn === 31 && r.chance(9, 10) ? base & ~15n : base;
  const slot = rn === 31 ? at + B.SP : at + B.X + 2 * rn;
  states[slot] = Number(BigInt.asUintN(32, aligned));
  states[slot + 1] = Number(BigInt.asUintN(32, aligned >> 32n));
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

interface Open {
  readonly at: number;
  readonly slot: number;
}

/** Places cases in the code image one behind the other. */
class BatchBuilder {
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
