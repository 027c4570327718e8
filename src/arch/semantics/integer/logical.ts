/** Logical operations, moves, bitfields and PC-relative addresses (C4.1.86, C4.1.89). */
import { xd, xs, xsp } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { immediate, shiftBy } from './arithmetic.js';

const ones = (n: number): bigint => (1n << BigInt(n)) - 1n;

/** DecodeBitMasks' wmask for logical immediates (shared/functions/common), or null where reserved. */
export function bitMask(sf: number, n: number, imms: number, immr: number): bigint | null {
  const length = 31 - Math.clz32((n << 6) | (~imms & 0x3f));
  if (length < 1 || (!sf && n)) return null;
  const size = 1 << length;
  const s = imms & (size - 1);
  const r = immr & (size - 1);
  if (s === size - 1) return null;
  const element = ones(s + 1);
  const rotated = ((element >> BigInt(r)) | (element << BigInt(size - r))) & ones(size);
  let mask = 0n;
  for (let at = 0; at < 64; at += size) mask |= rotated << BigInt(at);
  return sf ? mask : mask & 0xffffffffn;
}

function logical(e: Emitter, opc: number, a: Val, b: Val): Val {
  const result = e.int((['and', 'or', 'xor', 'and'] as const)[opc]!, a, b);
  if (opc === 3) e.setFlags(result, 0, e.i64(0));
  return result;
}

const logicalImmediate = (name: string, opc: number): Instruction => ({
  name: `${name}_imm`,
  asm: `${name} <Rd${opc === 3 ? '' : '|SP'}>, <Rn>, #<imm>`,
  pattern: `sf ${opc >> 1}${opc & 1} 100100 immN:1 immr:6 imms:6 Rn Rd`,
  accept: (f) => bitMask(f.sf!, f.immN!, f.imms!, f.immr!) !== null,
  operands: (f) => ({
    d: opc === 3 ? xd(f.Rd!) : xsp(f.Rd!),
    n: xs(f.Rn!),
    imm: bitMask(f.sf!, f.immN!, f.imms!, f.immr!)!,
  }),
  emit(e, f, o) {
    e.setR(o.d, logical(e, opc, e.r(o.n, f.sf!), immediate(e, f.sf!)));
  },
});

const logicalShifted = (name: string, opc: number, inverted: number): Instruction => ({
  name: `${name}_shift`,
  asm: `${name} <Rd>, <Rn>, <Rm>{, <shift> #<amount>}`,
  pattern: `sf ${opc >> 1}${opc & 1} 01010 shift:2 ${inverted} Rm imm6 Rn Rd`,
  accept: (f) => !!f.sf || f.imm6! < 32,
  variant: (f) => (f.imm6 === 0 ? 0 : 1),
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!), imm: f.imm6!, imm2: f.imm6! }),
  emit(e, f, o) {
    const m = e.r(o.m, f.sf!);
    const shifted = f.variant ? shiftBy(e, f.shift!, m, f.sf ? e.imm() : e.imm2()) : m;
    e.setR(o.d, logical(e, opc, e.r(o.n, f.sf!), inverted ? e.not(shifted) : shifted));
  },
});

const moveWide: Instruction[] = [
  {
    name: 'MOVN',
    asm: 'MOVN <Rd>, #<imm>{, LSL #<shift>}',
    pattern: 'sf 00 100101 immhw:2 imm16 Rd',
    accept: (f) => !!f.sf || f.immhw! < 2,
    operands: (f) => {
      const value = ~(BigInt(f.imm16!) << BigInt(f.immhw! * 16));
      return { d: xd(f.Rd!), imm: f.sf ? value : BigInt.asUintN(32, value) };
    },
    emit: (e, _f, o) => e.setR(o.d, e.imm()),
  },
  {
    name: 'MOVZ',
    asm: 'MOVZ <Rd>, #<imm>{, LSL #<shift>}',
    pattern: 'sf 10 100101 immhw:2 imm16 Rd',
    accept: (f) => !!f.sf || f.immhw! < 2,
    operands: (f) => ({ d: xd(f.Rd!), imm: BigInt(f.imm16!) << BigInt(f.immhw! * 16) }),
    emit: (e, _f, o) => e.setR(o.d, e.imm()),
  },
  {
    name: 'MOVK',
    asm: 'MOVK <Rd>, #<imm>{, LSL #<shift>}',
    pattern: 'sf 11 100101 hw:2 imm16 Rd',
    accept: (f) => !!f.sf || f.hw! < 2,
    operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rd!), imm: BigInt(f.imm16!) << BigInt(f.hw! * 16) }),
    emit(e, f, o) {
      const kept = e.and(e.x(o.n), e.i64((f.sf ? -1n : 0xffffffffn) & ~(0xffffn << BigInt(f.hw! * 16))));
      e.setR(o.d, e.or(kept, e.imm()));
    },
  },
];

/** SBFM and UBFM are both `(x << left) >> right`: extraction and insertion in zeros or sign bits alike. */
const bitfieldMove = (name: string, opc: string, shift: number): Instruction => ({
  name,
  asm: `${name} <Rd>, <Rn>, #<immr>, #<imms>`,
  pattern: `sf ${opc} 100110 immN:1 immr:6 imms:6 Rn Rd`,
  accept: (f) => f.immN === f.sf && (!!f.sf || (f.immr! < 32 && f.imms! < 32)),
  operands: (f) => {
    const left = (f.sf ? 63 : 31) - f.imms!;
    const right = f.imms! >= f.immr! ? left + f.immr! : f.immr! - f.imms! - 1;
    return { d: xd(f.Rd!), n: xs(f.Rn!), imm: right, imm2: left };
  },
  emit(e, f, o) {
    const left = f.sf ? e.uext(e.imm2()) : e.imm2();
    e.setR(o.d, shiftBy(e, shift, e.shl(e.r(o.n, f.sf!), left), immediate(e, f.sf!)));
  },
});

const BFM: Instruction = {
  name: 'BFM',
  asm: 'BFM <Rd>, <Rn>, #<immr>, #<imms>',
  pattern: 'sf 01 100110 immN:1 immr:6 imms:6 Rn Rd',
  accept: (f) => f.immN === f.sf && (!!f.sf || (f.immr! < 32 && f.imms! < 32)),
  operands: (f) => {
    const size = f.sf ? 64 : 32;
    const mask = f.imms! >= f.immr! ? ones(f.imms! - f.immr! + 1) : ones(f.imms! + 1) << BigInt(size - f.immr!);
    return { d: xd(f.Rd!), m: xs(f.Rd!), n: xs(f.Rn!), imm: mask, imm2: f.immr! };
  },
  emit(e, f, o) {
    const mask = immediate(e, f.sf!);
    const rotated = e.int('rotr', e.r(o.n, f.sf!), f.sf ? e.uext(e.imm2()) : e.imm2());
    e.setR(o.d, e.or(e.and(e.r(o.m, f.sf!), e.not(mask)), e.and(rotated, mask)));
  },
};

const EXTR: Instruction = {
  name: 'EXTR',
  asm: 'EXTR <Rd>, <Rn>, <Rm>, #<lsb>',
  pattern: 'sf 00 100111 immN:1 0 Rm imms:6 Rn Rd',
  accept: (f) => f.immN === f.sf && (!!f.sf || f.imms! < 32),
  variant: (f) => (f.imms === 0 ? 0 : 1),
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!), imm: f.imms!, imm2: f.imms! }),
  emit(e, f, o) {
    const m = e.r(o.m, f.sf!);
    if (!f.variant) return e.setR(o.d, m);
    const lsb = f.sf ? e.imm() : e.imm2();
    const high = e.shl(e.r(o.n, f.sf!), e.sub(f.sf ? e.i64(64) : e.i32(32), lsb));
    e.setR(o.d, e.or(high, e.shr(m, lsb)));
  },
};

/** ADR and ADRP. */
const pcRelative = (page: number): Instruction => ({
  name: page ? 'ADRP' : 'ADR',
  asm: `${page ? 'ADRP' : 'ADR'} <Xd>, <label>`,
  pattern: `${page} immlo:2 10000 immhi:19 Rd`,
  operands: (f) => {
    const offset = ((f.immhi! << 13) >> 11) | f.immlo!;
    return { d: xd(f.Rd!), imm: BigInt(offset) << (page ? 12n : 0n) };
  },
  emit(e, _f, o) {
    const base = page ? e.and(e.pc(), ~0xfff) : e.pc();
    e.setR(o.d, e.add(base, e.imm()));
  },
});

export const LOGICAL: readonly Instruction[] = [
  ...['AND', 'ORR', 'EOR', 'ANDS'].map(logicalImmediate),
  ...['AND', 'ORR', 'EOR', 'ANDS'].map((name, opc) => logicalShifted(name, opc, 0)),
  ...['BIC', 'ORN', 'EON', 'BICS'].map((name, opc) => logicalShifted(name, opc, 1)),
  ...moveWide,
  bitfieldMove('SBFM', '00', 2),
  bitfieldMove('UBFM', '10', 1),
  BFM,
  EXTR,
  pcRelative(0),
  pcRelative(1),
];
