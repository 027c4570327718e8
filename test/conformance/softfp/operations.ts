// The operations of oracle.c in its order: which formats each takes, and the call of the reference that must equal it.

import type { Fmt, FpControl } from '../../../src/arch/semantics/softfp/index.js';
import * as fp from '../../../src/arch/semantics/softfp/index.js';

/** How operands are drawn: which values are interesting depends on what the operation does with them. */
export type Shape = 'unary' | 'binary' | 'fused' | 'convert' | 'toInteger' | 'fromInteger';

/** One case: operand bit patterns, fraction bits and the FPCR to run under. */
export interface Case {
  readonly operation: number;
  readonly fmt: Fmt;
  readonly fpcr: number;
  readonly param: number;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
}

export interface Outcome {
  readonly result: bigint;
  /** Only for FCMP and FCMPE, whose result register is not written. */
  readonly nzcv?: number;
}

export interface Operation {
  readonly name: string;
  readonly shape: Shape;
  readonly formats: readonly Fmt[];
  /** Largest fraction-bits immediate; 0 when the instruction has none. */
  readonly fixedBits: number;
  /** Width of the integer side, or of the target format, where there is one. */
  readonly otherBits: number;
  run(k: Case, control: FpControl): Outcome;
}

const ALL: readonly Fmt[] = [16, 32, 64];

type Binary = (fmt: Fmt, a: bigint, b: bigint, c: FpControl) => bigint;
type Unary = (fmt: Fmt, a: bigint, c: FpControl) => bigint;

function operation(
  name: string,
  shape: Shape,
  run: Operation['run'],
  formats = ALL,
  fixedBits = 0,
  otherBits = 0,
): Operation {
  return { name, shape, formats, fixedBits, otherBits, run };
}

function binary(name: string, f: Binary): Operation {
  return operation(name, 'binary', (k, control) => ({ result: f(k.fmt, k.a, k.b, control) }));
}

function unary(name: string, f: Unary): Operation {
  return operation(name, 'unary', (k, control) => ({ result: f(k.fmt, k.a, control) }));
}

function compareMask(name: string, f: (fmt: Fmt, a: bigint, b: bigint, c: FpControl) => boolean): Operation {
  return binary(name, (fmt, a, b, control) => (f(fmt, a, b, control) ? (1n << BigInt(fmt)) - 1n : 0n));
}

function compareFlags(name: string, signalNaNs: boolean): Operation {
  return operation(name, 'binary', (k, control) => ({
    result: k.a,
    nzcv: fp.fpCompare(k.fmt, k.a, k.b, signalNaNs, control),
  }));
}

function convert(name: string, to: Fmt, rounding?: 'odd'): Operation {
  const formats = rounding ? ([64] as const) : ALL.filter((fmt) => fmt !== to);
  const run: Operation['run'] = (k, control) => ({ result: fp.fpConvert(k.fmt, to, k.a, control, rounding) });
  return operation(name, 'convert', run, formats, 0, to);
}

const INTEGERS = [16, 32, 64] as const;

/** The three integer widths; 16 bits exist for half precision only. */
function toInteger(name: string, unsigned: boolean, rounding: 'n' | 'p' | 'm' | 'z' | 'a', fixed = false): Operation[] {
  return INTEGERS.map((bits) =>
    operation(
      `${name}-${bits}`,
      'toInteger',
      (k, control) => ({ result: fp.fpToFixed(k.fmt, k.a, k.param, unsigned, bits, rounding, control) }),
      bits === 16 ? [16] : ALL,
      fixed ? bits : 0,
      bits,
    ),
  );
}

function fromInteger(name: string, unsigned: boolean): Operation[] {
  return INTEGERS.map((bits) =>
    operation(
      `${name}-${bits}`,
      'fromInteger',
      (k, control) => {
        const value = unsigned ? BigInt.asUintN(bits, k.a) : BigInt.asIntN(bits, k.a);
        return { result: fp.fixedToFp(k.fmt, value, k.param, control) };
      },
      bits === 16 ? [16] : ALL,
      bits,
      bits,
    ),
  );
}

/** Every operation; the index is the number that oracle.c knows it by. */
export const OPERATIONS: readonly Operation[] = [
  binary('fadd', fp.fpAdd),
  binary('fsub', fp.fpSub),
  binary('fmul', fp.fpMul),
  binary('fdiv', fp.fpDiv),
  binary('fmulx', fp.fpMulX),
  binary('fmin', fp.fpMin),
  binary('fmax', fp.fpMax),
  binary('fminnm', fp.fpMinNum),
  binary('fmaxnm', fp.fpMaxNum),
  binary('frecps', fp.fpRecipStepFused),
  binary('frsqrts', fp.fpRSqrtStepFused),
  operation('fmadd', 'fused', (k, control) => ({ result: fp.fpFma(k.fmt, k.a, k.b, k.c, control) })),
  unary('fsqrt', fp.fpSqrt),
  unary('frecpe', fp.fpRecipEstimate),
  unary('frsqrte', fp.fpRSqrtEstimate),
  unary('frecpx', fp.fpRecpX),
  ...(['n', 'p', 'm', 'z', 'a', 'x', 'i'] as const).map((mode) =>
    unary(`frint${mode}`, (fmt, a, control) => fp.fpRoundInt(fmt, a, mode, control)),
  ),
  compareFlags('fcmp', false),
  compareFlags('fcmpe', true),
  compareMask('fcmeq', fp.fpCompareEQ),
  compareMask('fcmge', fp.fpCompareGE),
  compareMask('fcmgt', fp.fpCompareGT),
  convert('fcvt-16', 16),
  convert('fcvt-32', 32),
  convert('fcvt-64', 64),
  convert('fcvtxn', 32, 'odd'),
  ...(['n', 'p', 'm', 'a'] as const).flatMap((mode) => toInteger(`fcvt${mode}s`, false, mode)),
  ...(['n', 'p', 'm', 'a'] as const).flatMap((mode) => toInteger(`fcvt${mode}u`, true, mode)),
  ...toInteger('fcvtzs', false, 'z', true),
  ...toInteger('fcvtzu', true, 'z', true),
  ...fromInteger('scvtf', false),
  ...fromInteger('ucvtf', true),
];

/** Every pair of an operation and a format it takes. */
export const VARIANTS: readonly { readonly operation: number; readonly fmt: Fmt }[] = OPERATIONS.flatMap((o, index) =>
  o.formats.map((fmt) => ({ operation: index, fmt })),
);

/** All 64 settings of AHP, DN, FZ, RMode and FZ16. */
export const CONTROLS: readonly number[] = Array.from({ length: 64 }, (_, i) => ((i >> 1) << 22) | ((i & 1) << 19));
