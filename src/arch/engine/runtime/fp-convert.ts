/** Conversions between formats, from numbers to integers and fixed point, and back. */
import { FPCR_FZ, IOC } from '../../semantics/softfp/index.js';
import type { Assembler, Val } from '../assembler.js';
import type { Conversion } from '../opcodes.js';
import type { RuntimeFunction } from '../runtime.js';
import {
  control,
  float,
  type HostFmt,
  isClearlyNormal,
  isZero,
  RMODE,
  raiseFlags,
  raiseInexact,
  toBits,
  toFloat,
  unsteady,
} from './fp-environment.js';
import { finiteHalf } from './fp-half.js';
import { DIRECTIONS, type Direction, rounded } from './fp-round.js';
import { soft } from './fp-soft-operations.js';

const promote = (a: Assembler, value: Val): Val => a.convert('f64.promote_f32', value);

const doubleToSingle: RuntimeFunction = {
  params: ['i64'],
  results: ['i32'],
  emit(a) {
    const value = toFloat(a, 64, a.param(0));
    const single = a.convert('f32.demote_f64', value);
    const bits = toBits(a, single);
    const normal = isClearlyNormal(a, 32, bits);
    a.if(a.and(a.eqz(unsteady(a)), normal), () => a.return(bits));
    a.if(a.and(a.eqz(control(a, RMODE)), a.or(normal, isZero(a, a.param(0)))), () => {
      raiseInexact(a, () => a.floatTest('ne', promote(a, single), value));
      a.return(bits);
    });
    a.return(soft(a, 'to32', 64, [a.param(0)], 32));
  },
};

const singleToDouble: RuntimeFunction = {
  params: ['i32'],
  results: ['i64'],
  emit(a) {
    const bits = a.param(0);
    const value = toFloat(a, 32, bits);
    const direct = a.or(isClearlyNormal(a, 32, bits), isZero(a, bits));
    const denormalCounts = a.and(a.floatTest('eq', value, value), a.eqz(control(a, FPCR_FZ)));
    a.if(a.or(direct, denormalCounts), () => a.return(toBits(a, promote(a, value))));
    a.return(soft(a, 'to64', 32, [bits], 64));
  },
};

/** From half precision: FZ16 does not apply, and the largest exponent is left to the exact library (AHP). */
const halfTo = (fmt: HostFmt): RuntimeFunction => ({
  params: ['i32'],
  results: [fmt === 64 ? 'i64' : 'i32'],
  emit(a) {
    const bits = a.param(0);
    a.if(a.test('lt_u', a.and(bits, 0x7fff), 0x7c00), () => {
      const value = finiteHalf(a, bits);
      a.return(toBits(a, fmt === 64 ? value : a.convert('f32.demote_f64', value)));
    });
    a.return(soft(a, `to${fmt}`, 16, [bits], fmt));
  },
});

/** To half precision; AHP and FZ matter only where the result is not a normal half. */
const toHalf = (fmt: HostFmt): RuntimeFunction => ({
  params: [fmt === 64 ? 'i64' : 'i32'],
  results: ['i32'],
  emit(a) {
    a.if(a.eqz(control(a, RMODE)), () => {
      const value = toFloat(a, fmt, a.param(0));
      const result = a.call('round_to_half', fmt === 64 ? value : promote(a, value));
      a.if(a.test('ge_s', result, 0), () => a.return(result));
    });
    a.return(soft(a, 'to16', fmt, [a.param(0)], 16));
  },
});

const doubleToSingleOdd: RuntimeFunction = {
  params: ['i64'],
  results: ['i32'],
  emit: (a) => a.return(soft(a, 'to32odd', 64, [a.param(0)], 32)),
};

export type Signedness = 's' | 'u';
export type IntegerBits = 16 | 32 | 64;

/** Smallest integer, and the first that is too large. */
function limits(sign: Signedness, bits: IntegerBits): readonly [number, number] {
  return sign === 's' ? [-(2 ** (bits - 1)), 2 ** (bits - 1)] : [0, 2 ** bits];
}

/** (value, already flushed and scaled): the saturated integer, as i64 or zero-extended i32, with IOC or IXC. */
function toInteger(sign: Signedness, bits: IntegerBits, direction: Direction): RuntimeFunction {
  const ty = bits === 64 ? 'i64' : 'i32';
  return {
    params: ['f64'],
    results: [ty],
    emit(a) {
      const value = a.param(0);
      const integer = rounded(a, direction, value);
      const [low, high] = limits(sign, bits);
      const fits = a.and(a.floatTest('ge', integer, float(a, 64, low)), a.floatTest('lt', integer, float(a, 64, high)));
      a.if(
        fits,
        () => raiseInexact(a, () => a.floatTest('ne', integer, value)),
        () => raiseFlags(a, IOC),
      );
      if (bits !== 16) return a.return(a.convert(`${ty}.trunc_sat_f64_${sign}` as Conversion, integer));
      const bounded = a.float('max', a.float('min', integer, float(a, 64, high - 1)), float(a, 64, low));
      a.return(a.and(a.convert('i32.trunc_sat_f64_s', bounded), 0xffff));
    },
  };
}

/** 2^-fraction bits (i32, 0..64). */
function scaleDown(a: Assembler, fmt: HostFmt, bits: Val): Val {
  if (fmt === 32) return toFloat(a, 32, a.shl(a.sub(a.i32(127), bits), 23));
  return toFloat(a, 64, a.shl(a.uext(a.sub(a.i32(1023), bits)), 52));
}

/** (integer, fraction bits): the integer divided by 2^fraction bits, rounded. */
function fromInteger(sign: Signedness, fmt: 16 | HostFmt): RuntimeFunction {
  return {
    params: ['i64', 'i32'],
    results: [fmt === 64 ? 'i64' : 'i32'],
    emit(a) {
      const [integer, fraction] = [a.param(0), a.param(1)];
      a.if(a.eqz(integer), () => a.return(fmt === 64 ? a.i64(0) : a.i32(0)));
      const magnitude = sign === 'u' ? integer : a.select(a.test('lt_s', integer, 0), a.neg(integer), integer);
      const length = a.sub(a.i64(64), a.add(a.int('clz', magnitude), a.int('ctz', magnitude)));
      const exactIn = (host: HostFmt): Val => a.test('le_u', length, host === 64 ? 53 : 24);
      const host = fmt === 16 ? 64 : fmt;
      const scaled = (): Val => {
        const value = a.convert(`f${host}.convert_i64_${sign}` as Conversion, integer);
        return a.float('mul', value, scaleDown(a, host, fraction));
      };
      const nearest = a.eqz(control(a, RMODE));
      if (fmt === 16) {
        a.if(a.and(nearest, exactIn(64)), () => {
          const result = a.call('round_to_half', scaled());
          a.if(a.test('ge_s', result, 0), () => a.return(result));
        });
      } else {
        const exact = exactIn(fmt);
        a.if(a.or(exact, nearest), () => {
          raiseInexact(a, () => a.eqz(exact));
          a.return(toBits(a, scaled()));
        });
      }
      a.return(soft(a, sign === 's' ? 'fromSigned' : 'fromUnsigned', fmt, [integer, fraction]));
    },
  };
}

/** `f64_to_f32`, `to_s32_z`, `s64_to_f16`, ... */
export const FP_CONVERT: Record<string, RuntimeFunction> = {
  f64_to_f32: doubleToSingle,
  f32_to_f64: singleToDouble,
  f16_to_f32: halfTo(32),
  f16_to_f64: halfTo(64),
  f32_to_f16: toHalf(32),
  f64_to_f16: toHalf(64),
  f64_to_f32_odd: doubleToSingleOdd,
};
for (const sign of ['s', 'u'] as const) {
  for (const direction of DIRECTIONS) {
    for (const bits of [16, 32, 64] as const) {
      FP_CONVERT[`to_${sign}${bits}_${direction}`] = toInteger(sign, bits, direction);
    }
  }
  for (const fmt of [16, 32, 64] as const) FP_CONVERT[`${sign}64_to_f${fmt}`] = fromInteger(sign, fmt);
}
