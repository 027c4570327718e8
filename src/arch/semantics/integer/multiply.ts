/** Data processing with one, two and three sources (C4.1.89): bit reversal, division, shifts, CRC32, multiplication. */
import { xd, xs } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { shiftBy } from './arithmetic.js';

const constant = (e: Emitter, like: Val, value: bigint): Val =>
  like.ty === 'i64' ? e.i64(value) : e.i32(Number(value));

/** Swaps neighbouring groups of `bits` bits throughout. */
function swapGroups(e: Emitter, value: Val, bits: number): Val {
  let mask = 0n;
  for (let at = 0; at < 64; at += bits * 2) mask |= ((1n << BigInt(bits)) - 1n) << BigInt(at);
  const m = constant(e, value, value.ty === 'i64' ? mask : mask & 0xffffffffn);
  return e.or(e.and(e.shr(value, bits), m), e.shl(e.and(value, m), bits));
}

const swapAll = (e: Emitter, value: Val, groups: readonly number[]): Val =>
  groups.reduce((v, bits) => swapGroups(e, v, bits), value);

/** CountLeadingSignBits: leading bits equal to the sign, the sign not counted. */
const countSignBits = (e: Emitter, v: Val): Val => {
  const signs = e.xor(v, e.sar(v, 1));
  return e.sub(e.int('clz', signs), 1);
};

const oneSource = (name: string, opcode: string, emit: (e: Emitter, v: Val) => Val, sf = 'sf'): Instruction => ({
  name,
  asm: `${name} <Rd>, <Rn>`,
  pattern: `${sf} 1 0 11010110 00000 ${opcode} Rn Rd`,
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!) }),
  emit: (e, f, o) => e.setR(o.d, emit(e, e.r(o.n, sf === 'sf' ? f.sf! : Number(sf)))),
});

const ONE_SOURCE: readonly Instruction[] = [
  oneSource('RBIT', '000000', (e, v) => {
    const r = swapAll(e, v, [1, 2, 4, 8]);
    return v.ty === 'i64' ? e.int('rotr', swapGroups(e, r, 16), 32) : e.int('rotr', r, 16);
  }),
  oneSource('REV16', '000001', (e, v) => swapAll(e, v, [8])),
  oneSource('REV', '000010', (e, v) => e.int('rotr', swapGroups(e, v, 8), 16), '0'),
  oneSource('REV32', '000010', (e, v) => swapAll(e, v, [8, 16]), '1'),
  oneSource('REV64', '000011', (e, v) => e.int('rotr', swapAll(e, v, [8, 16]), 32), '1'),
  oneSource('CLZ', '000100', (e, v) => e.int('clz', v)),
  oneSource('CLS', '000101', countSignBits),
];

/** Division rounds toward zero; by zero gives zero; the most negative by -1 gives itself. */
function divide(e: Emitter, signed: boolean, n: Val, m: Val): Val {
  const result = e.variable(constant(e, n, 0n));
  e.if(m.ty === 'i64' ? e.test('ne', m, 0) : m, () => {
    if (!signed) return e.assign(result, e.int('div_u', n, m));
    e.if(
      e.test('eq', m, -1),
      () => e.assign(result, e.neg(n)),
      () => e.assign(result, e.int('div_s', n, m)),
    );
  });
  return result;
}

/** CRC of `value`'s low `bits` bits into a running `crc`, bit-reflected polynomial (one byte a step, bit by bit). */
function crc32(e: Emitter, crc: Val, value: Val, bits: number, polynomial: number): Val {
  const low = e.xor(crc, bits < 32 ? e.and(e.wrap(value), 2 ** bits - 1) : e.wrap(value));
  const steps = (start: Val, count: number): Val => {
    let c = start;
    for (let i = 0; i < count; i++) c = e.xor(e.shr(c, 1), e.and(e.neg(e.and(c, 1)), polynomial));
    return c;
  };
  if (bits <= 32) return steps(low, bits);
  return steps(e.xor(steps(low, 32), e.wrap(e.shr(value, 32))), 32);
}

const twoSource = (name: string, opcode: string, emit: (e: Emitter, n: Val, m: Val) => Val): Instruction => ({
  name,
  asm: `${name} <Rd>, <Rn>, <Rm>`,
  pattern: `sf 0 0 11010110 Rm ${opcode} Rn Rd`,
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!) }),
  emit: (e, f, o) => e.setR(o.d, emit(e, e.r(o.n, f.sf!), e.r(o.m, f.sf!))),
});

const TWO_SOURCE: readonly Instruction[] = [
  twoSource('UDIV', '000010', (e, n, m) => divide(e, false, n, m)),
  twoSource('SDIV', '000011', (e, n, m) => divide(e, true, n, m)),
  ...['LSLV', 'LSRV', 'ASRV', 'RORV'].map((name, shift) =>
    twoSource(name, `0010${shift >> 1}${shift & 1}`, (e, n, m) => shiftBy(e, shift, n, m)),
  ),
  ...[
    { letter: '', polynomial: 0xedb88320, c: 0 },
    { letter: 'C', polynomial: 0x82f63b78, c: 1 },
  ].flatMap(({ letter, polynomial, c }) =>
    ['B', 'H', 'W', 'X'].map(
      (size, sz): Instruction => ({
        name: `CRC32${letter}${size}`,
        asm: `CRC32${letter}${size} <Wd>, <Wn>, <${size === 'X' ? 'X' : 'W'}m>`,
        pattern: `${sz === 3 ? 1 : 0} 0 0 11010110 Rm 010 ${c} ${sz >> 1}${sz & 1} Rn Rd`,
        feature: 'crc32',
        operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!) }),
        emit: (e, _f, o) => e.setR(o.d, crc32(e, e.w(o.n), e.x(o.m), 8 << sz, polynomial)),
      }),
    ),
  ),
];

/** The high 64 bits of a 64x64-bit product from four 32-bit partial products. */
function multiplyHigh(e: Emitter, signed: boolean, n: Val, m: Val): Val {
  const low = (v: Val): Val => e.and(v, 0xffffffff);
  const nl = low(n);
  const nh = e.shr(n, 32);
  const ml = low(m);
  const mh = e.shr(m, 32);
  const middle = e.add(e.mul(nh, ml), e.shr(e.mul(nl, ml), 32));
  const other = e.add(e.mul(nl, mh), low(middle));
  const high = e.add(e.add(e.mul(nh, mh), e.shr(middle, 32)), e.shr(other, 32));
  if (!signed) return high;
  const correction = e.add(e.and(e.sar(n, 63), m), e.and(e.sar(m, 63), n));
  return e.sub(high, correction);
}

const accumulate = (name: string, o0: number): Instruction => ({
  name,
  asm: `${name} <Rd>, <Rn>, <Rm>, <Ra>`,
  pattern: `sf 00 11011 000 Rm ${o0} Ra Rn Rd`,
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!), a: xs(f.Ra!) }),
  emit(e, f, o) {
    const product = e.mul(e.r(o.n, f.sf!), e.r(o.m, f.sf!));
    const a = e.r(o.a, f.sf!);
    e.setR(o.d, o0 ? e.sub(a, product) : e.add(a, product));
  },
});

const accumulateLong = (u: number, o0: number): Instruction => {
  const name = `${u ? 'U' : 'S'}M${o0 ? 'SUB' : 'ADD'}L`;
  return {
    name,
    asm: `${name} <Xd>, <Wn>, <Wm>, <Xa>`,
    pattern: `1 00 11011 ${u}01 Rm ${o0} Ra Rn Rd`,
    operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!), a: xs(f.Ra!) }),
    emit(e, _f, o) {
      const widen = (v: Val): Val => (u ? e.uext(v) : e.sext(v));
      const product = e.mul(widen(e.w(o.n)), widen(e.w(o.m)));
      e.setR(o.d, o0 ? e.sub(e.x(o.a), product) : e.add(e.x(o.a), product));
    },
  };
};

const high = (u: number): Instruction => ({
  name: u ? 'UMULH' : 'SMULH',
  asm: `${u ? 'UMULH' : 'SMULH'} <Xd>, <Xn>, <Xm>`,
  // Ra is (1)(1)(1)(1)(1): other values are CONSTRAINED UNPREDICTABLE and are taken as all ones.
  pattern: `1 00 11011 ${u}10 Rm 0 xxxxx Rn Rd`,
  operands: (f) => ({ d: xd(f.Rd!), n: xs(f.Rn!), m: xs(f.Rm!) }),
  emit: (e, _f, o) => e.setR(o.d, multiplyHigh(e, !u, e.x(o.n), e.x(o.m))),
});

export const MULTIPLY: readonly Instruction[] = [
  ...ONE_SOURCE,
  ...TWO_SOURCE,
  accumulate('MADD', 0),
  accumulate('MSUB', 1),
  ...[0, 1].flatMap((u) => [0, 1].map((o0) => accumulateLong(u, o0))),
  high(0),
  high(1),
];
