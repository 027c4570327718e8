/** Advanced SIMD conversions: between formats, to and from integers and fixed point (C4.1.94). */
import { v } from '../../a64/operands.js';
import type { Fields, Instruction } from '../../a64/pattern.js';
import type { Signedness } from '../../engine/runtime/fp-convert.js';
import type { Direction } from '../../engine/runtime/fp-round.js';
import { operandsDN, write, writeHalf } from '../simd/form.js';
import { lanewise } from '../simd/lanes.js';
import type { Fmt } from '../softfp/index.js';
import { fixedOperands, fromInteger, scaleOperand, toInteger } from './convert-elements.js';
import { type FpForm, simdLines, type VectorSemantics } from './forms.js';
import { twoRegister } from './vector-two-register.js';

const SIGNS = ['s', 'u'] as const;

const integers =
  (sign: Signedness, direction: Direction, fixed: boolean): VectorSemantics =>
  (e, _, o, form) => {
    const n = e.vec(o.n);
    const scale = fixed ? scaleOperand(e) : undefined;
    const target = { sign, bits: form.bits, direction };
    write(
      e,
      o.d,
      form,
      lanewise(e, form, (i) => toInteger(e, form.bits, e.extract(n, form.bits, i), target, scale)),
    );
  };

const numbers =
  (sign: Signedness, fixed: boolean): VectorSemantics =>
  (e, _, o, form) => {
    const n = e.vec(o.n);
    const fraction = fixed ? e.imm2() : undefined;
    const convert = (i: number) => fromInteger(e, form.bits, e.extract(n, form.bits, i, sign === 's'), sign, fraction);
    write(e, o.d, form, lanewise(e, form, convert));
  };

/** Bit 23 and the opcode. */
const DIRECTION_CODES = {
  n: [0, '11010'],
  m: [0, '11011'],
  a: [0, '11100'],
  p: [1, '11010'],
  z: [1, '11011'],
} as const;

const integerLines = SIGNS.flatMap((sign, u) => [
  ...(Object.keys(DIRECTION_CODES) as Direction[]).flatMap((direction) => {
    const name = `FCVT${direction}${sign}`.toUpperCase();
    const [a, opcode] = DIRECTION_CODES[direction];
    const patterns = twoRegister(u, a, opcode);
    const emit = integers(sign, direction, false);
    return simdLines({ name, asm: `${name} <Vd>, <Vn>`, patterns, kinds: 'both', operands: operandsDN, emit });
  }),
  ...simdLines({
    name: `${sign}CVTF`.toUpperCase(),
    asm: `${sign.toUpperCase()}CVTF <Vd>, <Vn>`,
    patterns: twoRegister(u, 0, '11101'),
    kinds: 'both',
    operands: operandsDN,
    emit: numbers(sign, false),
  }),
]);

/** immh:immb by element size: the leading one tells it, the rest counts down from twice the size. */
const FIXED_SIZES: readonly { bits: Fmt; immediate: string }[] = [
  { bits: 16, immediate: '001 imm4' },
  { bits: 32, immediate: '01 imm5' },
  { bits: 64, immediate: '1 imm6' },
];

function fixedForm(name: string, u: number, opcode: string, emit: VectorSemantics): Instruction[] {
  return FIXED_SIZES.flatMap(({ bits, immediate }): Instruction[] => {
    const common = {
      asm: `${name} <Vd>, <Vn>, #<fbits>`,
      fp: true,
      ...(bits === 16 && { feature: 'fp16' as const }),
      operands: (f: Fields) => ({
        ...operandsDN(f),
        ...fixedOperands(bits - (f.imm4 ?? f.imm5 ?? f.imm6!)),
      }),
    };
    const scalar: FpForm = { bits, width: bits };
    return [
      {
        ...common,
        name: `${name}_fixed_vector_${bits}`,
        pattern: `0 Q ${u} 011110 ${immediate} ${opcode} 1 Rn Rd`,
        accept: (f) => bits !== 64 || !!f.Q,
        emit: (e, f, o) => emit(e, f, o, { bits, width: f.Q ? 128 : 64 }),
      },
      {
        ...common,
        name: `${name}_fixed_scalar_${bits}`,
        pattern: `01 ${u} 111110 ${immediate} ${opcode} 1 Rn Rd`,
        emit: (e, f, o) => emit(e, f, o, scalar),
      },
    ];
  });
}

const fixedLines = SIGNS.flatMap((sign, u) => [
  ...fixedForm(`${sign}CVTF`.toUpperCase(), u, '11100', numbers(sign, true)),
  ...fixedForm(`FCVTZ${sign}`.toUpperCase(), u, '11111', integers(sign, 'z', true)),
]);

/** Wider elements into a half of the destination (FCVTN, FCVTXN). */
function narrowing(name: string, pattern: string, from: Fmt, convert: string): Instruction {
  return {
    name: `${name}_vector_${from}`,
    asm: `${name}{2} <Vd>, <Vn>`,
    pattern,
    fp: true,
    operands: operandsDN,
    emit(e, f, o) {
      const n = e.vec(o.n);
      const to = (from / 2) as Fmt;
      const form: FpForm = { bits: to, width: 64 };
      writeHalf(
        e,
        o.d,
        f.Q!,
        lanewise(e, form, (i) => e.call(convert, e.extract(n, from, i))),
      );
    },
  };
}

/** A half of the source into elements of twice the bits (FCVTL). */
function widening(pattern: string, from: 16 | 32): Instruction {
  return {
    name: `FCVTL_vector_${from}`,
    asm: 'FCVTL{2} <Vd>, <Vn>',
    pattern,
    fp: true,
    operands: operandsDN,
    emit(e, f, o) {
      const n = e.vec(o.n);
      const to = (from * 2) as Fmt;
      const first = f.Q ? 64 / from : 0;
      const convert = (i: number) => e.call(`f${from}_to_f${to}`, e.extract(n, from, first + i));
      e.setVec(o.d, lanewise(e, { bits: to, width: 128 }, convert));
    },
  };
}

export const VECTOR_CONVERT: readonly Instruction[] = [
  ...integerLines,
  ...fixedLines,
  narrowing('FCVTN', '0 Q 0 01110 00 10000 10110 10 Rn Rd', 32, 'f32_to_f16'),
  narrowing('FCVTN', '0 Q 0 01110 01 10000 10110 10 Rn Rd', 64, 'f64_to_f32'),
  narrowing('FCVTXN', '0 Q 1 01110 01 10000 10110 10 Rn Rd', 64, 'f64_to_f32_odd'),
  widening('0 Q 0 01110 00 10000 10111 10 Rn Rd', 16),
  widening('0 Q 0 01110 01 10000 10111 10 Rn Rd', 32),
  {
    name: 'FCVTXN_scalar',
    asm: 'FCVTXN <Sd>, <Dn>',
    pattern: '01 1 11110 01 10000 10110 10 Rn Rd',
    fp: true,
    operands: (f) => ({ d: v(f.Rd!), n: v(f.Rn!) }),
    emit: (e, _, o) => e.setVecLow(o.d, e.call('f64_to_f32_odd', e.lane(o.n, 64, 0))),
  },
];
