/** Advanced SIMD copy: DUP, INS, SMOV, UMOV and the scalar DUP. */
import { v, xd, xs } from '../../a64/operands.js';
import type { Fields, Instruction } from '../../a64/pattern.js';
import { type Bits, operandsDN } from './form.js';
import { lanes } from './lanes.js';

/** log2 of the element's bytes: the lowest set bit of imm5; 5 and more where there is none. */
const sizeOf = (where: number): number => 31 - Math.clz32(where & -where);
const elementOf = (where: number): { bits: Bits; index: number } => {
  const size = sizeOf(where);
  return { bits: (8 << size) as Bits, index: where >> (size + 1) };
};

/** `sizes` by Q: which elements are allowed. */
const accept =
  (narrow: string, wide: string) =>
  (f: Fields): boolean =>
    f.where !== 0 && (f.Q ? wide : narrow).includes('BHSD-'[sizeOf(f.where)]!);

export const COPY: readonly Instruction[] = [
  {
    name: 'DUP_element_vector',
    asm: 'DUP <Vd>.<T>, <Vn>.<Ts>[<index>]',
    pattern: '0 Q 0 01110000 where:5 0 0000 1 Rn Rd',
    fp: true,
    accept: accept('BHS', 'BHSD'),
    operands: operandsDN,
    emit(e, f, o) {
      const { bits, index } = elementOf(f.where);
      e.setVecQ(o.d, f.Q, lanes(e, bits, 'splat', e.lane(o.n, bits, index)));
    },
  },
  {
    name: 'DUP_element_scalar',
    asm: 'DUP <V><d>, <Vn>.<T>[<index>]',
    pattern: '01 0 11110000 where:5 0 0000 1 Rn Rd',
    fp: true,
    accept: accept('BHSD', ''),
    operands: operandsDN,
    emit(e, f, o) {
      const { bits, index } = elementOf(f.where);
      e.setVecLow(o.d, e.lane(o.n, bits, index));
    },
  },
  {
    name: 'DUP_general_vector',
    asm: 'DUP <Vd>.<T>, <R><n>',
    pattern: '0 Q 0 01110000 where:5 0 0001 1 Rn Rd',
    fp: true,
    accept: accept('BHS', 'BHSD'),
    operands: (f) => ({ d: v(f.Rd), n: xs(f.Rn) }),
    emit(e, f, o) {
      const { bits } = elementOf(f.where);
      e.setVecQ(o.d, f.Q, lanes(e, bits, 'splat', e.r(o.n, bits === 64 ? 1 : 0)));
    },
  },
  {
    name: 'INS_general_vector',
    asm: 'INS <Vd>.<Ts>[<index>], <R><n>',
    pattern: '0 1 0 01110000 where:5 0 0011 1 Rn Rd',
    fp: true,
    accept: accept('BHSD', ''),
    operands: (f) => ({ d: v(f.Rd), n: xs(f.Rn) }),
    emit(e, f, o) {
      const { bits, index } = elementOf(f.where);
      e.setLane(o.d, bits, index, e.r(o.n, bits === 64 ? 1 : 0));
    },
  },
  {
    name: 'INS_element_vector',
    asm: 'INS <Vd>.<Ts>[<index1>], <Vn>.<Ts>[<index2>]',
    pattern: '0 1 1 01110000 where:5 0 from:4 1 Rn Rd',
    fp: true,
    accept: accept('BHSD', ''),
    operands: operandsDN,
    emit(e, f, o) {
      const { bits, index } = elementOf(f.where);
      e.setLane(o.d, bits, index, e.lane(o.n, bits, f.from >> sizeOf(f.where)));
    },
  },
  {
    name: 'SMOV_vector',
    asm: 'SMOV <R><d>, <Vn>.<Ts>[<index>]',
    pattern: '0 Q 0 01110000 where:5 0 0101 1 Rn Rd',
    fp: true,
    accept: accept('BH', 'BHS'),
    operands: (f) => ({ d: xd(f.Rd), n: v(f.Rn) }),
    emit(e, f, o) {
      const { bits, index } = elementOf(f.where);
      const element = e.lane(o.n, bits, index, true);
      e.setR(o.d, f.Q ? e.sext(element) : element);
    },
  },
  {
    name: 'UMOV_vector',
    asm: 'UMOV <R><d>, <Vn>.<Ts>[<index>]',
    pattern: '0 Q 0 01110000 where:5 0 0111 1 Rn Rd',
    fp: true,
    accept: accept('BHS', 'D'),
    operands: (f) => ({ d: xd(f.Rd), n: v(f.Rn) }),
    emit(e, f, o) {
      const { bits, index } = elementOf(f.where);
      e.setR(o.d, e.lane(o.n, bits, index));
    },
  },
];
