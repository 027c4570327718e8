/** Scalar data processing with one, two and three sources (C4.1.94), but for conversions and rounding. */
import { v } from '../../a64/operands.js';
import type { Fields, Instruction, Operands } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { type HostBinary, hostArithmetic } from '../../engine/runtime/fp-arithmetic.js';
import { signBits } from '../../engine/runtime/fp-environment.js';
import { EXTREMA } from '../../engine/runtime/fp-minmax.js';
import type { Fmt } from '../softfp/index.js';
import { element, scalarLines } from './forms.js';

type Compute = (e: Emitter, fmt: Fmt, ...args: Val[]) => Val;

const operandsDN = (f: Fields): Operands => ({ d: v(f.Rd), n: v(f.Rn) });
const operandsDNM = (f: Fields): Operands => ({ d: v(f.Rd), n: v(f.Rn), m: v(f.Rm) });

const oneSource = (name: string, opcode: string, compute: Compute): Instruction[] =>
  scalarLines({
    name: `${name}_fp`,
    asm: `${name} <Vd>, <Vn>`,
    pattern: `000 11110 TYPE 1 ${opcode} 10000 Rn Rd`,
    operands: operandsDN,
    emit: (e, _, o, fmt) => e.setVecLow(o.d, compute(e, fmt, element(e, o.n, fmt))),
  });

const twoSource = (name: string, opcode: string, compute: Compute): Instruction[] =>
  scalarLines({
    name: `${name}_fp`,
    asm: `${name} <Vd>, <Vn>, <Vm>`,
    pattern: `000 11110 TYPE 1 Rm ${opcode} 10 Rn Rd`,
    operands: operandsDNM,
    emit: (e, _, o, fmt) => e.setVecLow(o.d, compute(e, fmt, element(e, o.n, fmt), element(e, o.m, fmt))),
  });

const negate: Compute = (e, fmt, x) => e.xor(x!, signBits(fmt));

const binary =
  (op: HostBinary): Compute =>
  (e, fmt, ...args) =>
    fmt === 16 ? e.call(`f16_${op}`, ...args) : hostArithmetic(e, op, fmt, args);

const squareRoot: Compute = (e, fmt, ...args) =>
  fmt === 16 ? e.call('f16_sqrt', ...args) : hostArithmetic(e, 'sqrt', fmt, args);

const EXTREMUM_OPCODES = { max: '0100', min: '0101', maxnm: '0110', minnm: '0111' } as const;

/** d = addend + n * m, with the addend and the product negated or not. */
const threeSource = (name: string, o1: number, o0: number): Instruction[] =>
  scalarLines({
    name: `${name}_fp`,
    asm: `${name} <Vd>, <Vn>, <Vm>, <Va>`,
    pattern: `000 11111 TYPE ${o1} Rm ${o0} Ra Rn Rd`,
    operands: (f) => ({ d: v(f.Rd), n: v(f.Rn), m: v(f.Rm), a: v(f.Ra) }),
    emit(e, _, o, fmt) {
      const addend = element(e, o.a, fmt);
      const n = element(e, o.n, fmt);
      const args = [o1 ? negate(e, fmt, addend) : addend, o1 !== o0 ? negate(e, fmt, n) : n, element(e, o.m, fmt)];
      e.setVecLow(o.d, e.call(`f${fmt}_fma`, ...args));
    },
  });

export const SCALAR_ARITHMETIC: readonly Instruction[] = [
  ...oneSource('FMOV', '000000', (_e, _fmt, x) => x!),
  ...oneSource('FABS', '000001', (e, fmt, x) => e.and(x!, signBits(fmt) - 1n)),
  ...oneSource('FNEG', '000010', negate),
  ...oneSource('FSQRT', '000011', squareRoot),
  ...twoSource('FMUL', '0000', binary('mul')),
  ...twoSource('FDIV', '0001', binary('div')),
  ...twoSource('FADD', '0010', binary('add')),
  ...twoSource('FSUB', '0011', binary('sub')),
  ...twoSource('FNMUL', '1000', (e, fmt, x, y) => negate(e, fmt, binary('mul')(e, fmt, x!, y!))),
  ...EXTREMA.flatMap((op) =>
    twoSource(`F${op.toUpperCase()}`, EXTREMUM_OPCODES[op], (e, fmt, ...args) => e.call(`f${fmt}_${op}`, ...args)),
  ),
  ...threeSource('FMADD', 0, 0),
  ...threeSource('FMSUB', 0, 1),
  ...threeSource('FNMADD', 1, 0),
  ...threeSource('FNMSUB', 1, 1),
];
