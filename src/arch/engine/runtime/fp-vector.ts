/**
 * Whole vectors of singles and doubles: host SIMD where every element is plain, element by element otherwise. Which
 * element raises an exception does not show, so a half vector is passed with its half repeated.
 */
import { type Fmt, FPCR_FZ } from '../../semantics/softfp/index.js';
import type { Assembler, Val } from '../assembler.js';
import type { RuntimeFunction } from '../runtime.js';
import type { HostOperation } from './fp-arithmetic.js';
import { COMPARISONS, type Comparison, comparisonTest } from './fp-compare.js';
import { control, type HostFmt, unsteady } from './fp-environment.js';

const SHAPE = { 32: 'f32x4', 64: 'f64x2' } as const;
const INTEGERS = { 32: 'i32x4', 64: 'i64x2' } as const;

/** A number in every element. */
function every(a: Assembler, fmt: HostFmt, value: number): Val {
  const view = new DataView(new ArrayBuffer(8));
  if (fmt === 64) view.setFloat64(0, value);
  else for (const at of [0, 4]) view.setFloat32(at, value);
  const half = view.getBigUint64(0);
  return a.v128(half, half);
}

const allTrue = (a: Assembler, fmt: HostFmt, mask: Val): Val => a.simdTest(`${INTEGERS[fmt]}.all_true`, mask);

/** Mask of the elements whose magnitude is below infinity. */
const finite = (a: Assembler, fmt: HostFmt, value: Val): Val =>
  a.simd(`${SHAPE[fmt]}.lt`, a.simd(`${SHAPE[fmt]}.abs`, value), every(a, fmt, Number.POSITIVE_INFINITY));

/** Mask of the elements at or above twice the smallest normal single or double in magnitude. */
const notTiny = (a: Assembler, fmt: HostFmt, value: Val, least: number): Val =>
  a.simd(`${SHAPE[fmt]}.ge`, a.simd(`${SHAPE[fmt]}.abs`, value), every(a, fmt, least));

const isZero = (a: Assembler, fmt: HostFmt, value: Val): Val => a.simd(`${SHAPE[fmt]}.eq`, value, every(a, fmt, 0));

const LEAST = { 32: 2 ** -125, 64: 2 ** -1021 } as const;

/** The vector whose elements are `f<fmt>_<name>` of the operands' elements. */
export function byElements(a: Assembler, fmt: Fmt, name: string, args: readonly Val[]): Val {
  let result = a.v128(0n, 0n);
  for (let i = 0; i < 128 / fmt; i++) {
    const elements = args.map((v) => a.extract(v, fmt, i));
    result = a.replace(result, fmt, i, a.call(`f${fmt}_${name}`, ...elements));
  }
  return result;
}

/** Mask of the elements of a result that raise no exception but inexact, where denormals count. */
function plain(a: Assembler, op: HostOperation, fmt: HostFmt, args: readonly Val[], result: Val): Val {
  const bounded = finite(a, fmt, result);
  if (op === 'add' || op === 'sub') return bounded;
  let exact = notTiny(a, fmt, result, LEAST[fmt]);
  exact = a.simd('v128.or', exact, isZero(a, fmt, args[0]!));
  if (op === 'mul') exact = a.simd('v128.or', exact, isZero(a, fmt, args[1]!));
  return a.simd('v128.and', bounded, exact);
}

function arithmetic(fmt: HostFmt, op: HostOperation): RuntimeFunction {
  return {
    params: op === 'sqrt' ? ['v128'] : ['v128', 'v128'],
    results: ['v128'],
    emit(a) {
      const args = op === 'sqrt' ? [a.param(0)] : [a.param(0), a.param(1)];
      const result = a.simd(`${SHAPE[fmt]}.${op}`, ...args);
      const fast = allTrue(a, fmt, plain(a, op, fmt, args, result));
      a.if(a.and(fast, a.eqz(unsteady(a))), () => a.return(result));
      a.return(byElements(a, fmt, op, args));
    },
  };
}

function comparison(fmt: HostFmt, op: Comparison): RuntimeFunction {
  return {
    params: ['v128', 'v128'],
    results: ['v128'],
    emit(a) {
      const args = [a.param(0), a.param(1)];
      const shape = SHAPE[fmt];
      const [x, y] = op.startsWith('a') ? args.map((v) => a.simd(`${shape}.abs`, v)) : args;
      const ordered = a.simd('v128.and', a.simd(`${shape}.eq`, x!, x!), a.simd(`${shape}.eq`, y!, y!));
      a.if(a.and(allTrue(a, fmt, ordered), a.eqz(control(a, FPCR_FZ))), () => {
        a.return(a.simd(`${shape}.${comparisonTest(op)}`, x!, y!));
      });
      a.return(byElements(a, fmt, op, args));
    },
  };
}

/** x + y of doubles and its error (two-sum). */
function twoSum(a: Assembler, x: Val, y: Val): [sum: Val, error: Val] {
  const sum = a.simd('f64x2.add', x, y);
  const part = a.simd('f64x2.sub', sum, x);
  const errorX = a.simd('f64x2.sub', x, a.simd('f64x2.sub', sum, part));
  return [sum, a.simd('f64x2.add', errorX, a.simd('f64x2.sub', y, part))];
}

/** x + y of doubles rounded to odd; see `sumToOdd` in fp-fused. */
function sumToOdd(a: Assembler, x: Val, y: Val): Val {
  const [sum, error] = twoSum(a, x, y);
  const one = a.v128(1n, 1n);
  const zero = every(a, 64, 0);
  const inexact = a.simd('f64x2.ne', error, zero);
  const even = a.simd('i64x2.eq', a.simd('v128.and', sum, one), zero);
  const step = a.simd('v128.or', a.simd('i64x2.shr_s', a.simd('v128.xor', sum, error), a.i32(63)), one);
  return a.simd('i64x2.add', sum, a.simd('v128.and', step, a.simd('v128.and', inexact, even)));
}

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** (addend, x, y) to addend + x * y: products are exact in double. */
const fused32: RuntimeFunction = {
  params: ['v128', 'v128', 'v128'],
  results: ['v128'],
  emit(a) {
    const args = [a.param(0), a.param(1), a.param(2)];
    a.if(a.eqz(unsteady(a)), () => {
      const halves = [args, args.map((v) => a.shuffle(v, v, HIGH_HALF))].map((half) => {
        const [addend, x, y] = half.map((v) => a.simd('f64x2.promote_low_f32x4', v)) as [Val, Val, Val];
        const sum = sumToOdd(a, a.simd('f64x2.mul', x, y), addend);
        const exact = a.simd('v128.or', notTiny(a, 64, sum, LEAST[32]), isZero(a, 64, sum));
        return { exact, single: a.simd('f32x4.demote_f64x2_zero', sum) };
      });
      const [low, high] = halves as [{ exact: Val; single: Val }, { exact: Val; single: Val }];
      const result = a.shuffle(low.single, high.single, LOW_HALVES);
      const exact = allTrue(a, 64, a.simd('v128.and', low.exact, high.exact));
      a.if(a.and(exact, allTrue(a, 32, finite(a, 32, result))), () => a.return(result));
    });
    a.return(byElements(a, 32, 'fma', args));
  },
};

/** The error of a product of doubles; see `productError` in fp-fused. */
function productError(a: Assembler, x: Val, y: Val, product: Val): Val {
  const mul = (p: Val, q: Val): Val => a.simd('f64x2.mul', p, q);
  const add = (p: Val, q: Val): Val => a.simd('f64x2.add', p, q);
  const sub = (p: Val, q: Val): Val => a.simd('f64x2.sub', p, q);
  const split = (value: Val): [Val, Val] => {
    const scaled = mul(value, every(a, 64, 2 ** 27 + 1));
    const high = sub(scaled, sub(scaled, value));
    return [high, sub(value, high)];
  };
  const [xh, xl] = split(x);
  const [yh, yl] = split(y);
  return add(add(add(sub(mul(xh, yh), product), mul(xh, yl)), mul(xl, yh)), mul(xl, yl));
}

const fused64: RuntimeFunction = {
  params: ['v128', 'v128', 'v128'],
  results: ['v128'],
  emit(a) {
    const args = [a.param(0), a.param(1), a.param(2)] as [Val, Val, Val];
    const moderate = args.map((v) => {
      const magnitude = a.simd('f64x2.abs', v);
      const small = a.simd('f64x2.lt', magnitude, every(a, 64, 2 ** 400));
      return a.simd('v128.and', small, a.simd('f64x2.ge', magnitude, every(a, 64, 2 ** -400)));
    });
    const allModerate = allTrue(
      a,
      64,
      moderate.reduce((x, y) => a.simd('v128.and', x, y)),
    );
    a.if(a.and(allModerate, a.eqz(unsteady(a))), () => {
      const [addend, x, y] = args;
      const product = a.simd('f64x2.mul', x, y);
      const [upper, upperError] = twoSum(a, addend, productError(a, x, y, product));
      const [top, topError] = twoSum(a, product, upper);
      a.return(a.simd('f64x2.add', top, sumToOdd(a, topError, upperError)));
    });
    a.return(byElements(a, 64, 'fma', args));
  },
};

/** `f32x4_add`, `f64x2_cmge`, ...: operations that exist for whole vectors. */
export const FP_VECTOR: Record<string, RuntimeFunction> = { f32x4_fma: fused32, f64x2_fma: fused64 };
for (const fmt of [32, 64] as const) {
  for (const op of ['add', 'sub', 'mul', 'div', 'sqrt'] as const)
    FP_VECTOR[`${SHAPE[fmt]}_${op}`] = arithmetic(fmt, op);
  for (const op of COMPARISONS) FP_VECTOR[`${SHAPE[fmt]}_${op}`] = comparison(fmt, op);
}

/** Name of the function for a whole vector, where there is one. */
export function vectorFunction(fmt: Fmt, name: string): string | undefined {
  if (fmt === 16) return undefined;
  const full = `${SHAPE[fmt]}_${name}`;
  return full in FP_VECTOR ? full : undefined;
}
