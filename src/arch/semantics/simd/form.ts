/** What part of the vector registers an instruction works on, how its result is written, and FPSR.QC. */
import { v } from '../../a64/operands.js';
import type { Fields, Operands, RegRef } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { S } from '../../engine/layout.js';

/** Bits of an element. */
export type Bits = 8 | 16 | 32 | 64;

/** Elements of `bits` in the low `width` bits of a register; a scalar is one element. */
export interface Form {
  readonly bits: Bits;
  readonly width: Bits | 128;
}

/** Element bits of a two-bit size field. */
export const bitsOf = (size: number): Bits => (8 << size) as Bits;

/** The next wider element. */
export const twice = (bits: Bits): Bits => (bits * 2) as Bits;

export const vectorForm = (size: number, q: number): Form => ({ bits: bitsOf(size), width: q ? 128 : 64 });
export const scalarForm = (size: number): Form => ({ bits: bitsOf(size), width: bitsOf(size) });
export const lanesOf = (form: Form): number => form.width / form.bits;

/** Writes the form's part of `value` and zeroes the rest of the register. */
export function write(e: Emitter, ref: RegRef, form: Form, value: Val): void {
  if (form.width === 128) e.setVec(ref, value);
  else e.setVecLow(ref, e.extract(value, form.width, 0));
}

/** Writes the low half of `value` to the low half of the register, zeroing the rest; with `q`, to the high half. */
export function writeHalf(e: Emitter, ref: RegRef, q: number, value: Val): void {
  const half = e.extract(value, 64, 0);
  if (q) e.setLane(ref, 64, 1, half);
  else e.setVecLow(ref, half);
}

const QC_BIT = 27;

/** Sets FPSR.QC where `any` (an i32 0 or 1) is 1. */
export function setQc(e: Emitter, any: Val): void {
  e.setState32(S.FPSR, e.or(e.state32(S.FPSR), e.shl(any, QC_BIT)));
}

/** Sets FPSR.QC where a bit of `mask` is set in the form's part. */
export function saturated(e: Emitter, form: Form, mask: Val): void {
  const any = form.width === 128 ? e.simdTest('v128.any_true', mask) : e.test('ne', e.extract(mask, form.width, 0), 0);
  setQc(e, any);
}

/** `accept` for vectors of the element sizes named (of BHSD); one doubleword alone is no vector. */
export const acceptVector =
  (sizes: string) =>
  (f: Fields): boolean =>
    sizes.includes('BHSD'[f.size]!) && !(f.size === 3 && f.Q === 0);

/** `accept` for scalars of the sizes named. */
export const acceptScalar =
  (sizes: string) =>
  (f: Fields): boolean =>
    sizes.includes('BHSD'[f.size]!);

export const operandsDN = (f: Fields): Operands => ({ d: v(f.Rd), n: v(f.Rn) });
export const operandsDNM = (f: Fields): Operands => ({ d: v(f.Rd), n: v(f.Rn), m: v(f.Rm) });
