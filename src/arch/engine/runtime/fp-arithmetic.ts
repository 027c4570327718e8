/**
 * Addition, subtraction, multiplication, division and square root in single and double precision: the host's result
 * where it is the architecture's bit for bit, the exact library's otherwise.
 */
import type { Assembler, Val } from '../assembler.js';
import type { RuntimeFunction } from '../runtime.js';
import {
  bitsType,
  control,
  float,
  fractionBits,
  type HostFmt,
  isClearlyNormal,
  isFiniteResult,
  isOrdinary,
  isZero,
  RMODE,
  raiseInexact,
  toBits,
  toFloat,
  unsteady,
} from './fp-environment.js';
import { soft } from './fp-soft-operations.js';

export type HostBinary = 'add' | 'sub' | 'mul' | 'div';
export type HostOperation = HostBinary | 'sqrt';

function compute(a: Assembler, op: HostOperation, fmt: HostFmt, args: readonly Val[]): Val {
  const [x, y] = args.map((bits) => toFloat(a, fmt, bits));
  return toBits(a, a.float(op, x!, y));
}

/** Whether a result tells by itself that it needs no exception but inexact, once `unsteady` is zero. */
function isPlain(a: Assembler, op: HostOperation, fmt: HostFmt, result: Val): Val {
  // Sums that are denormal or zero are exact; no infinity or NaN operand gives a finite one.
  return op === 'add' || op === 'sub' ? isFiniteResult(a, fmt, result) : isClearlyNormal(a, fmt, result);
}

/** The operation with its commonest case inline; `f32_add` and the like do the rest. */
export function hostArithmetic(a: Assembler, op: HostOperation, fmt: HostFmt, args: readonly Val[]): Val {
  const result = a.variable(compute(a, op, fmt, args));
  const slow = a.or(unsteady(a), a.eqz(isPlain(a, op, fmt, result)));
  a.if(slow, () => a.assign(result, a.call(`f${fmt}_${op}`, ...args)));
  return result;
}

/** The significand of a normal double without its trailing zeros. */
function oddSignificand(a: Assembler, bits: Val): Val {
  const hidden = 1n << BigInt(fractionBits(64));
  const significand = a.or(a.and(bits, hidden - 1n), hidden);
  return a.shr(significand, a.int('ctz', significand));
}

const bitLength = (a: Assembler, value: Val): Val => a.sub(a.i64(64), a.int('clz', value));

/** i32 nonzero where a double result is not exact; operands nonzero and normal, result clearly normal. */
function isInexact64(a: Assembler, op: HostOperation, args: readonly Val[], result: Val): Val {
  const [x, y] = args as [Val, Val];
  switch (op) {
    case 'add':
    case 'sub':
      return sumError(a, op, 64, args, result);
    case 'mul': {
      const ox = oddSignificand(a, x);
      const oy = oddSignificand(a, y);
      const long = a.test('gt_u', a.add(bitLength(a, ox), bitLength(a, oy)), 54);
      return a.or(long, a.test('ne', a.shr(a.mul(ox, oy), 53), 0));
    }
    case 'div':
      return a.test('ne', a.int('rem_u', oddSignificand(a, x), oddSignificand(a, y)), 0);
    case 'sqrt': {
      const root = oddSignificand(a, result);
      const long = a.test('ne', a.shr(root, 27), 0);
      return a.or(long, a.test('ne', a.mul(root, root), oddSignificand(a, x)));
    }
  }
}

/** i32 nonzero where a sum of either format is not exact (Knuth's two-sum). */
function sumError(a: Assembler, op: 'add' | 'sub', fmt: HostFmt, args: readonly Val[], result: Val): Val {
  const [x, given, s] = [args[0]!, args[1]!, result].map((bits) => toFloat(a, fmt, bits)) as [Val, Val, Val];
  const y = op === 'sub' ? a.float('neg', given) : given;
  return a.floatTest('ne', twoSumError(a, x, y, s), float(a, fmt, 0));
}

/** The error of s = x + y, exactly, where nothing overflows. */
export function twoSumError(a: Assembler, x: Val, y: Val, s: Val): Val {
  const part = a.float('sub', s, x);
  const errorX = a.float('sub', x, a.float('sub', s, part));
  return a.float('add', errorX, a.float('sub', y, part));
}

/** i32 nonzero where a single result is not exact: products of two singles are exact in double. */
function isInexact32(a: Assembler, op: HostOperation, args: readonly Val[], result: Val): Val {
  if (op === 'add' || op === 'sub') return sumError(a, op, 32, args, result);
  const wide = (bits: Val): Val => a.convert('f64.promote_f32', toFloat(a, 32, bits));
  const [x, y] = args.map(wide);
  const r = wide(result);
  if (op === 'mul') return a.floatTest('ne', a.float('mul', x!, y!), r);
  return a.floatTest('ne', a.float('mul', r, y ?? r), x!);
}

/** Operands and result that the host handles without exception, or with only inexact, when rounding to nearest. */
function isManageable(a: Assembler, op: HostOperation, fmt: HostFmt, args: readonly Val[], result: Val): Val {
  const normal = isClearlyNormal(a, fmt, result);
  const ordinary = args.map((bits) => isOrdinary(a, fmt, bits)).reduce((all, one) => a.and(all, one));
  // Which zero results are exact; 0 / 0 is a NaN, which is not zero.
  const exactZero = {
    add: () => isZero(a, result),
    sub: () => isZero(a, result),
    mul: () => a.or(isZero(a, args[0]!), isZero(a, args[1]!)),
    div: () => a.and(isZero(a, args[0]!), isZero(a, result)),
    sqrt: () => isZero(a, args[0]!),
  }[op]();
  return a.and(ordinary, a.or(normal, exactZero));
}

function arithmetic(fmt: HostFmt, op: HostOperation): RuntimeFunction {
  const ty = bitsType(fmt);
  return {
    params: op === 'sqrt' ? [ty] : [ty, ty],
    results: [ty],
    emit(a) {
      const args = op === 'sqrt' ? [a.param(0)] : [a.param(0), a.param(1)];
      const result = compute(a, op, fmt, args);
      a.if(a.eqz(a.or(unsteady(a), a.eqz(isPlain(a, op, fmt, result)))), () => a.return(result));
      const manageable = isManageable(a, op, fmt, args, result);
      a.if(a.and(a.eqz(control(a, RMODE)), manageable), () => {
        a.if(isZero(a, result), () => a.return(result));
        raiseInexact(a, () => (fmt === 64 ? isInexact64(a, op, args, result) : isInexact32(a, op, args, result)));
        a.return(result);
      });
      a.return(soft(a, op, fmt, args));
    },
  };
}

/** FMULX: differs from multiplication in infinity times zero alone, which is not the host's business. */
function multiplyExtended(fmt: HostFmt): RuntimeFunction {
  const ty = bitsType(fmt);
  return {
    params: [ty, ty],
    results: [ty],
    emit(a) {
      const args = [a.param(0), a.param(1)];
      const result = compute(a, 'mul', fmt, args);
      a.if(a.and(a.eqz(unsteady(a)), isClearlyNormal(a, fmt, result)), () => a.return(result));
      a.return(soft(a, 'mulx', fmt, args));
    },
  };
}

const OPERATIONS: readonly HostOperation[] = ['add', 'sub', 'mul', 'div', 'sqrt'];

/** `f32_add`, `f64_sqrt`, ...: bits in, bits out. */
export const FP_ARITHMETIC: Record<string, RuntimeFunction> = {};
for (const fmt of [32, 64] as const) {
  for (const op of OPERATIONS) FP_ARITHMETIC[`f${fmt}_${op}`] = arithmetic(fmt, op);
  FP_ARITHMETIC[`f${fmt}_mulx`] = multiplyExtended(fmt);
}
