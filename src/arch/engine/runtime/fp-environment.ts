/** FPCR and FPSR as generated code tests and sets them, and the classes of numbers that its fast paths ask for. */
import { type Fmt, FPCR_FZ, FPCR_RMODE_SHIFT, IDC, IXC } from '../../semantics/softfp/index.js';
import type { Arg, Assembler, Val } from '../assembler.js';
import { S } from '../layout.js';
import type { ValType } from '../wasm.js';

/** Formats that the host computes with. */
export type HostFmt = 32 | 64;

export const RMODE = 3 << FPCR_RMODE_SHIFT;

/** The type that carries the bits of a number of this format. */
export const bitsType = (fmt: Fmt): ValType => (fmt === 64 ? 'i64' : 'i32');

/** Width of the fraction field. */
export const fractionBits = (fmt: Fmt): number => ({ 16: 10, 32: 23, 64: 52 })[fmt];

/** The exponent field of infinities and NaNs. */
export const exponentOnes = (fmt: Fmt): number => ({ 16: 31, 32: 255, 64: 2047 })[fmt];

/** Bits of infinity. */
export const infinityBits = (fmt: Fmt): bigint => BigInt(exponentOnes(fmt)) << BigInt(fractionBits(fmt));

export const signBits = (fmt: Fmt): bigint => 1n << BigInt(fmt - 1);

export function toFloat(a: Assembler, fmt: HostFmt, bits: Val): Val {
  return a.convert(fmt === 64 ? 'f64.reinterpret_i64' : 'f32.reinterpret_i32', bits);
}

export function toBits(a: Assembler, value: Val): Val {
  return a.convert(value.ty === 'f64' ? 'i64.reinterpret_f64' : 'i32.reinterpret_f32', value);
}

/** A constant of a host format. */
export function float(a: Assembler, fmt: HostFmt, value: number): Val {
  const view = new DataView(new ArrayBuffer(8));
  if (fmt === 64) {
    view.setFloat64(0, value);
    return a.f64(view.getBigUint64(0));
  }
  view.setFloat32(0, value);
  return a.f32(view.getUint32(0));
}

/**
 * i32, zero where numbers round to nearest, denormals count and inexactness is recorded already (FPCR.RMode and FZ are
 * 0, FPSR.IXC is 1): then host arithmetic needs no look at its operands, only at its result.
 */
export function unsteady(a: Assembler): Val {
  // FPCR and FPSR are neighbours: one load.
  const both = a.load('i64.load', a.i32(0), S.FPCR);
  const inexact = BigInt(IXC) << 32n;
  return a.test('ne', a.and(a.xor(both, inexact), inexact | BigInt(RMODE | FPCR_FZ)), 0);
}

/** i32, nonzero where any of these FPCR bits is set. */
export function control(a: Assembler, mask: number): Val {
  return a.and(a.load('i32.load', a.i32(0), S.FPCR), mask);
}

/** Sets FPSR bits. */
export function raiseFlags(a: Assembler, flags: Arg): void {
  const fpsr = a.load('i32.load', a.i32(0), S.FPSR);
  a.store('i32.store', a.i32(0), a.or(fpsr, flags), S.FPSR);
}

/** Sets FPSR.IXC where `inexact` (i32) is nonzero; computed only where the bit is not set yet. */
export function raiseInexact(a: Assembler, inexact: () => Val): void {
  const fpsr = a.load('i32.load', a.i32(0), S.FPSR);
  a.if(a.eqz(a.and(fpsr, IXC)), () => {
    a.if(inexact(), () => a.store('i32.store', a.i32(0), a.or(fpsr, IXC), S.FPSR));
  });
}

/** i32 1 where the exponent field of `bits` is in low..ones-1. */
function exponentFrom(a: Assembler, fmt: HostFmt, bits: Val, low: number): Val {
  const width = BigInt(fractionBits(fmt) + 1);
  const least = BigInt(low) << width;
  const range = BigInt(exponentOnes(fmt) - low) << width;
  return a.test('lt_u', a.sub(a.shl(bits, 1), least), range);
}

/** i32 1 where a result is finite. */
export function isFiniteResult(a: Assembler, fmt: HostFmt, bits: Val): Val {
  return exponentFrom(a, fmt, bits, 0);
}

/** i32 1 where a result is normal and, not being the smallest exponent's, was so before rounding too. */
export function isClearlyNormal(a: Assembler, fmt: HostFmt, bits: Val): Val {
  return exponentFrom(a, fmt, bits, 2);
}

/** i32 1 for either zero. */
export function isZero(a: Assembler, bits: Val): Val {
  return a.eqz(a.shl(bits, 1));
}

/** i32 1 for zeros and normal numbers: FZ and DN make no difference to them. */
export function isOrdinary(a: Assembler, fmt: HostFmt, bits: Val): Val {
  return a.or(isZero(a, bits), exponentFrom(a, fmt, bits, 1));
}

/** i32 1 for denormal numbers. */
export function isDenormal(a: Assembler, fmt: HostFmt, bits: Val): Val {
  const width = BigInt(fractionBits(fmt) + 1);
  return a.test('lt_u', a.sub(a.shl(bits, 1), 1), (1n << width) - 1n);
}

/** The operand as FPUnpack takes it under FPCR.FZ, which must be known to be set: denormals become zero and set IDC. */
export function flushed(a: Assembler, fmt: HostFmt, bits: Val): Val {
  const result = a.variable(bits);
  a.if(isDenormal(a, fmt, bits), () => {
    raiseFlags(a, IDC);
    a.assign(result, a.and(bits, signBits(fmt)));
  });
  return result;
}
