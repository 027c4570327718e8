/**
 * Half-precision arithmetic in double precision: sums and products are exact there, quotients and square roots round
 * twice without harm (53 bits are more than 2 * 11 + 1), fused sums are rounded to odd first.
 */
import { FPCR_FZ16 } from '../../semantics/softfp/index.js';
import type { Assembler, Val } from '../assembler.js';
import type { RuntimeFunction } from '../runtime.js';
import { control, float, RMODE, raiseInexact, toBits } from './fp-environment.js';
import { sumToOdd } from './fp-fused.js';
import { type SoftOperation, soft } from './fp-soft-operations.js';

/** i32 nonzero for finite numbers. */
export const isFiniteHalf = (a: Assembler, bits: Val): Val => a.test('lt_u', a.and(bits, 0x7fff), 0x7c00);

/** The value of a finite half-precision number. */
export function finiteHalf(a: Assembler, bits: Val): Val {
  // With its fields at the top of a double's, 2^1008 makes up for the difference of the biases, also for denormals.
  const magnitude = a.shl(a.uext(a.and(bits, 0x7fff)), 42);
  const sign = a.shl(a.uext(a.and(bits, 0x8000)), 48);
  const scaled = a.convert('f64.reinterpret_i64', a.or(magnitude, sign));
  return a.float('mul', scaled, float(a, 64, 2 ** 1008));
}

/** Half-precision operands rounded to nearest in the usual way: no FZ16, all finite. */
function isPlain(a: Assembler, args: readonly Val[]): Val {
  const finite = args.map((bits) => isFiniteHalf(a, bits)).reduce((x, y) => a.and(x, y));
  return a.and(finite, a.eqz(control(a, RMODE | FPCR_FZ16)));
}

/**
 * (double) to half-precision bits, rounded to nearest, with IXC; -1, and nothing done, where the result is neither zero
 * nor normal, also before rounding.
 */
const roundToHalf: RuntimeFunction = {
  params: ['f64'],
  results: ['i32'],
  emit(a) {
    const bits = toBits(a, a.param(0));
    const sign = a.and(a.wrap(a.shr(bits, 48)), 0x8000);
    const magnitude = a.and(bits, (1n << 63n) - 1n);
    a.if(a.eqz(magnitude), () => a.return(sign));
    // Round the low 42 bits away, ties to even; a carry goes into the exponent as it should.
    const even = a.and(a.shr(magnitude, 42), 1);
    const rounded = a.shr(a.add(magnitude, a.add(even, (1n << 41n) - 1n)), 42);
    const half = a.wrap(a.sub(rounded, (1023 - 15) << 10));
    const exponent = a.shr(magnitude, 52);
    const inRange = a.and(a.test('ge_u', exponent, 1023 - 14), a.test('lt_s', half, 0x7c00));
    a.if(a.eqz(a.and(inRange, a.test('le_u', exponent, 1023 + 15))), () => a.return(a.i32(-1)));
    raiseInexact(a, () => a.test('ne', a.shl(bits, 22), 0));
    a.return(a.or(half, sign));
  },
};

/** An operation whose result, rounded to half precision, is right where `round_to_half` can tell. */
function halfOperation(
  operation: SoftOperation,
  count: number,
  compute: (a: Assembler, args: Val[]) => Val,
): RuntimeFunction {
  return {
    params: new Array<'i32'>(count).fill('i32'),
    results: ['i32'],
    emit(a) {
      const args = Array.from({ length: count }, (_, i) => a.param(i));
      a.if(isPlain(a, args), () => {
        const values = args.map((bits) => finiteHalf(a, bits));
        const result = a.call('round_to_half', compute(a, values));
        a.if(a.test('ge_s', result, 0), () => a.return(result));
      });
      a.return(soft(a, operation, 16, args));
    },
  };
}

/** `f16_add`, ...: bits in, bits out. */
export const FP_HALF: Record<string, RuntimeFunction> = {
  round_to_half: roundToHalf,
  f16_fma: halfOperation('fma', 3, (a, [addend, x, y]) => sumToOdd(a, a.float('mul', x!, y!), addend!)),
  f16_sqrt: halfOperation('sqrt', 1, (a, [x]) => a.float('sqrt', x!)),
  f16_mulx: halfOperation('mulx', 2, (a, [x, y]) => a.float('mul', x!, y!)),
  f16_recps: halfOperation('recps', 2, (a, [x, y]) => {
    return sumToOdd(a, float(a, 64, 2), a.float('neg', a.float('mul', x!, y!)));
  }),
  f16_rsqrts: halfOperation('rsqrts', 2, (a, [x, y]) => {
    const sum = sumToOdd(a, float(a, 64, 3), a.float('neg', a.float('mul', x!, y!)));
    return a.float('mul', sum, float(a, 64, 0.5));
  }),
};
for (const op of ['add', 'sub', 'mul', 'div'] as const) {
  FP_HALF[`f16_${op}`] = halfOperation(op, 2, (a, [x, y]) => a.float(op, x!, y!));
}
