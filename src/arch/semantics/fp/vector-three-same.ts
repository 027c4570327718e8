/** Advanced SIMD three registers of the same type, floating point: vectors and scalars (C4.1.94). */
import type { Instruction } from '../../a64/pattern.js';
import { operandsDNM, write } from '../simd/form.js';
import { permute } from '../simd/lanes.js';
import { magnitudes, negated, perform, type SimdPatterns, simdLines, type VectorSemantics } from './forms.js';

/** U, bit 23 and the opcode; halves drop the opcode's first two bits. */
const patterns = (u: number, a: number, opcode: string): SimdPatterns => ({
  vector: `0 Q ${u} 01110 ${a} double 1 Rm ${opcode} 1 Rn Rd`,
  vectorHalf: `0 Q ${u} 01110 ${a} 10 Rm 00 ${opcode.slice(2)} 1 Rn Rd`,
  scalar: `01 ${u} 11110 ${a} double 1 Rm ${opcode} 1 Rn Rd`,
  scalarHalf: `01 ${u} 11110 ${a} 10 Rm 00 ${opcode.slice(2)} 1 Rn Rd`,
});

const line = (
  name: string,
  encoding: SimdPatterns,
  emit: VectorSemantics,
  kinds: 'vector' | 'both' = 'vector',
): Instruction[] =>
  simdLines({ name, asm: `${name} <Vd>, <Vn>, <Vm>`, patterns: encoding, kinds, operands: operandsDNM, emit });

const elementwise =
  (name: string): VectorSemantics =>
  (e, _, o, form) =>
    write(e, o.d, form, perform(e, form, name, e.vec(o.n), e.vec(o.m)));

/** Adjacent elements of the second operand after those of the first. */
const pairwise =
  (name: string): VectorSemantics =>
  (e, _, o, form) => {
    const [n, m] = [e.vec(o.n), e.vec(o.m)];
    const even = permute(e, form, n, m, (i) => 2 * i);
    const odd = permute(e, form, n, m, (i) => 2 * i + 1);
    write(e, o.d, form, perform(e, form, name, even, odd));
  };

const multiplyAdd =
  (subtract: boolean): VectorSemantics =>
  (e, _, o, form) => {
    const n = e.vec(o.n);
    write(e, o.d, form, perform(e, form, 'fma', e.vec(o.d), subtract ? negated(e, form, n) : n, e.vec(o.m)));
  };

const absoluteDifference: VectorSemantics = (e, _, o, form) =>
  write(e, o.d, form, magnitudes(e, form, perform(e, form, 'sub', e.vec(o.n), e.vec(o.m))));

export const VECTOR_THREE_SAME: readonly Instruction[] = [
  ...line('FMAXNM', patterns(0, 0, '11000'), elementwise('maxnm')),
  ...line('FMLA', patterns(0, 0, '11001'), multiplyAdd(false)),
  ...line('FADD', patterns(0, 0, '11010'), elementwise('add')),
  ...line('FMULX', patterns(0, 0, '11011'), elementwise('mulx'), 'both'),
  ...line('FCMEQ', patterns(0, 0, '11100'), elementwise('cmeq'), 'both'),
  ...line('FMAX', patterns(0, 0, '11110'), elementwise('max')),
  ...line('FRECPS', patterns(0, 0, '11111'), elementwise('recps'), 'both'),
  ...line('FMINNM', patterns(0, 1, '11000'), elementwise('minnm')),
  ...line('FMLS', patterns(0, 1, '11001'), multiplyAdd(true)),
  ...line('FSUB', patterns(0, 1, '11010'), elementwise('sub')),
  ...line('FMIN', patterns(0, 1, '11110'), elementwise('min')),
  ...line('FRSQRTS', patterns(0, 1, '11111'), elementwise('rsqrts'), 'both'),
  ...line('FMAXNMP', patterns(1, 0, '11000'), pairwise('maxnm')),
  ...line('FADDP', patterns(1, 0, '11010'), pairwise('add')),
  ...line('FMUL', patterns(1, 0, '11011'), elementwise('mul')),
  ...line('FCMGE', patterns(1, 0, '11100'), elementwise('cmge'), 'both'),
  ...line('FACGE', patterns(1, 0, '11101'), elementwise('acge'), 'both'),
  ...line('FMAXP', patterns(1, 0, '11110'), pairwise('max')),
  ...line('FDIV', patterns(1, 0, '11111'), elementwise('div')),
  ...line('FMINNMP', patterns(1, 1, '11000'), pairwise('minnm')),
  ...line('FABD', patterns(1, 1, '11010'), absoluteDifference, 'both'),
  ...line('FCMGT', patterns(1, 1, '11100'), elementwise('cmgt'), 'both'),
  ...line('FACGT', patterns(1, 1, '11101'), elementwise('acgt'), 'both'),
  ...line('FMINP', patterns(1, 1, '11110'), pairwise('min')),
];
