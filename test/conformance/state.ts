// The register state of a case as the oracle reads and writes it, in 32-bit words, and where test code and data are.

/** Where test code is placed: slots of cases, then words for branches to land on, then data for literal loads. */
export const CODE = 0x4000_0000;
export const CODE_BYTES = 0x40000;
/** Offsets from CODE: BRK instructions only. */
export const LANDING = 0x20000;
/** Offsets from CODE: random data. */
export const LITERALS = 0x30000;
/** Where data can be read and written. */
export const DATA = 0x1000_0000;
export const DATA_BYTES = 0x10000;
/** Where the oracle's cases go when they end; in reach of B, not in reach of literal loads. */
export const EXIT = 0x4100_0000;
export const EXIT_BYTES = 4096;

/** Words of one state. */
export const BLOCK = 200;
/** Offsets in words. */
export const B = {
  X: 0,
  SP: 62,
  PC: 64,
  NZCV: 66,
  FPCR: 67,
  FPSR: 68,
  /** Out: the signal that ended the case, or 0. */
  SIGNAL: 69,
  V: 72,
} as const;

export const BRK = 0xd4200000;
/** Undefined in every profile (C6.2.387 UDF); ends a case on our engines. */
export const UDF = 0;
/** MRS X30, TPIDR_EL0. */
export const GET_X30 = 0xd53bd05e;

/** Signals of Linux that the oracle reports. */
export const Signal = { ILL: 4, TRAP: 5, BUS: 7, SEGV: 11, ALRM: 14 } as const;

/** How a case ended, in words that both sides can be put into. */
export type Ending =
  | 'end'
  | 'undefined'
  | 'abort'
  | 'alignment'
  | 'sp-alignment'
  | 'trap'
  | 'svc'
  | 'other'
  /** The oracle did not come back. */
  | 'loop';

/** B from one address to another. */
export const branchWord = (from: number, to: number): number => (0x14000000 | (((to - from) >> 2) & 0x3ffffff)) >>> 0;

const hex = (low: number, high: number): string =>
  `${(high >>> 0).toString(16).padStart(8, '0')}_${(low >>> 0).toString(16).padStart(8, '0')}`;

/** Names and values of the registers in which two states differ; `at` are word offsets of the states. */
export function differences(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): string[] {
  const out: string[] = [];
  const pair = (name: string, word: number, words: number): void => {
    let same = true;
    for (let i = word; i < word + words; i++) same &&= a[aAt + i] === b[bAt + i];
    if (!same) out.push(`${name} ${registerText(a, aAt + word, words)} ${registerText(b, bAt + word, words)}`);
  };
  for (let n = 0; n < 31; n++) pair(`X${n}`, B.X + 2 * n, 2);
  pair('SP', B.SP, 2);
  pair('PC', B.PC, 2);
  pair('NZCV', B.NZCV, 1);
  pair('FPCR', B.FPCR, 1);
  pair('FPSR', B.FPSR, 1);
  for (let n = 0; n < 32; n++) pair(`V${n}`, B.V + 4 * n, 4);
  return out;
}

/** A register of 1, 2 or 4 words in hexadecimal, high to low. */
export function registerText(state: Uint32Array, at: number, words: number): string {
  if (words === 1) return state[at]!.toString(16);
  const low = hex(state[at]!, state[at + 1]!);
  return words === 2 ? low : `${hex(state[at + 2]!, state[at + 3]!)}_${low}`;
}

/** Whether two states agree in every register (the signal apart). */
export function sameState(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  for (let i = 0; i < BLOCK; i++) {
    if (a[aAt + i] !== b[bAt + i] && i !== B.SIGNAL && i !== 70 && i !== 71) return false;
  }
  return true;
}
