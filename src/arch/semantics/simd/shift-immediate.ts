/** Advanced SIMD shift by immediate and its scalar form. `variant` is the size; imm2 the amount (see Shift). */
import { v } from '../../a64/operands.js';
import type { Fields, Instruction, Operands } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { bitsOf, type Form, scalarForm, twice, vectorForm, write, writeHalf } from './form.js';
import { extend, lanes, narrow, type Sign } from './lanes.js';
import { type Saturation, saturateNarrow } from './narrowing.js';
import * as shift from './shift.js';
import { type Shift, shiftRight } from './shift.js';

/** log2 of the element's bytes: the highest set bit of immh. */
const sizeOf = (f: Fields): number => 31 - Math.clz32(f.immh);
const immediateOf = (f: Fields): number => (f.immh << 3) | f.immb;

/** UInt(immh:immb) - esize. */
const leftOperands = (f: Fields): Operands => ({ d: v(f.Rd), n: v(f.Rn), imm2: immediateOf(f) - (8 << sizeOf(f)) });
/** 2 * esize - UInt(immh:immb), less one. */
const rightOperands = (f: Fields): Operands => ({
  d: v(f.Rd),
  n: v(f.Rn),
  imm2: (16 << sizeOf(f)) - immediateOf(f) - 1,
});

type Direction = 'left' | 'right';

/** `sizes`: of scalars; vectors have all of BHSD. */
type Row = readonly [name: string, u: 0 | 1, opcode: string, direction: Direction, scalar: string, op: Shift];

const both = (name: string, opcode: string, direction: Direction, scalar: string, op: (sign: Sign) => Shift): Row[] => [
  [`S${name}`, 0, opcode, direction, scalar, op('s')],
  [`U${name}`, 1, opcode, direction, scalar, op('u')],
];

const ROWS: readonly Row[] = [
  ...both('SHR', '00000', 'right', 'D', (sign) => shift.right(sign)),
  ...both('SRA', '00010', 'right', 'D', (sign) => shift.rightAccumulate(sign)),
  ...both('RSHR', '00100', 'right', 'D', (sign) => shift.right(sign, true)),
  ...both('RSRA', '00110', 'right', 'D', (sign) => shift.rightAccumulate(sign, true)),
  ['SRI', 1, '01000', 'right', 'D', shift.rightInsert],
  ['SHL', 0, '01010', 'left', 'D', shift.left],
  ['SLI', 1, '01010', 'left', 'D', shift.leftInsert],
  ['SQSHLU', 1, '01100', 'left', 'BHSD', shift.leftSaturatingUnsigned],
  ...both('QSHL', '01110', 'left', 'BHSD', shift.leftSaturating),
];

const lines = ROWS.flatMap(([name, u, opcode, direction, scalarSizes, op]): Instruction[] => {
  const operands = direction === 'left' ? leftOperands : rightOperands;
  return [
    {
      name: `${name}_imm_vector`,
      asm: `${name} <Vd>.<T>, <Vn>.<T>, #<shift>`,
      pattern: `0 Q ${u} 011110 immh:4 immb:3 ${opcode} 1 Rn Rd`,
      fp: true,
      accept: (f) => f.immh !== 0 && (f.immh < 8 || f.Q === 1),
      variant: sizeOf,
      operands,
      emit(e, f, o) {
        const form = vectorForm(f.variant, f.Q);
        write(
          e,
          o.d,
          form,
          op(e, form, e.vec(o.n), () => e.vec(o.d)),
        );
      },
    },
    {
      name: `${name}_imm_scalar`,
      asm: `${name} <V><d>, <V><n>, #<shift>`,
      pattern: `01 ${u} 111110 immh:4 immb:3 ${opcode} 1 Rn Rd`,
      fp: true,
      accept: (f) => f.immh !== 0 && scalarSizes.includes('BHSD'[sizeOf(f)]!),
      variant: sizeOf,
      operands,
      emit(e, f, o) {
        const form = scalarForm(f.variant);
        write(
          e,
          o.d,
          form,
          op(e, form, e.vec(o.n), () => e.vec(o.d)),
        );
      },
    },
  ];
});

/** A shift right of elements of twice the form's bits, made narrow; without `how` by truncation. */
type Narrow = readonly [name: string, u: 0 | 1, opcode: string, sign: Sign, rounding: boolean, how?: Saturation];

const NARROW: readonly Narrow[] = [
  ['SHRN', 0, '10000', 'u', false],
  ['RSHRN', 0, '10001', 'u', true],
  ['SQSHRUN', 1, '10000', 's', false, 'su'],
  ['SQRSHRUN', 1, '10001', 's', true, 'su'],
  ['SQSHRN', 0, '10010', 's', false, 'ss'],
  ['UQSHRN', 1, '10010', 'u', false, 'uu'],
  ['SQRSHRN', 0, '10011', 's', true, 'ss'],
  ['UQRSHRN', 1, '10011', 'u', true, 'uu'],
];

function shiftNarrow(e: Emitter, form: Form, [, , , sign, rounding, how]: Narrow, a: Val): Val {
  const wide = shiftRight(e, twice(form.bits), sign, rounding, a);
  return how ? saturateNarrow(e, form, how, wide, wide) : narrow(e, form.bits, wide, wide);
}

const acceptNarrow = (f: Fields): boolean => f.immh !== 0 && f.immh < 8;

const narrows = NARROW.flatMap((row): Instruction[] => {
  const [name, u, opcode, , , how] = row;
  const vector: Instruction = {
    name: `${name}_vector`,
    asm: `${name}{2} <Vd>.<Tb>, <Vn>.<Ta>, #<shift>`,
    pattern: `0 Q ${u} 011110 immh:4 immb:3 ${opcode} 1 Rn Rd`,
    fp: true,
    accept: acceptNarrow,
    variant: sizeOf,
    operands: rightOperands,
    emit: (e, f, o) => writeHalf(e, o.d, f.Q, shiftNarrow(e, vectorForm(f.variant, 0), row, e.vec(o.n))),
  };
  if (!how) return [vector];
  return [
    vector,
    {
      name: `${name}_scalar`,
      asm: `${name} <Vb><d>, <Va><n>, #<shift>`,
      pattern: `01 ${u} 111110 immh:4 immb:3 ${opcode} 1 Rn Rd`,
      fp: true,
      accept: acceptNarrow,
      variant: sizeOf,
      operands: rightOperands,
      emit(e, f, o) {
        const form = scalarForm(f.variant);
        write(e, o.d, form, shiftNarrow(e, form, row, e.vec(o.n)));
      },
    },
  ];
});

const longs = (['s', 'u'] as const).map(
  (sign, u): Instruction => ({
    name: `${sign.toUpperCase()}SHLL_vector`,
    asm: `${sign.toUpperCase()}SHLL{2} <Vd>.<Ta>, <Vn>.<Tb>, #<shift>`,
    pattern: `0 Q ${u} 011110 immh:4 immb:3 10100 1 Rn Rd`,
    fp: true,
    accept: acceptNarrow,
    variant: sizeOf,
    operands: leftOperands,
    emit(e, f, o) {
      const bits = bitsOf(f.variant);
      e.setVec(o.d, lanes(e, twice(bits), 'shl', extend(e, bits, sign, f.Q, e.vec(o.n)), e.imm2()));
    },
  }),
);

export const SHIFT_IMMEDIATE: readonly Instruction[] = [...lines, ...narrows, ...longs];
