/** Comparison of numbers of any format: operands as values to compare, and the exception that a NaN may raise. */
import { type Fmt, FPCR_FZ, FPCR_FZ16, IOC } from '../../semantics/softfp/index.js';
import type { Assembler, Val } from '../assembler.js';
import type { RuntimeFunction } from '../runtime.js';
import {
  bitsType,
  control,
  float,
  flushed,
  fractionBits,
  type HostFmt,
  infinityBits,
  raiseFlags,
  signBits,
  toFloat,
} from './fp-environment.js';
import { finiteHalf, isFiniteHalf } from './fp-half.js';

/** The value of an operand as FPUnpack gives it, FZ and FZ16 included: f32, or f64 for halves and doubles. */
export function operandValue(a: Assembler, fmt: Fmt, bits: Val): Val {
  if (fmt === 16) return a.call('f16_value', bits);
  const operand = a.variable(bits);
  a.if(control(a, FPCR_FZ), () => a.assign(operand, a.call(`f${fmt}_flush`, bits)));
  return toFloat(a, fmt, operand);
}

/** i32 nonzero for a signalling NaN. */
function isSignalling(a: Assembler, fmt: Fmt, bits: Val): Val {
  const quiet = 1n << BigInt(fractionBits(fmt) - 1);
  const magnitude = a.and(bits, signBits(fmt) - 1n);
  return a.test('lt_u', a.sub(magnitude, infinityBits(fmt) + 1n), quiet - 1n);
}

/** i32 nonzero for operands that do not compare. */
const isUnordered = (a: Assembler, x: Val, y: Val): Val => a.or(a.floatTest('ne', x, x), a.floatTest('ne', y, y));

/** FPCompare's order of two operands, all i32 0 or 1; raises IOC for signalling NaNs, or where `signal` for any. */
export function compare(a: Assembler, fmt: Fmt, x: Val, y: Val, signal: boolean) {
  const [vx, vy] = [operandValue(a, fmt, x), operandValue(a, fmt, y)];
  const unordered = isUnordered(a, vx, vy);
  a.if(unordered, () => {
    if (signal) raiseFlags(a, IOC);
    else a.call(`f${fmt}_quiet_compare`, x, y);
  });
  return { less: a.floatTest('lt', vx, vy), different: a.floatTest('ne', vx, vy), unordered };
}

export type Comparison = 'cmeq' | 'cmge' | 'cmgt' | 'acge' | 'acgt';
export const COMPARISONS: readonly Comparison[] = ['cmeq', 'cmge', 'cmgt', 'acge', 'acgt'];

/** Tests of the host for FPCompareEQ, GE and GT. */
export const comparisonTest = (op: Comparison): 'eq' | 'ge' | 'gt' => op.slice(2) as 'eq' | 'ge' | 'gt';

/** All ones or zeros as two operands compare. */
function comparison(fmt: Fmt, op: Comparison): RuntimeFunction {
  const ty = bitsType(fmt);
  return {
    params: [ty, ty],
    results: [ty],
    emit(a) {
      let [x, y] = [a.param(0), a.param(1)];
      if (op.startsWith('a')) [x, y] = [a.and(x, signBits(fmt) - 1n), a.and(y, signBits(fmt) - 1n)];
      const [vx, vy] = [operandValue(a, fmt, x), operandValue(a, fmt, y)];
      a.if(isUnordered(a, vx, vy), () => {
        if (op === 'cmeq') a.call(`f${fmt}_quiet_compare`, x, y);
        else raiseFlags(a, IOC);
      });
      const holds = a.floatTest(comparisonTest(op), vx, vy);
      a.return(a.neg(fmt === 64 ? a.uext(holds) : holds));
    },
  };
}

/** (x, y), of which one is a NaN: IOC where either signals. */
const quietCompare = (fmt: Fmt): RuntimeFunction => ({
  params: [bitsType(fmt), bitsType(fmt)],
  results: [],
  emit(a) {
    const signalling = a.or(isSignalling(a, fmt, a.param(0)), isSignalling(a, fmt, a.param(1)));
    a.if(signalling, () => raiseFlags(a, IOC));
  },
});

/** Half to double; NaNs stay NaNs. FZ16 flushes without a flag. */
const halfValue: RuntimeFunction = {
  params: ['i32'],
  results: ['f64'],
  emit(a) {
    const bits = a.param(0);
    const sign = a.shl(a.uext(a.and(bits, 0x8000)), 48);
    const asDouble = (magnitude: bigint): Val => a.convert('f64.reinterpret_i64', a.or(sign, magnitude));
    const magnitude = a.and(bits, 0x7fff);
    a.if(a.test('gt_u', magnitude, 0x7c00), () => a.return(float(a, 64, Number.NaN)));
    a.if(a.eqz(isFiniteHalf(a, bits)), () => a.return(asDouble(infinityBits(64))));
    a.if(control(a, FPCR_FZ16), () => {
      a.if(a.test('lt_u', magnitude, 0x400), () => a.return(asDouble(0n)));
    });
    a.return(finiteHalf(a, bits));
  },
};

const flush = (fmt: HostFmt): RuntimeFunction => ({
  params: [bitsType(fmt)],
  results: [bitsType(fmt)],
  emit: (a) => a.return(flushed(a, fmt, a.param(0))),
});

/** `f32_cmgt`, ... and what comparisons and conversions share. */
export const FP_COMPARE: Record<string, RuntimeFunction> = {
  f16_value: halfValue,
  f32_flush: flush(32),
  f64_flush: flush(64),
};
for (const fmt of [16, 32, 64] as const) {
  FP_COMPARE[`f${fmt}_quiet_compare`] = quietCompare(fmt);
  for (const op of COMPARISONS) FP_COMPARE[`f${fmt}_${op}`] = comparison(fmt, op);
}
