/** FMAX, FMIN and their number forms: the host's for ordinary numbers, the exact library for NaNs and FZ. */
import { FPCR_FZ, FPCR_FZ16 } from '../../semantics/softfp/index.js';
import type { RuntimeFunction } from '../runtime.js';
import { bitsType, control, type HostFmt, isOrdinary, toBits, toFloat } from './fp-environment.js';
import { finiteHalf, isFiniteHalf } from './fp-half.js';
import { soft } from './fp-soft-operations.js';

export type Extremum = 'min' | 'max' | 'minnm' | 'maxnm';
export const EXTREMA: readonly Extremum[] = ['min', 'max', 'minnm', 'maxnm'];

/** The host's operation: it orders zeros as the architecture does. */
export const hostExtremum = (op: Extremum): 'min' | 'max' => (op.startsWith('min') ? 'min' : 'max');

function extremum(fmt: HostFmt, op: Extremum): RuntimeFunction {
  const ty = bitsType(fmt);
  return {
    params: [ty, ty],
    results: [ty],
    emit(a) {
      const args = [a.param(0), a.param(1)] as const;
      const [x, y] = [toFloat(a, fmt, args[0]), toFloat(a, fmt, args[1])];
      const result = a.float(hostExtremum(op), x, y);
      a.if(a.floatTest('eq', result, result), () => {
        a.if(a.eqz(control(a, FPCR_FZ)), () => a.return(toBits(a, result)));
        a.if(a.and(isOrdinary(a, fmt, args[0]), isOrdinary(a, fmt, args[1])), () => a.return(toBits(a, result)));
      });
      a.return(soft(a, op, fmt, args));
    },
  };
}

function halfExtremum(op: Extremum): RuntimeFunction {
  return {
    params: ['i32', 'i32'],
    results: ['i32'],
    emit(a) {
      const args = [a.param(0), a.param(1)] as const;
      const finite = a.and(isFiniteHalf(a, args[0]), isFiniteHalf(a, args[1]));
      a.if(a.and(finite, a.eqz(control(a, FPCR_FZ16))), () => {
        const [x, y] = [finiteHalf(a, args[0]), finiteHalf(a, args[1])];
        const minimum = hostExtremum(op) === 'min';
        // Of equal operands only zeros can differ, in their signs.
        const equal = a.int(minimum ? 'or' : 'and', args[0], args[1]);
        const first = a.floatTest(minimum ? 'lt' : 'gt', x, y);
        a.return(a.select(a.floatTest('eq', x, y), equal, a.select(first, args[0], args[1])));
      });
      a.return(soft(a, op, 16, args));
    },
  };
}

/** `f32_max`, `f16_minnm`, ...: bits in, bits out. */
export const FP_MINMAX: Record<string, RuntimeFunction> = {};
for (const op of EXTREMA) {
  FP_MINMAX[`f16_${op}`] = halfExtremum(op);
  FP_MINMAX[`f32_${op}`] = extremum(32, op);
  FP_MINMAX[`f64_${op}`] = extremum(64, op);
}
