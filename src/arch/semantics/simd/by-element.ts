/** Advanced SIMD vector x indexed element and its scalar form: one element of m stands for a whole vector. */
import { v } from '../../a64/operands.js';
import type { Feature, Fields, Instruction, OperandRefs, Operands } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { accumulate, type Binary } from './arithmetic.js';
import { bitsOf, scalarForm, vectorForm, write } from './form.js';
import { lanes } from './lanes.js';
import { dotProduct, doublingHigh, doublingHighAccumulate, multiply } from './multiply.js';
import { accumulateLong, doubling, doublingAdd, doublingSubtract, type Long, productLong } from './three-different.js';

/** Halfwords are of V0..V15, with an index of three bits; words of any register. */
const operands = (f: Fields): Operands => ({
  d: v(f.Rd),
  n: v(f.Rn),
  m: v(f.size === 1 ? f.Rm : (f.M << 4) | f.Rm),
});

function element(e: Emitter, f: Fields, o: OperandRefs): Val {
  const index = f.size === 1 ? (f.H << 2) | (f.L << 1) | f.M : (f.H << 1) | f.L;
  const bits = bitsOf(f.size);
  return lanes(e, bits, 'splat', e.lane(o.m, bits, index));
}

/** An operation on elements of one size, or a long one; `scalar`: whether there is a scalar form. */
interface Row {
  readonly name: string;
  readonly u: 0 | 1;
  readonly opcode: string;
  readonly op?: Binary;
  readonly long?: Long;
  readonly scalar?: boolean;
  readonly words?: boolean;
  readonly feature?: Feature;
}

const ROWS: readonly Row[] = [
  { name: 'MLA', u: 1, opcode: '0000', op: accumulate(multiply) },
  { name: 'MLS', u: 1, opcode: '0100', op: accumulate(multiply, 'sub') },
  { name: 'MUL', u: 0, opcode: '1000', op: multiply },
  { name: 'SMLAL', u: 0, opcode: '0010', long: accumulateLong(productLong('s')) },
  { name: 'UMLAL', u: 1, opcode: '0010', long: accumulateLong(productLong('u')) },
  { name: 'SMLSL', u: 0, opcode: '0110', long: accumulateLong(productLong('s'), 'sub') },
  { name: 'UMLSL', u: 1, opcode: '0110', long: accumulateLong(productLong('u'), 'sub') },
  { name: 'SMULL', u: 0, opcode: '1010', long: productLong('s') },
  { name: 'UMULL', u: 1, opcode: '1010', long: productLong('u') },
  { name: 'SQDMLAL', u: 0, opcode: '0011', long: doublingAdd, scalar: true },
  { name: 'SQDMLSL', u: 0, opcode: '0111', long: doublingSubtract, scalar: true },
  { name: 'SQDMULL', u: 0, opcode: '1011', long: doubling, scalar: true },
  { name: 'SQDMULH', u: 0, opcode: '1100', op: doublingHigh(false), scalar: true },
  { name: 'SQRDMULH', u: 0, opcode: '1101', op: doublingHigh(true), scalar: true },
  { name: 'SQRDMLAH', u: 1, opcode: '1101', op: doublingHighAccumulate('add'), scalar: true, feature: 'rdm' },
  { name: 'SQRDMLSH', u: 1, opcode: '1111', op: doublingHighAccumulate('sub'), scalar: true, feature: 'rdm' },
  { name: 'SDOT', u: 0, opcode: '1110', op: dotProduct('s'), words: true, feature: 'dotprod' },
  { name: 'UDOT', u: 1, opcode: '1110', op: dotProduct('u'), words: true, feature: 'dotprod' },
];

function instruction(row: Row, scalar: boolean): Instruction {
  const { name, u, opcode, op, long, feature } = row;
  return {
    name: `${name}_element_${scalar ? 'scalar' : 'vector'}`,
    asm: scalar
      ? `${name} <V><d>, <V><n>, <Vm>.<Ts>[<index>]`
      : `${name}${long ? '{2}' : ''} <Vd>.<T>, <Vn>.<T>, <Vm>.<Ts>[<index>]`,
    pattern: scalar
      ? `01 ${u} 11111 size:2 L M Rm:4 ${opcode} H 0 Rn Rd`
      : `0 Q ${u} 01111 size:2 L M Rm:4 ${opcode} H 0 Rn Rd`,
    fp: true,
    ...(feature && { feature }),
    accept: row.words ? (f) => f.size === 2 : (f) => f.size === 1 || f.size === 2,
    operands,
    emit(e, f, o) {
      const old = (): Val => e.vec(o.d);
      const m = element(e, f, o);
      if (long) {
        const form = scalar ? scalarForm(f.size + 1) : vectorForm(f.size + 1, 1);
        write(e, o.d, form, long(e, form, bitsOf(f.size), scalar ? 0 : f.Q, e.vec(o.n), m, old));
      } else if (op) {
        const form = scalar ? scalarForm(f.size) : vectorForm(f.size, f.Q);
        write(e, o.d, form, op(e, form, e.vec(o.n), m, old));
      }
    },
  };
}

export const BY_ELEMENT: readonly Instruction[] = [
  ...ROWS.map((row) => instruction(row, false)),
  ...ROWS.filter((row) => row.scalar).map((row) => instruction(row, true)),
];
