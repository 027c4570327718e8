/** Advanced SIMD across lanes and scalar pairwise, floating point (C4.1.94). */
import { v } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import { EXTREMA, type Extremum } from '../../engine/runtime/fp-minmax.js';
import { operandsDN } from '../simd/form.js';
import { type FpForm, reduceElements } from './forms.js';

/** Bit 23 and the opcode. */
const CODES: Record<Extremum, readonly [string, string]> = {
  maxnm: ['0', '01100'],
  max: ['0', '01111'],
  minnm: ['1', '01100'],
  min: ['1', '01111'],
};

const SINGLES: FpForm = { bits: 32, width: 128 };

const acrossLanes = (op: Extremum): Instruction[] => {
  const [a, opcode] = CODES[op];
  const name = `F${op.toUpperCase()}V`;
  const asm = `${name} <V><d>, <Vn>.<T>`;
  return [
    {
      name,
      asm,
      pattern: `0 1 1 01110 ${a}0 11000 ${opcode} 10 Rn Rd`,
      fp: true,
      operands: operandsDN,
      emit: (e, _, o) => e.setVecLow(o.d, reduceElements(e, SINGLES, e.vec(o.n), op)),
    },
    {
      name: `${name}_fp16`,
      asm,
      pattern: `0 Q 0 01110 ${a}0 11000 ${opcode} 10 Rn Rd`,
      feature: 'fp16',
      fp: true,
      operands: operandsDN,
      emit(e, f, o) {
        e.setVecLow(o.d, reduceElements(e, { bits: 16, width: f.Q ? 128 : 64 }, e.vec(o.n), op));
      },
    },
  ];
};

const scalarPairwise = (name: string, op: string, a: string, opcode: string): Instruction[] => [
  {
    name: `${name}_scalar`,
    asm: `${name} <V><d>, <Vn>.<T>`,
    pattern: `01 1 11110 ${a} double 11000 ${opcode} 10 Rn Rd`,
    fp: true,
    operands: (f) => ({ d: v(f.Rd!), n: v(f.Rn!) }),
    emit(e, f, o) {
      const bits = f.double ? 64 : 32;
      e.setVecLow(o.d, e.call(`f${bits}_${op}`, e.lane(o.n, bits, 0), e.lane(o.n, bits, 1)));
    },
  },
  {
    name: `${name}_scalar_fp16`,
    asm: `${name} <V><d>, <Vn>.<T>`,
    pattern: `01 0 11110 ${a}0 11000 ${opcode} 10 Rn Rd`,
    feature: 'fp16',
    fp: true,
    operands: (f) => ({ d: v(f.Rd!), n: v(f.Rn!) }),
    emit: (e, _, o) => e.setVecLow(o.d, e.call(`f16_${op}`, e.lane(o.n, 16, 0), e.lane(o.n, 16, 1))),
  },
];

export const VECTOR_REDUCE: readonly Instruction[] = [
  ...EXTREMA.flatMap(acrossLanes),
  ...EXTREMA.flatMap((op) => scalarPairwise(`F${op.toUpperCase()}P`, op, ...CODES[op])),
  ...scalarPairwise('FADDP', 'add', '0', '01101'),
];
