/** Advanced SIMD permute (UZP, TRN, ZIP), extract and table lookup. */
import { v } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import { acceptVector, lanesOf, operandsDNM, vectorForm, write } from './form.js';
import { every, permute } from './lanes.js';

/** Element `i` of the result, by its place in the `count` elements of n and then those of m. */
type Pick = (i: number, count: number) => number;

const unzip =
  (part: number): Pick =>
  (i) =>
    i * 2 + part;
const transpose =
  (part: number): Pick =>
  (i, count) =>
    (i & ~1) + part + (i & 1 ? count : 0);
const zip =
  (part: number): Pick =>
  (i, count) =>
    (i >> 1) + (part ? count / 2 : 0) + (i & 1 ? count : 0);

const PERMUTES: readonly [name: string, opcode: string, pick: Pick][] = [
  ['UZP1', '001', unzip(0)],
  ['TRN1', '010', transpose(0)],
  ['ZIP1', '011', zip(0)],
  ['UZP2', '101', unzip(1)],
  ['TRN2', '110', transpose(1)],
  ['ZIP2', '111', zip(1)],
];

const permutes = PERMUTES.map(
  ([name, opcode, pick]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name} <Vd>.<T>, <Vn>.<T>, <Vm>.<T>`,
    pattern: `0 Q 001110 size:2 0 Rm 0 ${opcode} 10 Rn Rd`,
    fp: true,
    accept: acceptVector('BHSD'),
    operands: operandsDNM,
    emit(e, f, o) {
      const form = vectorForm(f.size, f.Q);
      const count = lanesOf(form);
      write(
        e,
        o.d,
        form,
        permute(e, form, e.vec(o.n), e.vec(o.m), (i) => pick(i, count)),
      );
    },
  }),
);

const extract: Instruction = {
  name: 'EXT_vector',
  asm: 'EXT <Vd>.<T>, <Vn>.<T>, <Vm>.<T>, #<index>',
  pattern: '0 Q 101110 00 0 Rm 0 from:4 0 Rn Rd',
  fp: true,
  accept: (f) => f.Q === 1 || f.from < 8,
  operands: operandsDNM,
  emit(e, f, o) {
    const form = vectorForm(0, f.Q);
    write(
      e,
      o.d,
      form,
      permute(e, form, e.vec(o.n), e.vec(o.m), (i) => i + f.from),
    );
  },
};

/** A swizzle gives 0 for indices of 16 and more, so each register of the table adds what it has. */
const lookups = (['TBL', 'TBX'] as const).map(
  (name, op): Instruction => ({
    name: `${name}_vector`,
    asm: `${name} <Vd>.<Ta>, { <Vn>.16B.. }, <Vm>.<Ta>`,
    pattern: `0 Q 001110 00 0 Rm 0 len:2 ${op} 00 Rn Rd`,
    fp: true,
    operands: (f) => ({ ...operandsDNM(f), a: v(f.Rn + 1), b: v(f.Rn + 2), c: v(f.Rn + 3) }),
    emit(e, f, o) {
      const indices = e.vec(o.m);
      let result = e.simd('i8x16.swizzle', e.vec(o.n), indices);
      [o.a, o.b, o.c].slice(0, f.len).forEach((table, i) => {
        const local = e.simd('i8x16.sub', indices, every(e, 8, BigInt(16 * (i + 1))));
        result = e.simd('v128.or', result, e.simd('i8x16.swizzle', e.vec(table), local));
      });
      if (name === 'TBX') {
        const inside = e.simd('i8x16.lt_u', indices, every(e, 8, BigInt(16 * (f.len + 1))));
        result = e.simd('v128.bitselect', result, e.vec(o.d), inside);
      }
      e.setVecQ(o.d, f.Q, result);
    },
  }),
);

export const PERMUTE: readonly Instruction[] = [...permutes, extract, ...lookups];
