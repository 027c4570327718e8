/** Addition and subtraction in all forms (C4.1.86 "Add/subtract ...", C4.1.89), with their flags. */
import { xd, xs, xsp } from '../../a64/operands.js';
import type { Fields, Instruction, OperandRefs } from '../../a64/pattern.js';
import type { Arg, Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';

/** `a + b`, or `a - b` where `op`; sets NZCV where asked. i32 or i64. */
export function addSub(e: Emitter, op: number, setFlags: number, a: Val, b: Val): Val {
  const result = op ? e.sub(a, b) : e.add(a, b);
  if (setFlags) {
    const carry = op ? e.test('ge_u', a, b) : e.test('lt_u', result, a);
    const overflow = op ? e.and(e.xor(a, b), e.xor(a, result)) : e.and(e.xor(a, result), e.xor(b, result));
    e.setFlags(result, carry, e.sext(overflow));
  }
  return result;
}

/** AddWithCarry (shared/functions/integer): `a + b + carry`; sets NZCV where asked. */
function addWithCarry(e: Emitter, setFlags: number, a: Val, b: Val): Val {
  const carry = e.carry();
  const wide = a.ty === 'i64' ? e.uext(carry) : carry;
  const result = e.add(e.add(a, b), wide);
  if (setFlags) {
    const carryOut = e.or(e.test('lt_u', result, a), e.and(carry, e.test('eq', result, a)));
    e.setFlags(result, carryOut, e.sext(e.and(e.xor(a, result), e.xor(b, result))));
  }
  return result;
}

/** ShiftReg (C1): shift 0 LSL, 1 LSR, 2 ASR, 3 ROR. */
export function shiftBy(e: Emitter, shift: number, value: Val, amount: Arg): Val {
  return e.int((['shl', 'shr_u', 'shr_s', 'rotr'] as const)[shift]!, value, amount);
}

/** An immediate of the operation's width from the 64-bit operand. */
export const immediate = (e: Emitter, sf: number): Val => (sf ? e.imm() : e.wrap(e.imm()));

/** ExtendReg for 64-bit (or 32-bit) results: option 0..3 UXTB..UXTX, 4..7 SXTB..SXTX; before the shift. */
export function extendRegister(e: Emitter, ref: OperandRefs['m'], option: number, sf: number): Val {
  const bits = 8 << (option & 3);
  const signed = option & 4;
  if (bits === 64) return e.r(ref, sf);
  const word = e.w(ref);
  const narrow =
    bits === 32 ? word : signed ? e.int(bits === 8 ? 'extend8_s' : 'extend16_s', word) : e.and(word, 2 ** bits - 1);
  return sf ? (signed ? e.sext(narrow) : e.uext(narrow)) : narrow;
}

const immediateForm = (op: number, s: number): Instruction => ({
  name: `${op ? 'SUB' : 'ADD'}${s ? 'S' : ''}_imm`,
  asm: `${op ? 'SUB' : 'ADD'}${s ? 'S' : ''} <Rd${s ? '' : '|SP'}>, <Rn|SP>, #<imm>{, LSL #12}`,
  pattern: `sf ${op} ${s} 100010 immsh:1 imm12 Rn Rd`,
  operands: (f) => ({ d: s ? xd(f.Rd!) : xsp(f.Rd!), n: xsp(f.Rn!), imm: f.imm12! << (f.immsh ? 12 : 0) }),
  emit(e, f, o) {
    e.setR(o.d, addSub(e, op, s, e.r(o.n, f.sf!), immediate(e, f.sf!)));
  },
});

const shiftedForm = (op: number, s: number): Instruction => ({
  name: `${op ? 'SUB' : 'ADD'}${s ? 'S' : ''}_shift`,
  asm: `${op ? 'SUB' : 'ADD'}${s ? 'S' : ''} <Rd>, <Rn>, <Rm>{, <shift> #<amount>}`,
  pattern: `sf ${op} ${s} 01011 shift:2 0 Rm imm6 Rn Rd`,
  accept: (f) => f.shift !== 3 && (!!f.sf || f.imm6! < 32),
  variant: (f) => (f.imm6 === 0 ? 0 : 1),
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!), imm: f.imm6!, imm2: f.imm6! }),
  emit(e, f, o) {
    const m = e.r(o.m, f.sf!);
    const amount = f.sf ? e.imm() : e.imm2();
    const operand = f.variant ? shiftBy(e, f.shift!, m, amount) : m;
    e.setR(o.d, addSub(e, op, s, e.r(o.n, f.sf!), operand));
  },
});

const extendedForm = (op: number, s: number): Instruction => ({
  name: `${op ? 'SUB' : 'ADD'}${s ? 'S' : ''}_ext`,
  asm: `${op ? 'SUB' : 'ADD'}${s ? 'S' : ''} <Rd${s ? '' : '|SP'}>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}`,
  pattern: `sf ${op} ${s} 01011 001 Rm option:3 imm3 Rn Rd`,
  accept: (f) => f.imm3! <= 4,
  operands: (f) => ({ d: s ? xd(f.Rd!) : xsp(f.Rd!), n: xsp(f.Rn!), m: xs(f.Rm!), imm: f.imm3!, imm2: f.imm3! }),
  emit(e, f, o) {
    const operand = e.shl(extendRegister(e, o.m, f.option!, f.sf!), f.sf ? e.imm() : e.imm2());
    e.setR(o.d, addSub(e, op, s, e.r(o.n, f.sf!), operand));
  },
});

const carryForm = (op: number, s: number): Instruction => ({
  name: `${op ? 'SBC' : 'ADC'}${s ? 'S' : ''}`,
  asm: `${op ? 'SBC' : 'ADC'}${s ? 'S' : ''} <Rd>, <Rn>, <Rm>`,
  pattern: `sf ${op} ${s} 11010000 Rm 000000 Rn Rd`,
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!) }),
  emit(e, f, o) {
    const m = e.r(o.m, f.sf!);
    e.setR(o.d, addWithCarry(e, s, e.r(o.n, f.sf!), op ? e.not(m) : m));
  },
});

const FORMS = [immediateForm, shiftedForm, extendedForm, carryForm];
const both = [0, 1];

/** CCMN and CCMP, register and immediate (C4.1.89 "Conditional compare"). */
const conditionalCompare = (op: number, register: boolean): Instruction => ({
  name: `CCM${op ? 'P' : 'N'}_${register ? 'reg' : 'imm'}`,
  asm: `CCM${op ? 'P' : 'N'} <Rn>, ${register ? '<Rm>' : '#<imm>'}, #<nzcv>, <cond>`,
  pattern: `sf ${op} 1 11010010 Rm cond:4 ${register ? 0 : 1} 0 Rn 0 imm4`,
  operands: (f) => ({ n: xs(f.Rn!), m: xs(f.Rm!), imm: f.Rm!, imm2: f.imm4! }),
  emit(e, f, o) {
    e.if(
      e.condition(f.cond!),
      () => addSub(e, op, 1, e.r(o.n, f.sf!), register ? e.r(o.m, f.sf!) : immediate(e, f.sf!)),
      () => e.setNzcv(e.imm2()),
    );
  },
});

/** CSEL, CSINC, CSINV, CSNEG (C4.1.89 "Conditional select"). */
const conditionalSelect = (name: string, op: number, op2: number): Instruction => ({
  name,
  asm: `${name} <Rd>, <Rn>, <Rm>, <cond>`,
  pattern: `sf ${op} 0 11010100 Rm cond:4 0${op2} Rn Rd`,
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!) }),
  emit(e, f: Fields, o) {
    const m = e.r(o.m, f.sf!);
    const inverted = op ? e.not(m) : m;
    const otherwise = op2 ? e.add(inverted, 1) : inverted;
    e.setR(o.d, e.select(e.condition(f.cond!), e.r(o.n, f.sf!), otherwise));
  },
});

export const ARITHMETIC: readonly Instruction[] = [
  ...FORMS.flatMap((form) => both.flatMap((op) => both.map((s) => form(op, s)))),
  ...both.flatMap((op) => [true, false].map((register) => conditionalCompare(op, register))),
  conditionalSelect('CSEL', 0, 0),
  conditionalSelect('CSINC', 0, 1),
  conditionalSelect('CSINV', 1, 0),
  conditionalSelect('CSNEG', 1, 1),
];
