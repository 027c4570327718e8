/** Advanced SIMD three different (long, wide and narrow operations) and the scalar form. */
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { absoluteDifference, saturatingAdd, saturatingSubtract } from './arithmetic.js';
import {
  acceptScalar,
  acceptVector,
  type Bits,
  bitsOf,
  type Form,
  operandsDNM,
  scalarForm,
  twice,
  vectorForm,
  write,
  writeHalf,
} from './form.js';
import { every, extend, lanes, multiplyLong, narrow, type Sign } from './lanes.js';
import { doublingLong, polynomial } from './multiply.js';

/**
 * A long operation: from the `high` or low half of a and b, elements of `bits`, to a whole register of twice the bits;
 * `form` is the result's.
 */
export type Long = (e: Emitter, form: Form, bits: Bits, high: number, a: Val, b: Val, d: () => Val) => Val;

const addLong =
  (direction: 'add' | 'sub') =>
  (sign: Sign): Long =>
  (e, form, bits, high, a, b) =>
    lanes(e, form.bits, direction, extend(e, bits, sign, high, a), extend(e, bits, sign, high, b));

const addWide =
  (direction: 'add' | 'sub') =>
  (sign: Sign): Long =>
  (e, form, bits, high, a, b) =>
    lanes(e, form.bits, direction, a, extend(e, bits, sign, high, b));

const absoluteDifferenceLong =
  (sign: Sign): Long =>
  (e, form, bits, high, a, b, d) =>
    extend(e, bits, 'u', high, absoluteDifference(sign)(e, { ...form, bits }, a, b, d));

export const productLong =
  (sign: Sign): Long =>
  (e, _, bits, high, a, b) =>
    multiplyLong(e, bits, sign, high, a, b);

/** Adds a long operation's result to the destination, or takes it away. */
export const accumulateLong =
  (op: Long, direction: 'add' | 'sub' = 'add'): Long =>
  (e, form, bits, high, a, b, d) =>
    lanes(e, form.bits, direction, d(), op(e, form, bits, high, a, b, d));

export const doubling: Long = (e, form, bits, high, a, b) => doublingLong(e, form, bits as 16 | 32, high, a, b);

export const doublingAdd: Long = (e, form, bits, high, a, b, d) =>
  saturatingAdd('s')(e, form, d(), doubling(e, form, bits, high, a, b, d), d);

export const doublingSubtract: Long = (e, form, bits, high, a, b, d) =>
  saturatingSubtract('s')(e, form, d(), doubling(e, form, bits, high, a, b, d), d);

const polynomialLong: Long = (e, _, bits, high, a, b) =>
  polynomial(e, 16, extend(e, bits, 'u', high, a), extend(e, bits, 'u', high, b));

type Row = readonly [name: string, u: 0 | 1, opcode: string, vector: string, scalar: string, op: Long];

const both = (name: string, opcode: string, op: (sign: Sign) => Long): Row[] => [
  [`S${name}`, 0, opcode, 'BHS', '', op('s')],
  [`U${name}`, 1, opcode, 'BHS', '', op('u')],
];

const ROWS: readonly Row[] = [
  ...both('ADDL', '0000', addLong('add')),
  ...both('ADDW', '0001', addWide('add')),
  ...both('SUBL', '0010', addLong('sub')),
  ...both('SUBW', '0011', addWide('sub')),
  ...both('ABAL', '0101', (sign) => accumulateLong(absoluteDifferenceLong(sign))),
  ...both('ABDL', '0111', absoluteDifferenceLong),
  ...both('MLAL', '1000', (sign) => accumulateLong(productLong(sign))),
  ['SQDMLAL', 0, '1001', 'HS', 'HS', doublingAdd],
  ...both('MLSL', '1010', (sign) => accumulateLong(productLong(sign), 'sub')),
  ['SQDMLSL', 0, '1011', 'HS', 'HS', doublingSubtract],
  ...both('MULL', '1100', productLong),
  ['SQDMULL', 0, '1101', 'HS', 'HS', doubling],
  ['PMULL', 0, '1110', 'B', '', polynomialLong],
];

const vectors = ROWS.map(
  ([name, u, opcode, sizes, , op]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name}{2} <Vd>.<Ta>, <Vn>.<Tb>, <Vm>.<Tb>`,
    pattern: `0 Q ${u} 01110 size:2 1 Rm ${opcode} 00 Rn Rd`,
    fp: true,
    accept: acceptVector(sizes),
    operands: operandsDNM,
    emit(e, f, o) {
      const form = vectorForm(f.size + 1, 1);
      write(
        e,
        o.d,
        form,
        op(e, form, bitsOf(f.size), f.Q, e.vec(o.n), e.vec(o.m), () => e.vec(o.d)),
      );
    },
  }),
);

const scalars = ROWS.filter((r) => r[4]).map(
  ([name, , opcode, , sizes, op]): Instruction => ({
    name: `${name}_scalar`,
    asm: `${name} <Va><d>, <Vb><n>, <Vb><m>`,
    pattern: `01 0 11110 size:2 1 Rm ${opcode} 00 Rn Rd`,
    fp: true,
    accept: acceptScalar(sizes),
    operands: operandsDNM,
    emit(e, f, o) {
      const form = scalarForm(f.size + 1);
      write(
        e,
        o.d,
        form,
        op(e, form, bitsOf(f.size), 0, e.vec(o.n), e.vec(o.m), () => e.vec(o.d)),
      );
    },
  }),
);

const NARROW = [
  ['ADDHN', 0, '0100', 'add', false],
  ['RADDHN', 1, '0100', 'add', true],
  ['SUBHN', 0, '0110', 'sub', false],
  ['RSUBHN', 1, '0110', 'sub', true],
] as const;

const narrows = NARROW.map(
  ([name, u, opcode, op, rounding]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name}{2} <Vd>.<Tb>, <Vn>.<Ta>, <Vm>.<Ta>`,
    pattern: `0 Q ${u} 01110 size:2 1 Rm ${opcode} 00 Rn Rd`,
    fp: true,
    accept: acceptVector('BHS'),
    operands: operandsDNM,
    emit(e, f, o) {
      const bits = bitsOf(f.size);
      const wide = twice(bits);
      let sum = lanes(e, wide, op, e.vec(o.n), e.vec(o.m));
      if (rounding) sum = lanes(e, wide, 'add', sum, every(e, wide, 1n << BigInt(bits - 1)));
      const high = lanes(e, wide, 'shr_u', sum, e.i32(bits));
      writeHalf(e, o.d, f.Q, narrow(e, bits, high, high));
    },
  }),
);

export const THREE_DIFFERENT: readonly Instruction[] = [...vectors, ...scalars, ...narrows];
