// What the conformance test does not compare, and why. Sections are of the Arm ARM (DDI 0487). Nothing else is left out:
// the test fails where a table line was never hit and is not in EXCLUDED_LINES.
import type { Match } from '../../src/arch/a64/decoder.js';
import type { Feature } from '../../src/arch/a64/pattern.js';
import { isCacheByAddress } from './addressing.js';
import { B } from './state.js';

interface Rule {
  readonly reason: string;
  readonly line: RegExp;
  when(m: Match, word: number): boolean;
}

/** Words that are not compared: CONSTRAINED UNPREDICTABLE ones, and those of which the oracle's surroundings decide. */
const LEFT_OUT: readonly Rule[] = [
  {
    reason: 'writeback to the register that is transferred (C6.2 LDR (immediate) etc., K1.2.4: wback && n == t)',
    line: /^(LD|ST)R.*_<[WX]t>_(post|pre)$/,
    when: ({ fields: f }) => f.Rn !== 31 && f.Rn === f.Rt,
  },
  {
    reason: 'writeback to a register of the pair (C6.2 LDP, STP, LDPSW, K1.2.4: wback && (n == t || n == t2))',
    line: /^(LD|ST)P(SW)?_<[WX]t>_(post|pre)$/,
    when: ({ fields: f }) => f.Rn !== 31 && (f.Rn === f.Rt || f.Rn === f.Rt2),
  },
  {
    reason: 'load of a pair into one register (C6.2 LDP, LDNP, LDPSW, LDXP, LDAXP; C7.2 LDP, LDNP: t == t2)',
    line: /^LD(N?P|PSW|A?XP)_/,
    when: ({ fields: f }) => f.Rt === f.Rt2,
  },
  {
    reason: 'LDAPR with Rs other than 11111, which the encoding has as (1) bits (C6.2 LDAPR); QEMU: UNDEFINED',
    line: /^LDAPR/,
    when: (_m, word) => ((word >>> 16) & 31) !== 31,
  },
  {
    reason: 'store exclusive whose status register is stored or is the base (C6.2 STXR, STXP etc.: s == t, s == n)',
    line: /^STL?X[RP]/,
    when: ({ fields: f }) => f.Rs === f.Rt || f.Rs === f.Rt2 || (f.Rs === f.Rn && f.Rn !== 31),
  },
  {
    reason: 'identification registers at EL0: Linux, and so the oracle, answers for them (D12.3.1 has them UNDEFINED)',
    line: /^MRS/,
    when: (_m, word) => (word & 0xffff0000) >>> 0 === 0xd5380000 && ((word >>> 12) & 15) === 0,
  },
  {
    reason: "counters (D11): they run with the oracle's host clock",
    line: /^MRS/,
    when: (_m, word) => ((word >>> 12) & 15) === 14 && ((word >>> 16) & 7) === 3,
  },
  {
    reason: 'debug registers that EL0 may have (H9, the DCC): QEMU has none of them at EL0',
    line: /^(MRS|MSR)/,
    when: (_m, word) => (word & 0xffd80000) >>> 0 === 0xd5100000,
  },
  {
    reason: 'cache maintenance of address 0: QEMU does not translate it, here it is a Translation fault (D7.5.8)',
    line: /^SYS$/,
    when: (_m, word) => isCacheByAddress(word) && (word & 31) === 31,
  },
  {
    reason: 'CTR_EL0.IDC of Neoverse N1 depends on how the cluster is built (TRM B2.37): 1 here, 0 in QEMU',
    line: /^MRS/,
    when: (_m, word) => (word & 0xffffffe0) >>> 0 === 0xd53b0020,
  },
  {
    reason: 'DC CVAP at EL0: QEMU has it in system mode only',
    line: /^SYS$/,
    when: (_m, word) => (word & 0xffffffe0) >>> 0 === 0xd50b7c20,
  },
  {
    reason: 'semihosting call, which the oracle serves (C6.2 HLT is UNDEFINED where halting is off)',
    line: /^HLT$/,
    when: (_m, word) => ((word >>> 5) & 0xffff) === 0xf000,
  },
];

/** Lines that are not run at all. */
const EXCLUDED_LINES: readonly { readonly line: RegExp; readonly feature?: Feature; readonly reason: string }[] = [
  { line: /^SVC$/, reason: 'a system call of the oracle; what it does at EL1 is tested by the guests' },
  { line: /^MSR_FPCR$/, feature: 'fp16', reason: 'hidden by MSR_FPCR_fp16' },
  { line: /^MSR_SPSR_EL1$/, feature: 'uao', reason: 'hidden by MSR_SPSR_EL1_uao' },
];

/** Why a line is not run in a profile with these features, or undefined. */
export const excludedLine = (name: string, features: ReadonlySet<Feature>): string | undefined =>
  EXCLUDED_LINES.find(({ line, feature }) => line.test(name) && (!feature || features.has(feature)))?.reason;

/** What is not generated at all, by how states and sequences are made. */
export const NOT_GENERATED: readonly string[] = [
  'store exclusive after a load exclusive of another size or address (B2.9.5): loads are in sequences with their store',
  'pairs, SIMD structures and Q registers across the end of the window (B2.2.1: parts may have been done or not)',
  "branches into the code of other cases and the oracle's own, and to themselves",
];

/** Where the oracle (QEMU 7.2, user mode) does not do what the manual says; such cases are held against the manual. */
export const ORACLE_LIMITS: readonly string[] = [
  'SP alignment (D1.8.2): not checked by QEMU; a load or store with SP as its base and SP<3:0> not 0 must fault',
  'store exclusive to an unaligned address (AArch64.ExclusiveMonitorsPass): QEMU gives status 1; it must fault',
  'LDAPR from an unaligned address (B2.5.2, before FEAT_LSE2): QEMU loads; it must fault',
  'branch to an address that is neither aligned nor mapped: PC alignment has priority (D1.3.5.5); QEMU reports SIGSEGV',
];

/** Words that QEMU 7.2 runs, or on which it aborts, and that are UNDEFINED by the manual or in our profiles. */
const ORACLE_MISDECODES: readonly {
  readonly reason: string;
  readonly words: readonly (readonly [number, number])[];
}[] = [
  {
    reason: 'QEMU aborts (C4.1.96, "Advanced SIMD two-register miscellaneous (FP16)", vector and scalar: unallocated)',
    words: [
      [0xbffffc00, 0x0ef9f800],
      [0xfffffc00, 0x5ef8f800],
      [0xfffffc00, 0x7ef9f800],
    ],
  },
  {
    reason:
      'QEMU runs FNEG of a half-precision scalar (C4.1.96, "Advanced SIMD scalar two-register miscellaneous FP16")',
    words: [[0xfffffc00, 0x7ef8f800]],
  },
  {
    reason: 'QEMU ignores size<0> of half-precision reductions (C4.1.96, "Advanced SIMD across lanes")',
    words: [
      [0xbf7ffc00, 0x0e70c800],
      [0xbf7ffc00, 0x0e70f800],
    ],
  },
  {
    reason: 'QEMU ignores size<0> of half-precision pairs (C4.1.96, "Advanced SIMD scalar pairwise")',
    words: [
      [0xff7ffc00, 0x5e70c800],
      [0xff7ffc00, 0x5e70d800],
      [0xff7ffc00, 0x5e70f800],
    ],
  },
  {
    reason: 'QEMU ignores op of FMOV (vector, immediate), half-precision (C4.1.96, "Advanced SIMD modified immediate")',
    words: [[0xbff8fc00, 0x2f00fc00]],
  },
  {
    reason: "MSR SSBS: QEMU's neoverse-n1 has FEAT_SSBS, our profile has not (ID_AA64PFR1_EL1.SSBS is 0)",
    words: [[0xfffff0ff, 0xd503403f]],
  },
];

export const oracleMisdecodes = (word: number): boolean =>
  ORACLE_MISDECODES.some(({ words }) => words.some(([mask, value]) => (word & mask) >>> 0 === value));

/** Words on which the oracle errs; its answer is put right. */
const ORACLE_ERRORS: readonly {
  readonly reason: string;
  readonly line: RegExp;
  /** `word` ran alone; `at` is its state after. */
  correct(word: number, states: Uint32Array, at: number, start: number): void;
  /** Whether such words are in sequences: not at all, as they are, or put right at the sequence's end. */
  readonly sequences: 'none' | 'as they are' | 'corrected';
}[] = [
  {
    reason: 'QEMU keeps AArch32 flags in FPSR<31:28>, RES0 where there is no AArch32 (C5.2.10)',
    line: /^MSR_FPSR$/,
    sequences: 'corrected',
    correct(_word, states, at) {
      states[at + B.FPSR]! &= 0x0fffffff;
    },
  },
  {
    reason: 'QEMU keeps AArch32 Len and Stride in FPCR, RES0 where there is no AArch32 (C5.2.8)',
    line: /^MSR_FPCR/,
    sequences: 'corrected',
    correct(_word, states, at) {
      states[at + B.FPCR]! &= ~0x00370000;
    },
  },
  {
    reason: 'QEMU reports a faulting DC ZVA at the start of its translation block',
    line: /^DC_ZVA$/,
    sequences: 'as they are',
    correct(_word, states, at, start) {
      if (states[at + B.SIGNAL]) states[at + B.PC] = start;
    },
  },
  {
    reason:
      'QEMU leaves the sign of a 16-bit result in V<d><31:16>, which must be zero (C7.2 FCVTZS, V[d] = Elem<15:0>)',
    line: /^FCVTZS_fixed_scalar_16$/,
    sequences: 'none',
    correct(word, states, at) {
      states[at + B.V + 4 * (word & 31)]! &= 0xffff;
    },
  },
];

/** Lines whose results in the middle of a sequence could not be put right at its end. */
const UNFIT = /^MRS_FP[CS]R/;

export const unfitForSequences = (line: string): boolean =>
  UNFIT.test(line) || ORACLE_ERRORS.some((e) => e.sequences === 'none' && e.line.test(line));

/** Puts the oracle's state after a single word, or after a sequence with it, right. */
export function correctOracle(
  line: string,
  word: number,
  alone: boolean,
  states: Uint32Array,
  at: number,
  start: number,
): void {
  for (const e of ORACLE_ERRORS) {
    if (e.line.test(line) && (alone || e.sequences === 'corrected')) e.correct(word, states, at, start);
  }
}

/** Why a word is not compared, or undefined. */
export const excluded = (m: Match, word: number): string | undefined =>
  LEFT_OUT.find((rule) => rule.line.test(m.encoding.instruction.name) && rule.when(m, word))?.reason;
