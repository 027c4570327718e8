/** FRINTN, FRINTP, FRINTM, FRINTZ, FRINTA, FRINTX and FRINTI: rounding to an integer in the same format. */
import { type Fmt, FPCR_FZ, FPCR_FZ16, FPCR_RMODE_SHIFT } from '../../semantics/softfp/index.js';
import type { Assembler, Val } from '../assembler.js';
import type { RuntimeFunction } from '../runtime.js';
import {
  bitsType,
  control,
  float,
  type HostFmt,
  isOrdinary,
  RMODE,
  raiseInexact,
  toBits,
  toFloat,
} from './fp-environment.js';
import { finiteHalf, isFiniteHalf } from './fp-half.js';
import { soft } from './fp-soft-operations.js';

/** Rounding directions by name: nearest even, up, down, to zero, nearest away. */
export type Direction = 'n' | 'p' | 'm' | 'z' | 'a';
export const DIRECTIONS: readonly Direction[] = ['n', 'p', 'm', 'z', 'a'];

const HOST = { n: 'nearest', p: 'ceil', m: 'floor', z: 'trunc' } as const;

const hostFmt = (value: Val): HostFmt => (value.ty === 'f64' ? 64 : 32);

/** `value` rounded to an integer, which keeps the sign of zero. */
export function rounded(a: Assembler, direction: Direction, value: Val): Val {
  if (direction !== 'a') return a.float(HOST[direction], value);
  const fmt = hostFmt(value);
  const truncated = a.float('trunc', value);
  const fraction = a.float('abs', a.float('sub', value, truncated));
  const away = a.float('add', truncated, a.float('copysign', float(a, fmt, 1), value));
  return a.select(a.floatTest('ge', fraction, float(a, fmt, 0.5)), away, truncated);
}

/** Rounded as FPCR.RMode says. */
function roundedByControl(a: Assembler, value: Val): Val {
  const result = a.variable(rounded(a, 'n', value));
  const mode = control(a, RMODE);
  a.if(mode, () => {
    a.assign(result, rounded(a, 'z', value));
    for (const [code, direction] of [
      [1, 'p'],
      [2, 'm'],
    ] as const) {
      a.if(a.test('eq', mode, code << FPCR_RMODE_SHIFT), () => a.assign(result, rounded(a, direction, value)));
    }
  });
  return result;
}

export type RoundMode = Direction | 'x' | 'i';
export const ROUND_MODES: readonly RoundMode[] = [...DIRECTIONS, 'x', 'i'];

function roundToIntegral(fmt: Fmt, mode: RoundMode): RuntimeFunction {
  const ty = bitsType(fmt);
  return {
    params: [ty],
    results: [ty],
    emit(a) {
      const bits = a.param(0);
      const round = (value: Val): Val => {
        const result = mode === 'x' || mode === 'i' ? roundedByControl(a, value) : rounded(a, mode, value);
        if (mode === 'x') raiseInexact(a, () => a.floatTest('ne', result, value));
        return result;
      };
      if (fmt === 16) {
        a.if(a.and(isFiniteHalf(a, bits), a.eqz(control(a, FPCR_FZ16))), () => {
          a.return(a.call('round_to_half', round(finiteHalf(a, bits))));
        });
      } else {
        const value = toFloat(a, fmt, bits);
        const number = a.floatTest('eq', value, value);
        const flushes = a.and(control(a, FPCR_FZ), a.sub(isOrdinary(a, fmt, bits), 1));
        a.if(a.and(number, a.eqz(flushes)), () => a.return(toBits(a, round(value))));
      }
      a.return(soft(a, `rint${mode}`, fmt, [bits]));
    },
  };
}

/** `f64_rintn`, ...: bits in, bits out. */
export const FP_ROUND: Record<string, RuntimeFunction> = {};
for (const fmt of [16, 32, 64] as const) {
  for (const mode of ROUND_MODES) FP_ROUND[`f${fmt}_rint${mode}`] = roundToIntegral(fmt, mode);
}
