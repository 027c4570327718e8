/**
 * Fused multiply-add, which WebAssembly does not have, and the reciprocal steps that are one.
 *
 * Single precision: the product is exact in double, the sum is rounded to odd there and then to single. Double: the
 * product as an exact pair (Dekker), the sum of three with its low part rounded to odd (Boldo and Melquiond, "Emulation
 * of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
 */
import type { Assembler, Val } from '../assembler.js';
import type { RuntimeFunction } from '../runtime.js';
import { twoSumError } from './fp-arithmetic.js';
import {
  bitsType,
  control,
  float,
  type HostFmt,
  isClearlyNormal,
  isOrdinary,
  isZero,
  RMODE,
  raiseInexact,
  signBits,
  toBits,
  toFloat,
  unsteady,
} from './fp-environment.js';
import { soft } from './fp-soft-operations.js';

/** x + y of doubles rounded to odd. Where that is not exact, neither is any sum or conversion that rounds it further. */
export function sumToOdd(a: Assembler, x: Val, y: Val): Val {
  const nearest = a.float('add', x, y);
  const error = twoSumError(a, x, y, nearest);
  const bits = toBits(a, nearest);
  const inexact = a.floatTest('ne', error, float(a, 64, 0));
  const even = a.eqz(a.and(a.wrap(bits), 1));
  // One step towards the exact sum, away from zero where the error has the sum's sign.
  const step = a.or(a.sar(a.xor(bits, toBits(a, error)), 63), 1);
  const odd = a.add(bits, step);
  return a.convert('f64.reinterpret_i64', a.select(a.and(inexact, even), odd, bits));
}

/** x * y - product, exactly, where no part of it overflows or underflows (Dekker's product, Veltkamp's split). */
function productError(a: Assembler, x: Val, y: Val, product: Val): Val {
  const split = (value: Val): [Val, Val] => {
    const scaled = a.float('mul', value, float(a, 64, 2 ** 27 + 1));
    const high = a.float('sub', scaled, a.float('sub', scaled, value));
    return [high, a.float('sub', value, high)];
  };
  const [xh, xl] = split(x);
  const [yh, yl] = split(y);
  const high = a.float('sub', a.float('mul', xh, yh), product);
  const middle = a.float('add', a.float('add', high, a.float('mul', xh, yl)), a.float('mul', xl, yh));
  return a.float('add', middle, a.float('mul', xl, yl));
}

/** Exponents that leave room for every intermediate result: within 400 of 0. */
function isModerate(a: Assembler, bits: Val): Val {
  const least = BigInt(1023 - 400) << 53n;
  return a.test('lt_u', a.sub(a.shl(bits, 1), least), 800n << 53n);
}

const all = (a: Assembler, ...conditions: Val[]): Val => conditions.reduce((x, y) => a.and(x, y));

/** (addend, x, y) to addend + x * y. */
const fused64: RuntimeFunction = {
  params: ['i64', 'i64', 'i64'],
  results: ['i64'],
  emit(a) {
    const bits = [a.param(0), a.param(1), a.param(2)] as [Val, Val, Val];
    const [addend, x, y] = bits.map((b) => toFloat(a, 64, b)) as [Val, Val, Val];
    a.if(a.eqz(control(a, RMODE)), () => {
      a.if(all(a, ...bits.map((b) => isModerate(a, b))), () => {
        const high = a.float('mul', x, y);
        const low = productError(a, x, y, high);
        const upper = a.float('add', addend, low);
        const upperError = twoSumError(a, addend, low, upper);
        const top = a.float('add', high, upper);
        const topError = twoSumError(a, high, upper, top);
        const sum = sumToOdd(a, topError, upperError);
        const result = a.float('add', top, sum);
        raiseInexact(a, () => a.floatTest('ne', twoSumError(a, top, sum, result), float(a, 64, 0)));
        a.return(toBits(a, result));
      });
      a.if(all(a, ...bits.map((b) => isOrdinary(a, 64, b))), () => {
        const [bitsA, bitsX, bitsY] = bits;
        a.if(a.or(isZero(a, bitsX), isZero(a, bitsY)), () => {
          a.return(toBits(a, a.float('add', a.float('mul', x, y), addend)));
        });
        a.if(isZero(a, bitsA), () => a.return(a.call('f64_mul', bitsX, bitsY)));
      });
    });
    a.return(soft(a, 'fma', 64, bits));
  },
};

const fused32: RuntimeFunction = {
  params: ['i32', 'i32', 'i32'],
  results: ['i32'],
  emit(a) {
    const bits = [a.param(0), a.param(1), a.param(2)] as [Val, Val, Val];
    const [addend, x, y] = bits.map((b) => a.convert('f64.promote_f32', toFloat(a, 32, b))) as [Val, Val, Val];
    const sum = sumToOdd(a, a.float('mul', x, y), addend);
    const single = a.convert('f32.demote_f64', sum);
    const result = toBits(a, single);
    const normal = isClearlyNormal(a, 32, result);
    a.if(a.and(a.eqz(unsteady(a)), normal), () => a.return(result));
    const ordinary = all(a, ...bits.map((b) => isOrdinary(a, 32, b)));
    const exact = a.or(normal, a.floatTest('eq', sum, float(a, 64, 0)));
    a.if(all(a, ordinary, exact, a.eqz(control(a, RMODE))), () => {
      raiseInexact(a, () => a.floatTest('ne', a.convert('f64.promote_f32', single), sum));
      a.return(result);
    });
    a.return(soft(a, 'fma', 32, bits));
  },
};

/** FRECPS: 2 - x * y, and FRSQRTS: (3 - x * y) / 2. */
function step(fmt: HostFmt, operation: 'recps' | 'rsqrts'): RuntimeFunction {
  const ty = bitsType(fmt);
  const ones = fmt === 64 ? 2047 : 255;
  const width = fmt === 64 ? 53n : 24n;
  // Products between 2^-half and 2^half: the sum is far from overflow, and is exact where it is small.
  const half = fmt === 64 ? 200 : 30;
  return {
    params: [ty, ty],
    results: [ty],
    emit(a) {
      const args = [a.param(0), a.param(1)] as const;
      const moderate = (bits: Val): Val => {
        const least = BigInt((ones >> 1) - half) << width;
        return a.test('lt_u', a.sub(a.shl(bits, 1), least), BigInt(2 * half) << width);
      };
      a.if(all(a, moderate(args[0]), moderate(args[1]), a.eqz(control(a, RMODE))), () => {
        const constant = toBits(a, float(a, fmt, operation === 'recps' ? 2 : 3));
        const sum = a.call(`f${fmt}_fma`, constant, a.xor(args[0], signBits(fmt)), args[1]);
        if (operation === 'recps') return a.return(sum);
        a.return(toBits(a, a.float('mul', toFloat(a, fmt, sum), float(a, fmt, 0.5))));
      });
      a.return(soft(a, operation, fmt, args));
    },
  };
}

/** `f64_fma`, `f32_recps`, ...: bits in, bits out. */
export const FP_FUSED: Record<string, RuntimeFunction> = {
  f32_fma: fused32,
  f64_fma: fused64,
  f32_recps: step(32, 'recps'),
  f64_recps: step(64, 'recps'),
  f32_rsqrts: step(32, 'rsqrts'),
  f64_rsqrts: step(64, 'rsqrts'),
};
