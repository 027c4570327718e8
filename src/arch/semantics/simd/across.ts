/** Advanced SIMD across lanes, and the scalar pairwise addition. */
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { add, type Binary, max, min } from './arithmetic.js';
import { bitsOf, type Form, lanesOf, operandsDN, scalarForm, vectorForm, write } from './form.js';
import { addPairsLong, lanes, permute, type Sign } from './lanes.js';

/** Folds the form's elements into element 0 by halves. */
function reduce(e: Emitter, form: Form, op: Binary, a: Val): Val {
  let result = a;
  for (let distance = lanesOf(form) / 2; distance >= 1; distance /= 2) {
    const count = lanesOf(form);
    const moved = permute(e, form, result, result, (i) => (i + distance) % count);
    result = op(e, form, result, moved, () => result);
  }
  return result;
}

/** SADDLV, UADDLV: the first addition makes the elements wide. */
const addLong =
  (sign: Sign) =>
  (e: Emitter, form: Form, a: Val): Val => {
    const wide = vectorForm(Math.log2(form.bits / 4), form.width === 128 ? 1 : 0);
    return reduce(e, wide, add, addPairsLong(e, form.bits, sign, a));
  };

type Across = (e: Emitter, form: Form, a: Val) => Val;

const fold =
  (op: Binary): Across =>
  (e, form, a) =>
    reduce(e, form, op, a);

/** `long`: the result has twice the bits. */
const ROWS: readonly [name: string, u: 0 | 1, opcode: string, long: 0 | 1, op: Across][] = [
  ['SADDLV', 0, '00011', 1, addLong('s')],
  ['UADDLV', 1, '00011', 1, addLong('u')],
  ['SMAXV', 0, '01010', 0, fold(max('s'))],
  ['UMAXV', 1, '01010', 0, fold(max('u'))],
  ['SMINV', 0, '11010', 0, fold(min('s'))],
  ['UMINV', 1, '11010', 0, fold(min('u'))],
  ['ADDV', 0, '11011', 0, fold(add)],
];

const across = ROWS.map(
  ([name, u, opcode, long, op]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name} <V><d>, <Vn>.<T>`,
    pattern: `0 Q ${u} 01110 size:2 11000 ${opcode} 10 Rn Rd`,
    fp: true,
    accept: (f) => f.size < 2 || (f.size === 2 && f.Q === 1),
    operands: operandsDN,
    emit(e, f, o) {
      write(e, o.d, scalarForm(f.size + long), op(e, vectorForm(f.size, f.Q), e.vec(o.n)));
    },
  }),
);

const addPair: Instruction = {
  name: 'ADDP_scalar',
  asm: 'ADDP D<d>, <Vn>.2D',
  pattern: '01 0 11110 11 11000 11011 10 Rn Rd',
  fp: true,
  operands: operandsDN,
  emit(e, _, o) {
    const a = e.vec(o.n);
    const high = permute(e, { bits: bitsOf(3), width: 128 }, a, a, (i) => 1 - i);
    write(e, o.d, scalarForm(3), lanes(e, 64, 'add', a, high));
  },
};

export const ACROSS: readonly Instruction[] = [...across, addPair];
