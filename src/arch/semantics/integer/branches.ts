/** Branches (C4.1.87). */
import { sx, xs } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import { S } from '../../engine/layout.js';

const X30 = S.X + 30 * 8;

const immediate = (link: number): Instruction => ({
  name: link ? 'BL' : 'B',
  asm: `${link ? 'BL' : 'B'} <label>`,
  pattern: `${link} 00101 imm26`,
  branch: true,
  direct: true,
  operands: (f) => ({ d: X30, imm: sx(f.imm26!, 26) * 4 }),
  emit(e, _f, o) {
    if (link) e.setR(o.d, e.add(e.pc(), 4));
    e.branch();
  },
});

const register = (name: string, opc: string, link: boolean): Instruction => ({
  name,
  asm: `${name} <Xn>`,
  pattern: `1101011 ${opc} 11111 000000 Rn 00000`,
  branch: true,
  operands: (f) => ({ d: X30, n: xs(f.Rn!) }),
  emit(e, _f, o) {
    const target = e.x(o.n);
    if (link) e.setR(o.d, e.add(e.pc(), 4));
    e.branchTo(target);
  },
});

const compare = (op: number): Instruction => ({
  name: op ? 'CBNZ' : 'CBZ',
  asm: `${op ? 'CBNZ' : 'CBZ'} <Rt>, <label>`,
  pattern: `sf 011010 ${op} imm19 Rt`,
  branch: true,
  direct: true,
  operands: (f) => ({ n: xs(f.Rt!), imm: sx(f.imm19!, 19) * 4 }),
  emit(e, f, o) {
    const value = e.r(o.n, f.sf!);
    e.branchIf(op ? e.test('ne', value, 0) : e.eqz(value));
  },
});

/** The bit number is static: both immediates of the record are taken by the target. */
const testBit = (op: number): Instruction => ({
  name: op ? 'TBNZ' : 'TBZ',
  asm: `${op ? 'TBNZ' : 'TBZ'} <Rt>, #<bit>, <label>`,
  pattern: `b5 011011 ${op} b40:5 imm14 Rt`,
  branch: true,
  direct: true,
  operands: (f) => ({ n: xs(f.Rt!), imm: sx(f.imm14!, 14) * 4 }),
  emit(e, f, o) {
    const bit = e.and(f.b5 ? e.wrap(e.shr(e.x(o.n), 32)) : e.w(o.n), 1 << f.b40!);
    e.branchIf(op ? bit : e.eqz(bit));
  },
});

export const BRANCHES: readonly Instruction[] = [
  immediate(0),
  immediate(1),
  {
    name: 'B_cond',
    asm: 'B.<cond> <label>',
    pattern: '0101010 0 imm19 0 cond:4',
    branch: true,
    direct: true,
    operands: (f) => ({ imm: sx(f.imm19!, 19) * 4 }),
    emit: (e, f) => e.branchIf(e.condition(f.cond!)),
  },
  compare(0),
  compare(1),
  testBit(0),
  testBit(1),
  register('BR', '0000', false),
  register('BLR', '0001', true),
  register('RET', '0010', false),
];
