/** Conversions of one number, as scalar and vector instructions share them. */
import type { Operands } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import type { Conversion } from '../../engine/opcodes.js';
import { operandValue } from '../../engine/runtime/fp-compare.js';
import type { IntegerBits, Signedness } from '../../engine/runtime/fp-convert.js';
import { toBits } from '../../engine/runtime/fp-environment.js';
import type { Direction } from '../../engine/runtime/fp-round.js';
import type { Fmt } from '../softfp/index.js';

/** An integer form and the direction to round to it. */
export interface IntegerTarget {
  readonly sign: Signedness;
  readonly bits: IntegerBits;
  readonly direction: Direction;
}

/** FPToFixed: the saturated integer; `scale` is 2^fraction bits as f64, none for integers. */
export function toInteger(e: Emitter, fmt: Fmt, number: Val, target: IntegerTarget, scale?: Val): Val {
  const value = operandValue(e, fmt, number);
  const wide = value.ty === 'f32' ? e.convert('f64.promote_f32', value) : value;
  const scaled = scale ? e.float('mul', wide, scale) : wide;
  return e.call(`to_${target.sign}${target.bits}_${target.direction}`, scaled);
}

/**
 * FixedToFP of an integer of `bits` bits (i32 for 16 and 32, extended already as `sign` says).
 * `fraction` is the number of fraction bits as i32, none for integers.
 */
export function fromInteger(e: Emitter, fmt: Fmt, integer: Val, sign: Signedness, fraction?: Val): Val {
  if (integer.ty === 'i32' && fmt === 64 && !fraction) {
    return toBits(e, e.convert(`f64.convert_i32_${sign}` as Conversion, integer));
  }
  const wide = sign === 's' ? e.sext(integer) : e.uext(integer);
  return e.call(`${sign}64_to_f${fmt}`, wide, fraction ?? e.i32(0));
}

/** Operands of fixed-point conversions: imm is 2^fraction as the bits of a double, imm2 the fraction bits. */
export const fixedOperands = (fraction: number): Operands => ({
  imm: BigInt(1023 + fraction) << 52n,
  imm2: fraction,
});

/** 2^fraction bits from the operands above, as f64. */
export const scaleOperand = (e: Emitter): Val => e.convert('f64.reinterpret_i64', e.imm());
