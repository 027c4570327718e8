/** How the lines of this folder come in formats: singles, doubles and, where the profile has them, halves. */
import type { Fields, Instruction, OperandRefs, Operands, RegRef } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { vectorFunction } from '../../engine/runtime/fp-vector.js';
import { type Form, lanesOf } from '../simd/form.js';
import { lanewise, permute } from '../simd/lanes.js';
import type { Fmt } from '../softfp/index.js';

/** Semantics that also get the format. */
export type ScalarSemantics = (e: Emitter, f: Fields, o: OperandRefs, fmt: Fmt) => void;
/** Semantics that also get which elements there are; a scalar is one. */
export type VectorSemantics = (e: Emitter, f: Fields, o: OperandRefs, form: FpForm) => void;

/** Elements that hold numbers of the format `bits`. */
export interface FpForm extends Form {
  readonly bits: Fmt;
}

/** A line whose pattern has TYPE where the two bits ftype are. */
export interface ScalarLine {
  readonly name: string;
  /** V stands for the register letter. */
  readonly asm: string;
  readonly pattern: string;
  operands(f: Fields): Operands;
  readonly emit: ScalarSemantics;
}

const fmtOf = (f: Fields): Fmt => (f.double ? 64 : 32);

/** The line for singles and doubles, and for halves. */
export function scalarLines(line: ScalarLine): Instruction[] {
  const { name, asm, pattern, operands, emit } = line;
  return [
    {
      name,
      asm,
      pattern: pattern.replace('TYPE', '0 double'),
      fp: true,
      operands,
      emit: (e, f, o) => emit(e, f, o, fmtOf(f)),
    },
    {
      name: `${name}_fp16`,
      asm,
      pattern: pattern.replace('TYPE', '11'),
      feature: 'fp16',
      fp: true,
      operands,
      emit: (e, f, o) => emit(e, f, o, 16),
    },
  ];
}

/** Patterns of one Advanced SIMD operation: vectors and scalars, each of singles and doubles and of halves. */
export interface SimdPatterns {
  readonly vector: string;
  readonly vectorHalf: string;
  readonly scalar: string;
  readonly scalarHalf: string;
}

export interface SimdLine {
  readonly name: string;
  /** Operands, with V for either kind of register. */
  readonly asm: string;
  readonly patterns: SimdPatterns;
  /** Vectors, scalars, or both. */
  readonly kinds: 'vector' | 'scalar' | 'both';
  operands(f: Fields): Operands;
  readonly emit: VectorSemantics;
}

/** The two to four lines of an Advanced SIMD operation. */
export function simdLines(line: SimdLine): Instruction[] {
  const { name, asm, patterns, kinds, operands, emit } = line;
  const make = (suffix: string, pattern: string, rest: Partial<Instruction>, form: (f: Fields) => FpForm) => ({
    name: name + suffix,
    asm,
    pattern,
    fp: true,
    operands,
    emit: (e: Emitter, f: Fields, o: OperandRefs) => emit(e, f, o, form(f)),
    ...rest,
  });
  const lines: Instruction[] = [];
  if (kinds !== 'scalar') {
    // One doubleword alone is no vector.
    const accept = (f: Fields): boolean => !(f.double && f.Q === 0);
    lines.push(
      make('_vector', patterns.vector, { accept }, (f) => ({ bits: fmtOf(f), width: f.Q ? 128 : 64 })),
      make('_vector_fp16', patterns.vectorHalf, { feature: 'fp16' }, (f) => ({ bits: 16, width: f.Q ? 128 : 64 })),
    );
  }
  if (kinds !== 'vector') {
    lines.push(
      make('_scalar', patterns.scalar, {}, (f) => ({ bits: fmtOf(f), width: fmtOf(f) })),
      make('_scalar_fp16', patterns.scalarHalf, { feature: 'fp16' }, () => ({ bits: 16, width: 16 })),
    );
  }
  return lines;
}

/** The low element of a register, as bits. */
export const element = (e: Emitter, ref: RegRef, fmt: Fmt): Val => e.lane(ref, fmt, 0);

/** The vector whose elements are `f<bits>_<name>` of the elements of `args`. */
export function perform(e: Emitter, form: FpForm, name: string, ...args: Val[]): Val {
  const whole = form.width >= 64 ? vectorFunction(form.bits, name) : undefined;
  if (!whole) {
    return lanewise(e, form, (i) => e.call(`f${form.bits}_${name}`, ...args.map((v) => e.extract(v, form.bits, i))));
  }
  if (form.width === 128) return e.call(whole, ...args);
  return e.call(whole, ...args.map((v) => permute(e, form, v, v, (i) => i)));
}

/** Flips the signs of all elements. */
export function negated(e: Emitter, form: FpForm, value: Val): Val {
  return e.simd('v128.xor', value, everyElement(e, form.bits, 1n << BigInt(form.bits - 1)));
}

/** Clears the signs of all elements. */
export function magnitudes(e: Emitter, form: FpForm, value: Val): Val {
  return e.simd('v128.and', value, everyElement(e, form.bits, (1n << BigInt(form.bits - 1)) - 1n));
}

function everyElement(e: Emitter, bits: Fmt, value: bigint): Val {
  let half = 0n;
  for (let at = 0; at < 64; at += bits) half |= value << BigInt(at);
  return e.v128(half, half);
}

/** `reduce` over all elements as the manual's Reduce does it: halves first, low before high. */
export function reduceElements(e: Emitter, form: FpForm, value: Val, name: string): Val {
  const reduce = (from: number, count: number): Val => {
    if (count === 1) return e.extract(value, form.bits, from);
    const half = count / 2;
    const low = reduce(from, half);
    return e.call(`f${form.bits}_${name}`, low, reduce(from + half, half));
  };
  return reduce(0, lanesOf(form));
}
