/** Advanced SIMD three same, three same extra, and their scalar forms (C4.1, "Data Processing -- Scalar FP and SIMD"). */
import type { Feature, Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import * as arithmetic from './arithmetic.js';
import { accumulate, type Binary, pairwise } from './arithmetic.js';
import { acceptScalar, acceptVector, operandsDNM, scalarForm, vectorForm, write } from './form.js';
import type { Sign } from './lanes.js';
import { dotProduct, doublingHigh, doublingHighAccumulate, multiply, polynomial } from './multiply.js';
import { byRegister } from './shift.js';

/** Vector and scalar instructions of one opcode: the sizes (of BHSD) that each has. */
interface Row {
  readonly name: string;
  readonly u: 0 | 1;
  /** Bits 15:10. */
  readonly opcode: string;
  /** Bit 21. */
  readonly same: 0 | 1;
  readonly vector: string;
  readonly scalar: string;
  readonly op: Binary;
  readonly feature?: Feature;
}

const row = (name: string, u: 0 | 1, opcode: string, vector: string, scalar: string, op: Binary): Row => ({
  name,
  u,
  opcode: `${opcode} 1`,
  same: 1,
  vector,
  scalar,
  op,
});

/** The signed and the unsigned instruction of one opcode. */
const both = (name: string, opcode: string, vector: string, scalar: string, op: (sign: Sign) => Binary): Row[] => [
  row(`S${name}`, 0, opcode, vector, scalar, op('s')),
  row(`U${name}`, 1, opcode, vector, scalar, op('u')),
];

const extra = (
  name: string,
  u: 0 | 1,
  opcode: string,
  vector: string,
  scalar: string,
  op: Binary,
  feature: Feature,
) => ({
  name,
  u,
  opcode: `1 ${opcode} 1`,
  same: 0 as const,
  vector,
  scalar,
  op,
  feature,
});

const ROWS: readonly Row[] = [
  ...both('HADD', '00000', 'BHS', '', arithmetic.halvingAdd),
  ...both('QADD', '00001', 'BHSD', 'BHSD', arithmetic.saturatingAdd),
  ...both('RHADD', '00010', 'BHS', '', arithmetic.roundingHalvingAdd),
  ...both('HSUB', '00100', 'BHS', '', arithmetic.halvingSubtract),
  ...both('QSUB', '00101', 'BHSD', 'BHSD', arithmetic.saturatingSubtract),
  row('CMGT', 0, '00110', 'BHSD', 'D', arithmetic.compareGreater('s')),
  row('CMHI', 1, '00110', 'BHSD', 'D', arithmetic.compareGreater('u')),
  row('CMGE', 0, '00111', 'BHSD', 'D', arithmetic.compareGreaterEqual('s')),
  row('CMHS', 1, '00111', 'BHSD', 'D', arithmetic.compareGreaterEqual('u')),
  ...both('SHL', '01000', 'BHSD', 'D', byRegister(false, false)),
  ...both('QSHL', '01001', 'BHSD', 'BHSD', byRegister(false, true)),
  ...both('RSHL', '01010', 'BHSD', 'D', byRegister(true, false)),
  ...both('QRSHL', '01011', 'BHSD', 'BHSD', byRegister(true, true)),
  ...both('MAX', '01100', 'BHS', '', arithmetic.max),
  ...both('MIN', '01101', 'BHS', '', arithmetic.min),
  ...both('ABD', '01110', 'BHS', '', arithmetic.absoluteDifference),
  ...both('ABA', '01111', 'BHS', '', (sign) => accumulate(arithmetic.absoluteDifference(sign))),
  row('ADD', 0, '10000', 'BHSD', 'D', arithmetic.add),
  row('SUB', 1, '10000', 'BHSD', 'D', arithmetic.subtract),
  row('CMTST', 0, '10001', 'BHSD', 'D', arithmetic.compareTest),
  row('CMEQ', 1, '10001', 'BHSD', 'D', arithmetic.compareEqual),
  row('MLA', 0, '10010', 'BHS', '', accumulate(multiply)),
  row('MLS', 1, '10010', 'BHS', '', accumulate(multiply, 'sub')),
  row('MUL', 0, '10011', 'BHS', '', multiply),
  row('PMUL', 1, '10011', 'B', '', (e, _, a, b) => polynomial(e, 8, a, b)),
  ...both('MAXP', '10100', 'BHS', '', (sign) => pairwise(arithmetic.max(sign))),
  ...both('MINP', '10101', 'BHS', '', (sign) => pairwise(arithmetic.min(sign))),
  row('SQDMULH', 0, '10110', 'HS', 'HS', doublingHigh(false)),
  row('SQRDMULH', 1, '10110', 'HS', 'HS', doublingHigh(true)),
  row('ADDP', 0, '10111', 'BHSD', '', pairwise(arithmetic.add)),
  extra('SQRDMLAH', 1, '0000', 'HS', 'HS', doublingHighAccumulate('add'), 'rdm'),
  extra('SQRDMLSH', 1, '0001', 'HS', 'HS', doublingHighAccumulate('sub'), 'rdm'),
  extra('SDOT', 0, '0010', 'S', '', dotProduct('s'), 'dotprod'),
  extra('UDOT', 1, '0010', 'S', '', dotProduct('u'), 'dotprod'),
];

function instruction(r: Row, scalar: boolean): Instruction {
  const form = scalar ? 'scalar' : 'vector';
  return {
    name: `${r.name}_${form}`,
    asm: scalar ? `${r.name} <V><d>, <V><n>, <V><m>` : `${r.name} <Vd>.<T>, <Vn>.<T>, <Vm>.<T>`,
    pattern: scalar
      ? `01 ${r.u} 11110 size:2 ${r.same} Rm ${r.opcode} Rn Rd`
      : `0 Q ${r.u} 01110 size:2 ${r.same} Rm ${r.opcode} Rn Rd`,
    fp: true,
    ...(r.feature && { feature: r.feature }),
    accept: scalar ? acceptScalar(r.scalar) : acceptVector(r.vector),
    operands: operandsDNM,
    emit(e, f, o) {
      const shape = scalar ? scalarForm(f.size) : vectorForm(f.size, f.Q);
      write(
        e,
        o.d,
        shape,
        r.op(e, shape, e.vec(o.n), e.vec(o.m), () => e.vec(o.d)),
      );
    },
  };
}

/** Bitwise operations: `d` is the old destination. */
const LOGICAL: readonly [
  name: string,
  u: 0 | 1,
  size: string,
  op: (e: Emitter, n: Val, m: Val, d: () => Val) => Val,
][] = [
  ['AND', 0, '00', (e, n, m) => e.simd('v128.and', n, m)],
  ['BIC', 0, '01', (e, n, m) => e.simd('v128.andnot', n, m)],
  ['ORR', 0, '10', (e, n, m) => e.simd('v128.or', n, m)],
  ['ORN', 0, '11', (e, n, m) => e.simd('v128.or', n, e.simd('v128.not', m))],
  ['EOR', 1, '00', (e, n, m) => e.simd('v128.xor', n, m)],
  ['BSL', 1, '01', (e, n, m, d) => e.simd('v128.bitselect', n, m, d())],
  ['BIT', 1, '10', (e, n, m, d) => e.simd('v128.bitselect', n, d(), m)],
  ['BIF', 1, '11', (e, n, m, d) => e.simd('v128.bitselect', d(), n, m)],
];

const logical = LOGICAL.map(
  ([name, u, size, op]): Instruction => ({
    name: `${name}_vector`,
    asm: `${name} <Vd>.<T>, <Vn>.<T>, <Vm>.<T>`,
    pattern: `0 Q ${u} 01110 ${size} 1 Rm 00011 1 Rn Rd`,
    fp: true,
    operands: operandsDNM,
    emit(e, f, o) {
      e.setVecQ(
        o.d,
        f.Q,
        op(e, e.vec(o.n), e.vec(o.m), () => e.vec(o.d)),
      );
    },
  }),
);

export const THREE_SAME: readonly Instruction[] = [
  ...ROWS.map((r) => instruction(r, false)),
  ...ROWS.filter((r) => r.scalar).map((r) => instruction(r, true)),
  ...logical,
];
