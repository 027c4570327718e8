/** Scalar conversions between formats, to and from general registers, and rounding to integers (C4.1.94). */
import { v, xd, xs } from '../../a64/operands.js';
import type { Fields, Instruction } from '../../a64/pattern.js';
import type { Signedness } from '../../engine/runtime/fp-convert.js';
import { type Direction, ROUND_MODES } from '../../engine/runtime/fp-round.js';
import type { Fmt } from '../softfp/index.js';
import { fixedOperands, fromInteger, scaleOperand, toInteger } from './convert-elements.js';
import { element, scalarLines } from './forms.js';

const SIGNS = ['s', 'u'] as const;

const FTYPE: Record<Fmt, string> = { 16: '11', 32: '00', 64: '01' };
const REGISTER: Record<Fmt, string> = { 16: 'H', 32: 'S', 64: 'D' };

/** FCVT between two formats: of the base architecture, halves too. */
const betweenFormats = (from: Fmt, to: Fmt): Instruction => ({
  name: `FCVT_${REGISTER[from]}_${REGISTER[to]}`,
  asm: `FCVT <${REGISTER[to]}d>, <${REGISTER[from]}n>`,
  pattern: `000 11110 ${FTYPE[from]} 1 0001 ${FTYPE[to]} 10000 Rn Rd`,
  fp: true,
  operands: (f) => ({ d: v(f.Rd!), n: v(f.Rn!) }),
  emit: (e, _, o) => e.setVecLow(o.d, e.call(`f${from}_to_f${to}`, element(e, o.n, from))),
});

const ROUND_OPCODES = { n: '000', p: '001', m: '010', z: '011', a: '100', x: '110', i: '111' } as const;

const registerBits = (f: Fields): 32 | 64 => (f.sf ? 64 : 32);

const toGeneral = (sign: Signedness, direction: Direction, rmode: string, opcode: string): Instruction[] =>
  scalarLines({
    name: `FCVT${direction}${sign}_general`.toUpperCase(),
    asm: `FCVT${direction}${sign} <Rd>, <Vn>`.toUpperCase(),
    pattern: `sf 00 11110 TYPE 1 ${rmode} ${opcode} 000000 Rn Rd`,
    operands: (f) => ({ d: xd(f.Rd!), n: v(f.Rn!) }),
    emit(e, f, o, fmt) {
      e.setR(o.d, toInteger(e, fmt, element(e, o.n, fmt), { sign, bits: registerBits(f), direction }));
    },
  });

const fromGeneral = (sign: Signedness, opcode: string): Instruction[] =>
  scalarLines({
    name: `${sign}CVTF_general`.toUpperCase(),
    asm: `${sign.toUpperCase()}CVTF <Vd>, <Rn>`,
    pattern: `sf 00 11110 TYPE 1 00 ${opcode} 000000 Rn Rd`,
    operands: (f) => ({ d: v(f.Rd!), n: xs(f.Rn!) }),
    emit: (e, f, o, fmt) => e.setVecLow(o.d, fromInteger(e, fmt, e.r(o.n, f.sf!), sign)),
  });

/** A fraction of more bits than the register has is UNDEFINED. */
const fixedLines = (lines: Instruction[]): Instruction[] =>
  lines.map((line) => ({ ...line, accept: (f) => !!f.sf || f.imm6! >= 32 }));

const toFixed = (sign: Signedness, opcode: string): Instruction[] =>
  fixedLines(
    scalarLines({
      name: `FCVTZ${sign}_fixed`.toUpperCase(),
      asm: `FCVTZ${sign.toUpperCase()} <Rd>, <Vn>, #<fbits>`,
      pattern: `sf 00 11110 TYPE 0 11 ${opcode} imm6 Rn Rd`,
      operands: (f) => ({ d: xd(f.Rd!), n: v(f.Rn!), ...fixedOperands(64 - f.imm6!) }),
      emit(e, f, o, fmt) {
        const target = { sign, bits: registerBits(f), direction: 'z' } as const;
        e.setR(o.d, toInteger(e, fmt, element(e, o.n, fmt), target, scaleOperand(e)));
      },
    }),
  );

const fromFixed = (sign: Signedness, opcode: string): Instruction[] =>
  fixedLines(
    scalarLines({
      name: `${sign}CVTF_fixed`.toUpperCase(),
      asm: `${sign.toUpperCase()}CVTF <Vd>, <Rn>, #<fbits>`,
      pattern: `sf 00 11110 TYPE 0 00 ${opcode} imm6 Rn Rd`,
      operands: (f) => ({ d: v(f.Rd!), n: xs(f.Rn!), ...fixedOperands(64 - f.imm6!) }),
      emit: (e, f, o, fmt) => e.setVecLow(o.d, fromInteger(e, fmt, e.r(o.n, f.sf!), sign, e.imm2())),
    }),
  );

export const SCALAR_CONVERT: readonly Instruction[] = [
  ...([16, 32, 64] as const).flatMap((from) =>
    ([16, 32, 64] as const).filter((to) => to !== from).map((to) => betweenFormats(from, to)),
  ),
  ...ROUND_MODES.flatMap((mode) =>
    scalarLines({
      name: `FRINT${mode}_fp`.toUpperCase(),
      asm: `FRINT${mode.toUpperCase()} <Vd>, <Vn>`,
      pattern: `000 11110 TYPE 1 001 ${ROUND_OPCODES[mode]} 10000 Rn Rd`,
      operands: (f) => ({ d: v(f.Rd!), n: v(f.Rn!) }),
      emit: (e, _, o, fmt) => e.setVecLow(o.d, e.call(`f${fmt}_rint${mode}`, element(e, o.n, fmt))),
    }),
  ),
  ...SIGNS.flatMap((sign, u) => [
    ...(['n', 'p', 'm', 'z'] as const).flatMap((d, rmode) =>
      toGeneral(sign, d, rmode.toString(2).padStart(2, '0'), `00${u}`),
    ),
    ...toGeneral(sign, 'a', '00', `10${u}`),
    ...fromGeneral(sign, `01${u}`),
    ...toFixed(sign, `00${u}`),
    ...fromFixed(sign, `01${u}`),
  ]),
];
