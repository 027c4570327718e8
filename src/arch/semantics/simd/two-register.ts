/** Advanced SIMD two-register miscellaneous and its scalar form. */
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import * as arithmetic from './arithmetic.js';
import { compareZero, type Unary } from './arithmetic.js';
import * as bitwise from './bits.js';
import {
  acceptScalar,
  acceptVector,
  type Bits,
  bitsOf,
  type Form,
  operandsDN,
  scalarForm,
  twice,
  vectorForm,
  write,
  writeHalf,
} from './form.js';
import { addPairsLong, extend, lanes, narrow, type Sign } from './lanes.js';
import { saturateNarrow } from './narrowing.js';

type Row = readonly [name: string, u: 0 | 1, opcode: string, vector: string, scalar: string, op: Unary];

/** SADDLP and SADALP: elements of the form's bits to those of twice the bits. */
const pairsLong =
  (sign: Sign, accumulate: boolean): Unary =>
  (e, { bits }, a, d) => {
    const sums = addPairsLong(e, bits, sign, a);
    return accumulate ? lanes(e, twice(bits), 'add', d(), sums) : sums;
  };

const ROWS: readonly Row[] = [
  ['REV64', 0, '00000', 'BHS', '', bitwise.reverseWithin(64)],
  ['REV32', 1, '00000', 'BH', '', bitwise.reverseWithin(32)],
  ['REV16', 0, '00001', 'B', '', bitwise.reverseWithin(16)],
  ['SADDLP', 0, '00010', 'BHS', '', pairsLong('s', false)],
  ['UADDLP', 1, '00010', 'BHS', '', pairsLong('u', false)],
  ['SUQADD', 0, '00011', 'BHSD', 'BHSD', arithmetic.signedAddUnsigned],
  ['USQADD', 1, '00011', 'BHSD', 'BHSD', arithmetic.unsignedAddSigned],
  ['CLS', 0, '00100', 'BHS', '', bitwise.leadingSigns],
  ['CLZ', 1, '00100', 'BHS', '', bitwise.leadingZeros],
  ['CNT', 0, '00101', 'B', '', bitwise.countBits],
  ['NOT', 1, '00101', 'B', '', bitwise.not],
  ['RBIT', 1, '00101', 'H', '', (e, _, a) => bitwise.reverseBits(e, a)],
  ['SADALP', 0, '00110', 'BHS', '', pairsLong('s', true)],
  ['UADALP', 1, '00110', 'BHS', '', pairsLong('u', true)],
  ['SQABS', 0, '00111', 'BHSD', 'BHSD', arithmetic.saturatingSign('abs')],
  ['SQNEG', 1, '00111', 'BHSD', 'BHSD', arithmetic.saturatingSign('neg')],
  ['CMGT', 0, '01000', 'BHSD', 'D', compareZero('gt_s')],
  ['CMGE', 1, '01000', 'BHSD', 'D', compareZero('ge_s')],
  ['CMEQ', 0, '01001', 'BHSD', 'D', compareZero('eq')],
  ['CMLE', 1, '01001', 'BHSD', 'D', compareZero('le_s')],
  ['CMLT', 0, '01010', 'BHSD', 'D', compareZero('lt_s')],
  ['ABS', 0, '01011', 'BHSD', 'D', arithmetic.absolute],
  ['NEG', 1, '01011', 'BHSD', 'D', arithmetic.negate],
  ['URECPE', 0, '11100', 'S', '', bitwise.reciprocalEstimate],
  ['URSQRTE', 1, '11100', 'S', '', bitwise.reciprocalRootEstimate],
];

const isZero = (name: string): boolean => name.startsWith('CM');

const vectors = ROWS.map(
  ([name, u, opcode, sizes, , op]): Instruction => ({
    name: isZero(name) ? `${name}_zero_vector` : `${name}_vector`,
    asm: `${name} <Vd>.<T>, <Vn>.<T>${isZero(name) ? ', #0' : ''}`,
    pattern: `0 Q ${u} 01110 size:2 10000 ${opcode} 10 Rn Rd`,
    fp: true,
    accept: acceptVector(sizes),
    operands: operandsDN,
    emit(e, f, o) {
      const form = vectorForm(f.size, f.Q);
      write(
        e,
        o.d,
        form,
        op(e, form, e.vec(o.n), () => e.vec(o.d)),
      );
    },
  }),
);

const scalars = ROWS.filter((r) => r[4]).map(
  ([name, u, opcode, , sizes, op]): Instruction => ({
    name: isZero(name) ? `${name}_zero_scalar` : `${name}_scalar`,
    asm: `${name} <V><d>, <V><n>${isZero(name) ? ', #0' : ''}`,
    pattern: `01 ${u} 11110 size:2 10000 ${opcode} 10 Rn Rd`,
    fp: true,
    accept: acceptScalar(sizes),
    operands: operandsDN,
    emit(e, f, o) {
      const form = scalarForm(f.size);
      write(
        e,
        o.d,
        form,
        op(e, form, e.vec(o.n), () => e.vec(o.d)),
      );
    },
  }),
);

/** The source's elements of twice the form's bits, made narrow; `low` and `high` may be the same value. */
type Narrow = (e: Emitter, form: Form, wide: Val) => Val;

const NARROW: readonly [name: string, u: 0 | 1, opcode: string, scalar: boolean, op: Narrow][] = [
  ['XTN', 0, '10010', false, (e, { bits }, wide) => narrow(e, bits, wide, wide)],
  ['SQXTUN', 1, '10010', true, (e, form, wide) => saturateNarrow(e, form, 'su', wide, wide)],
  ['SQXTN', 0, '10100', true, (e, form, wide) => saturateNarrow(e, form, 'ss', wide, wide)],
  ['UQXTN', 1, '10100', true, (e, form, wide) => saturateNarrow(e, form, 'uu', wide, wide)],
];

const narrows = NARROW.flatMap(([name, u, opcode, scalar, op]): Instruction[] => {
  const vector: Instruction = {
    name: `${name}_vector`,
    asm: `${name}{2} <Vd>.<Tb>, <Vn>.<Ta>`,
    pattern: `0 Q ${u} 01110 size:2 10000 ${opcode} 10 Rn Rd`,
    fp: true,
    accept: acceptVector('BHS'),
    operands: operandsDN,
    emit: (e, f, o) => writeHalf(e, o.d, f.Q, op(e, vectorForm(f.size, 0), e.vec(o.n))),
  };
  if (!scalar) return [vector];
  return [
    vector,
    {
      name: `${name}_scalar`,
      asm: `${name} <Vb><d>, <Va><n>`,
      pattern: `01 ${u} 11110 size:2 10000 ${opcode} 10 Rn Rd`,
      fp: true,
      accept: acceptScalar('BHS'),
      operands: operandsDN,
      emit: (e, f, o) => write(e, o.d, scalarForm(f.size), op(e, scalarForm(f.size), e.vec(o.n))),
    },
  ];
});

const shiftLong: Instruction = {
  name: 'SHLL_vector',
  asm: 'SHLL{2} <Vd>.<Ta>, <Vn>.<Tb>, #<shift>',
  pattern: '0 Q 1 01110 size:2 10000 10011 10 Rn Rd',
  fp: true,
  accept: acceptVector('BHS'),
  operands: operandsDN,
  emit(e, f, o) {
    const bits: Bits = bitsOf(f.size);
    e.setVec(o.d, lanes(e, twice(bits), 'shl', extend(e, bits, 'u', f.Q, e.vec(o.n)), e.i32(bits)));
  },
};

export const TWO_REGISTER: readonly Instruction[] = [...vectors, ...scalars, ...narrows, shiftLong];
