/** What a load or store moves: one register of a given kind and size. Shared by all addressing forms. */
import { v, xd, xs } from '../../a64/operands.js';
import type { Fields, RegRef } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import type { LoadOp, StoreOp } from '../../engine/opcodes.js';

/** A kind of transfer. */
export interface Transfer {
  readonly name: string;
  /** Operand text of the register. */
  readonly register: string;
  /** size, V and opc fields of the encoding, as text. */
  readonly size: string;
  readonly vector: boolean;
  readonly opc: string;
  readonly bytes: 1 | 2 | 4 | 8 | 16;
  readonly store: boolean;
  /** Loads only. */
  readonly signed?: boolean;
  /** Signed loads into W. */
  readonly word?: boolean;
}

const SUFFIX: Record<number, string> = { 1: 'B', 2: 'H', 4: '', 8: '' };
const bytesOf = (size: number): 1 | 2 | 4 | 8 => (1 << size) as 1 | 2 | 4 | 8;
const two = (n: number): string => `${n >> 1}${n & 1}`;

/** LDR/STR of general registers by size and opc (C4.1.88, "Load/store register"). */
export const GENERAL: readonly Transfer[] = [0, 1, 2, 3].flatMap((size): Transfer[] => {
  const bytes = bytesOf(size);
  const register = size === 3 ? '<Xt>' : '<Wt>';
  const base = { size: two(size), vector: false, bytes };
  const list: Transfer[] = [
    { ...base, name: `STR${SUFFIX[bytes]}`, register, opc: '00', store: true },
    { ...base, name: `LDR${SUFFIX[bytes]}`, register, opc: '01', store: false },
  ];
  if (size < 3) {
    const name = `LDRS${'BHW'[size]}`;
    list.push({ ...base, name, register: '<Xt>', opc: '10', store: false, signed: true });
    if (size < 2) list.push({ ...base, name, register: '<Wt>', opc: '11', store: false, signed: true, word: true });
  }
  return list;
});

/** LDR/STR of SIMD&FP registers. */
export const VECTOR: readonly Transfer[] = [0, 1, 2, 3, 4].flatMap((scale): Transfer[] => {
  const base = { vector: true, bytes: (1 << scale) as Transfer['bytes'], register: `<${'BHSDQ'[scale]}t>` };
  const size = two(scale & 3);
  const quad = scale === 4 ? 1 : 0;
  return [
    { ...base, name: 'STR', size, opc: `${quad}0`, store: true },
    { ...base, name: 'LDR', size, opc: `${quad}1`, store: false },
  ];
});

export const dataSlot = (t: { vector: boolean; store: boolean }, n: number): number =>
  t.vector ? v(n) : t.store ? xs(n) : xd(n);

/** Variant of every form with a base register: whether that is SP. */
export const spVariant = (f: Fields): number => (f.Rn === 31 ? 1 : 0);

const GENERAL_LOAD: Record<string, LoadOp> = {
  u1: 'i64.load8_u',
  u2: 'i64.load16_u',
  u4: 'i64.load32_u',
  u8: 'i64.load',
  s1: 'i64.load8_s',
  s2: 'i64.load16_s',
  s4: 'i64.load32_s',
  w1: 'i32.load8_s',
  w2: 'i32.load16_s',
};
const VECTOR_LOAD: Record<number, LoadOp> = {
  1: 'i64.load8_u',
  2: 'i64.load16_u',
  4: 'i64.load32_u',
  8: 'i64.load',
};
const VALUE_STORE: Record<number, StoreOp> = {
  1: 'i64.store8',
  2: 'i64.store16',
  4: 'i64.store32',
  8: 'i64.store',
};

/** The value at a host address, as the register will hold it (before zero extension). */
export function loadValue(e: Emitter, t: Transfer, host: Val, offset = 0): Val {
  if (t.bytes === 16) return e.loadV(host, offset);
  if (t.vector) return e.load(VECTOR_LOAD[t.bytes]!, host, offset);
  return e.load(GENERAL_LOAD[`${t.word ? 'w' : t.signed ? 's' : 'u'}${t.bytes}`]!, host, offset);
}

export function setRegister(e: Emitter, t: Transfer, ref: RegRef, value: Val): void {
  if (!t.vector) e.setR(ref, value);
  else if (t.bytes === 16) e.setVec(ref, value);
  else e.setVecLow(ref, value);
}

/** Stores a register's value at a host address. */
export function storeValue(e: Emitter, t: Transfer, ref: RegRef, host: Val, offset = 0): void {
  if (t.bytes === 16) e.storeV(host, e.vec(ref), offset);
  else e.store(VALUE_STORE[t.bytes]!, host, t.vector ? e.lane(ref, 64, 0) : e.x(ref), offset);
}
