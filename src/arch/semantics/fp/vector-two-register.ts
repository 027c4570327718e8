/** Advanced SIMD two-register miscellaneous, floating point: vectors and scalars (C4.1.94), but for conversions. */
import type { Instruction } from '../../a64/pattern.js';
import { ROUND_MODES } from '../../engine/runtime/fp-round.js';
import { operandsDN, write } from '../simd/form.js';
import {
  magnitudes,
  negated,
  perform,
  type SimdLine,
  type SimdPatterns,
  simdLines,
  type VectorSemantics,
} from './forms.js';

/** U, bit 23 and the opcode. */
export const twoRegister = (u: number, a: number, opcode: string): SimdPatterns => ({
  vector: `0 Q ${u} 01110 ${a} double 10000 ${opcode} 10 Rn Rd`,
  vectorHalf: `0 Q ${u} 01110 ${a} 111100 ${opcode} 10 Rn Rd`,
  scalar: `01 ${u} 11110 ${a} double 10000 ${opcode} 10 Rn Rd`,
  scalarHalf: `01 ${u} 11110 ${a} 111100 ${opcode} 10 Rn Rd`,
});

const line = (
  name: string,
  patterns: SimdPatterns,
  emit: VectorSemantics,
  kinds: SimdLine['kinds'] = 'vector',
  tail = '',
): Instruction[] => {
  const asm = `${name} <Vd>, <Vn>${tail}`;
  return simdLines({ name: tail ? `${name}_zero` : name, asm, patterns, kinds, operands: operandsDN, emit });
};

const elementwise =
  (name: string): VectorSemantics =>
  (e, _, o, form) =>
    write(e, o.d, form, perform(e, form, name, e.vec(o.n)));

const withZero = (name: string, patterns: SimdPatterns, op: string, zeroFirst = false): Instruction[] =>
  line(
    name,
    patterns,
    (e, _, o, form) => {
      const args = [e.vec(o.n), e.v128(0n, 0n)];
      if (zeroFirst) args.reverse();
      write(e, o.d, form, perform(e, form, op, ...args));
    },
    'both',
    ', #0.0',
  );

/** U, bit 23 and the opcode's last bit. */
const ROUND_CODES = {
  n: [0, 0, 0],
  m: [0, 0, 1],
  p: [0, 1, 0],
  z: [0, 1, 1],
  a: [1, 0, 0],
  x: [1, 0, 1],
  i: [1, 1, 1],
} as const;

export const VECTOR_TWO_REGISTER: readonly Instruction[] = [
  ...withZero('FCMGT', twoRegister(0, 1, '01100'), 'cmgt'),
  ...withZero('FCMEQ', twoRegister(0, 1, '01101'), 'cmeq'),
  ...withZero('FCMLT', twoRegister(0, 1, '01110'), 'cmgt', true),
  ...withZero('FCMGE', twoRegister(1, 1, '01100'), 'cmge'),
  ...withZero('FCMLE', twoRegister(1, 1, '01101'), 'cmge', true),
  ...line('FABS', twoRegister(0, 1, '01111'), (e, _, o, form) => write(e, o.d, form, magnitudes(e, form, e.vec(o.n)))),
  ...line('FNEG', twoRegister(1, 1, '01111'), (e, _, o, form) => write(e, o.d, form, negated(e, form, e.vec(o.n)))),
  ...ROUND_MODES.flatMap((mode) => {
    const [u, a, last] = ROUND_CODES[mode];
    return line(`FRINT${mode.toUpperCase()}`, twoRegister(u, a, `1100${last}`), elementwise(`rint${mode}`));
  }),
  ...line('FRECPE', twoRegister(0, 1, '11101'), elementwise('recpe'), 'both'),
  ...line('FRECPX', twoRegister(0, 1, '11111'), elementwise('recpx'), 'scalar'),
  ...line('FRSQRTE', twoRegister(1, 1, '11101'), elementwise('rsqrte'), 'both'),
  ...line('FSQRT', twoRegister(1, 1, '11111'), elementwise('sqrt')),
];
