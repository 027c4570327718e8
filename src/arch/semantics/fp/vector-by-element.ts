/** Advanced SIMD by element, floating point: vectors and scalars (C4.1.94). */
import { v } from '../../a64/operands.js';
import type { Fields, Instruction, Operands } from '../../a64/pattern.js';
import { write } from '../simd/form.js';
import { lanes } from '../simd/lanes.js';
import { type FpForm, negated, perform } from './forms.js';

type Operation = 'fma' | 'fms' | 'mul' | 'mulx';

/** Element size, its size field with the bits that hold the index and the register, and which index it is. */
const SIZES: readonly { bits: FpForm['bits']; register: string; index(f: Fields): number }[] = [
  { bits: 16, register: '00 L M Rm:4', index: (f) => (f.H! << 2) | (f.L! << 1) | f.M! },
  { bits: 32, register: '10 L Rm', index: (f) => (f.H! << 1) | f.L! },
  { bits: 64, register: '11 0 Rm', index: (f) => f.H! },
];

const operands = (f: Fields): Operands => ({ d: v(f.Rd!), n: v(f.Rn!), m: v(f.Rm!) });

function byElement(name: string, u: number, opcode: string, op: Operation): Instruction[] {
  return SIZES.flatMap(({ bits, register, index }): Instruction[] => {
    const make = (suffix: string, prefix: string, form: (f: Fields) => FpForm): Instruction => ({
      name: `${name}_element_${suffix}${bits}`,
      asm: `${name} <Vd>, <Vn>, <Vm>.<T>[<index>]`,
      pattern: `${prefix} ${register} ${opcode} H 0 Rn Rd`,
      ...(bits === 16 && { feature: 'fp16' as const }),
      fp: true,
      operands,
      emit(e, f, o) {
        const shape = form(f);
        const n = e.vec(o.n);
        const m = lanes(e, bits, 'splat', e.lane(o.m, bits, index(f)));
        const multiplicand = op === 'fms' ? negated(e, shape, n) : n;
        const accumulates = op === 'fma' || op === 'fms';
        const args = accumulates ? [e.vec(o.d), multiplicand, m] : [n, m];
        write(e, o.d, shape, perform(e, shape, accumulates ? 'fma' : op, ...args));
      },
    });
    // One doubleword alone is no vector.
    const q = bits === 64 ? '1' : 'Q';
    return [
      make('vector_', `0 ${q} ${u} 01111`, (f) => ({ bits, width: bits === 64 || f.Q ? 128 : 64 })),
      make('scalar_', `01 ${u} 11111`, () => ({ bits, width: bits })),
    ];
  });
}

export const VECTOR_BY_ELEMENT: readonly Instruction[] = [
  ...byElement('FMLA', 0, '0001', 'fma'),
  ...byElement('FMLS', 0, '0101', 'fms'),
  ...byElement('FMUL', 0, '1001', 'mul'),
  ...byElement('FMULX', 1, '1001', 'mulx'),
];
