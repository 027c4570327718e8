/** Scalar comparison, conditional comparison and conditional selection (C4.1.94). */
import { v } from '../../a64/operands.js';
import type { Instruction, OperandRefs } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { compare } from '../../engine/runtime/fp-compare.js';
import type { Fmt } from '../softfp/index.js';
import { element, scalarLines } from './forms.js';

/** FPCompare into NZCV. */
function setComparison(e: Emitter, fmt: Fmt, x: Val, y: Val, signal: boolean): void {
  const { less, different, unordered } = compare(e, fmt, x, y, signal);
  // -1, 0 and 1 for less, equal and the rest.
  const order = e.sub(different, e.shl(less, 1));
  e.setFlags(order, e.eqz(less), e.neg(e.uext(unordered)));
}

const compareOperands = (e: Emitter, o: OperandRefs, fmt: Fmt, signal: boolean): void =>
  setComparison(e, fmt, element(e, o.n, fmt), element(e, o.m, fmt), signal);

const registerForm = (name: string, op: number): Instruction[] =>
  scalarLines({
    name: `${name}_fp`,
    asm: `${name} <Vn>, <Vm>`,
    pattern: `000 11110 TYPE 1 Rm 001000 Rn ${op} 0000`,
    operands: (f) => ({ n: v(f.Rn), m: v(f.Rm) }),
    emit: (e, _, o, fmt) => compareOperands(e, o, fmt, op === 1),
  });

const zeroForm = (name: string, op: number): Instruction[] =>
  scalarLines({
    name: `${name}_zero`,
    asm: `${name} <Vn>, #0.0`,
    pattern: `000 11110 TYPE 1 xxxxx 001000 Rn ${op} 1000`,
    operands: (f) => ({ n: v(f.Rn) }),
    emit(e, _, o, fmt) {
      const zero = fmt === 64 ? e.i64(0) : e.i32(0);
      setComparison(e, fmt, element(e, o.n, fmt), zero, op === 1);
    },
  });

const conditionalForm = (name: string, op: number): Instruction[] =>
  scalarLines({
    name: `${name}_fp`,
    asm: `${name} <Vn>, <Vm>, #<nzcv>, <cond>`,
    pattern: `000 11110 TYPE 1 Rm cond:4 01 Rn ${op} imm4`,
    operands: (f) => ({ n: v(f.Rn), m: v(f.Rm), imm2: f.imm4 }),
    emit(e, f, o, fmt) {
      e.if(
        e.condition(f.cond!),
        () => compareOperands(e, o, fmt, op === 1),
        () => e.setNzcv(e.imm2()),
      );
    },
  });

export const SCALAR_COMPARE: readonly Instruction[] = [
  ...registerForm('FCMP', 0),
  ...registerForm('FCMPE', 1),
  ...zeroForm('FCMP', 0),
  ...zeroForm('FCMPE', 1),
  ...conditionalForm('FCCMP', 0),
  ...conditionalForm('FCCMPE', 1),
  ...scalarLines({
    name: 'FCSEL_fp',
    asm: 'FCSEL <Vd>, <Vn>, <Vm>, <cond>',
    pattern: '000 11110 TYPE 1 Rm cond:4 11 Rn Rd',
    operands: (f) => ({ d: v(f.Rd), n: v(f.Rn), m: v(f.Rm) }),
    emit(e, f, o, fmt) {
      e.setVecLow(o.d, e.select(e.condition(f.cond!), element(e, o.n, fmt), element(e, o.m, fmt)));
    },
  }),
];
