/** FMOV between general and vector registers, and of an immediate (C4.1.94). */
import { v, xd, xs } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import type { Fmt } from '../softfp/index.js';
import { scalarLines } from './forms.js';

/** Bits of VFPExpandImm(imm8), as the low bits of a register. */
export function expandImmediate(fmt: Fmt, imm8: number): bigint {
  const exponentBits = { 16: 5, 32: 8, 64: 11 }[fmt];
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = ((imm8 >> 4) & 3) + (imm8 & 0x40 ? -3 : 1);
  const high = ((imm8 >> 7) << exponentBits) | (exponent + bias);
  return ((BigInt(high) << 4n) | BigInt(imm8 & 15)) << BigInt(fmt - 5 - exponentBits);
}

const toGeneral = (name: string, sf: string, ftype: string, bits: Fmt, feature?: 'fp16'): Instruction => ({
  name,
  asm: 'FMOV <Rd>, <Vn>',
  pattern: `${sf} 00 11110 ${ftype} 1 00 110 000000 Rn Rd`,
  ...(feature && { feature }),
  fp: true,
  operands: (f) => ({ d: xd(f.Rd!), n: v(f.Rn!) }),
  emit: (e, _, o) => e.setR(o.d, e.lane(o.n, bits, 0)),
});

const fromGeneral = (name: string, sf: string, ftype: string, bits: Fmt, feature?: 'fp16'): Instruction => ({
  name,
  asm: 'FMOV <Vd>, <Rn>',
  pattern: `${sf} 00 11110 ${ftype} 1 00 111 000000 Rn Rd`,
  ...(feature && { feature }),
  fp: true,
  operands: (f) => ({ d: v(f.Rd!), n: xs(f.Rn!) }),
  emit(e, _, o) {
    if (bits === 64) return e.setVecLow(o.d, e.x(o.n));
    e.setVecLow(o.d, bits === 32 ? e.w(o.n) : e.and(e.w(o.n), 0xffff));
  },
});

export const SCALAR_MOVE: readonly Instruction[] = [
  toGeneral('FMOV_to_w', '0', '00', 32),
  toGeneral('FMOV_to_x', '1', '01', 64),
  toGeneral('FMOV_to_general_fp16', 'x', '11', 16, 'fp16'),
  fromGeneral('FMOV_from_w', '0', '00', 32),
  fromGeneral('FMOV_from_x', '1', '01', 64),
  fromGeneral('FMOV_from_general_fp16', 'x', '11', 16, 'fp16'),
  {
    name: 'FMOV_to_x_top',
    asm: 'FMOV <Xd>, <Vn>.D[1]',
    pattern: '1 00 11110 10 1 01 110 000000 Rn Rd',
    fp: true,
    operands: (f) => ({ d: xd(f.Rd!), n: v(f.Rn!) }),
    emit: (e, _, o) => e.setR(o.d, e.lane(o.n, 64, 1)),
  },
  {
    name: 'FMOV_from_x_top',
    asm: 'FMOV <Vd>.D[1], <Xn>',
    pattern: '1 00 11110 10 1 01 111 000000 Rn Rd',
    fp: true,
    operands: (f) => ({ d: v(f.Rd!), n: xs(f.Rn!) }),
    emit: (e, _, o) => e.setLane(o.d, 64, 1, e.x(o.n)),
  },
  ...scalarLines({
    name: 'FMOV_imm',
    asm: 'FMOV <Vd>, #<imm>',
    pattern: '000 11110 TYPE 1 imm8 100 00000 Rd',
    // Halves have no `double` field.
    operands: (f) => ({ d: v(f.Rd!), imm: expandImmediate(f.double === undefined ? 16 : f.double ? 64 : 32, f.imm8!) }),
    emit: (e, _, o) => e.setVecLow(o.d, e.imm()),
  }),
];
