/**
 * The form of one line of the instruction table, and how its bit pattern is read.
 *
 * A pattern is 32 bits written high to low: runs of 0, 1 and x (ignored), and named fields. `Rd`, `Rn`, ... are 5 bits
 * wide, `imm12` as many as it says, `name:3` three, any other bare name one. Fields whose name starts with `R` or
 * `imm` are *dynamic*: they become operands of a decoded record. All others are *static*: they choose the handler.
 */
import type { Cpu } from '../cpu.js';
import type { Emitter } from '../engine/emitter.js';

/** Values of an encoding's fields, by name. In `emit` only the static ones (and `variant`) are there. */
export type Fields = Record<string, number>;

/** What a decoded record holds: register slots (addresses in the state) and immediates. */
export interface Operands {
  d?: number;
  n?: number;
  m?: number;
  a?: number;
  b?: number;
  c?: number;
  /** 64-bit immediate; a number is taken as signed. */
  imm?: bigint | number;
  /** 32-bit immediate. */
  imm2?: number;
}

/** A register operand while code is emitted: opaque, to be used with the emitter's accessors. */
export interface RegRef {
  readonly reg: 'd' | 'n' | 'm' | 'a' | 'b' | 'c';
}

/** The operands as `emit` sees them. */
export interface OperandRefs {
  readonly d: RegRef;
  readonly n: RegRef;
  readonly m: RegRef;
  readonly a: RegRef;
  readonly b: RegRef;
  readonly c: RegRef;
}

/** The operands handed to every `emit`: names only, what is behind them is the emitter's. */
export const OPERANDS: OperandRefs = {
  d: { reg: 'd' },
  n: { reg: 'n' },
  m: { reg: 'm' },
  a: { reg: 'a' },
  b: { reg: 'b' },
  c: { reg: 'c' },
};

export type Feature = 'crc32' | 'crypto' | 'lse' | 'fp16' | 'rdm' | 'dotprod' | 'pan' | 'uao' | 'dpb' | 'ras' | 'rcpc';

/** One instruction encoding. */
export interface Instruction {
  /** Unique name: mnemonic and encoding class, as `ADD_imm`. */
  readonly name: string;
  /** Assembly form, for people. */
  readonly asm: string;
  readonly pattern: string;
  /** Present only in profiles with this feature; UNDEFINED elsewhere. */
  readonly feature?: Feature;
  /** Traps where CPACR_EL1.FPEN says so. */
  readonly fp?: boolean;
  /** Ends a straight line: the next instruction may not be the one that follows. */
  readonly branch?: boolean;
  /** A branch to pc + operand `imm`; the engine puts the distance in records into imm2. */
  readonly direct?: boolean;
  /** False where this allocation is reserved; then a later line may match, or the encoding is UNDEFINED. */
  accept?(f: Fields): boolean;
  /** A further static value derived from any field (as Rn == 31); reaches `emit` as `variant`. */
  variant?(f: Fields): number;
  operands?(f: Fields): Operands;
  /** Semantics over the emitter; either this or `exec`. */
  emit?(e: Emitter, f: Fields, o: OperandRefs): void;
  /** Semantics as a TypeScript function on the CPU state, for rare instructions. */
  exec?(cpu: Cpu, insn: number): void;
}

interface Field {
  readonly name: string;
  readonly shift: number;
  readonly mask: number;
}

/** An instruction with its pattern taken apart. */
export interface Encoding {
  readonly instruction: Instruction;
  readonly mask: number;
  readonly value: number;
  /** Bits of the static fields: words that agree in them share a handler (but for `variant`). */
  readonly staticMask: number;
  readonly fields: readonly Field[];
}

const isDynamic = (name: string): boolean => /^(R|imm)/.test(name);

/** @throws Error where the pattern is not 32 bits long or names a field twice */
export function parseEncoding(instruction: Instruction): Encoding {
  let at = 32;
  let mask = 0;
  let value = 0;
  let staticMask = 0;
  const fields: Field[] = [];
  for (const token of instruction.pattern.trim().split(/\s+/)) {
    if (/^[01x]+$/.test(token)) {
      for (const bit of token) {
        at--;
        if (bit !== 'x') mask |= 1 << at;
        if (bit === '1') value |= 1 << at;
      }
      continue;
    }
    const [name, explicit] = token.split(':') as [string, string?];
    const width = explicit ? Number(explicit) : name.startsWith('R') ? 5 : Number(/^imm(\d+)$/.exec(name)?.[1] ?? 1);
    at -= width;
    const fieldMask = 2 ** width - 1;
    if (fields.some((f) => f.name === name)) throw new Error(`${instruction.name}: field ${name} twice`);
    fields.push({ name, shift: at, mask: fieldMask });
    if (!isDynamic(name)) staticMask |= fieldMask << at;
  }
  if (at !== 0) throw new Error(`${instruction.name}: pattern is ${32 - at} bits long, not 32`);
  return { instruction, mask: mask >>> 0, value: value >>> 0, staticMask: staticMask >>> 0, fields };
}

/** All fields of `insn`. */
export function fieldsOf(encoding: Encoding, insn: number): Fields {
  const out: Fields = {};
  for (const f of encoding.fields) out[f.name] = (insn >>> f.shift) & f.mask;
  return out;
}

/** The static fields of `insn` and the variant: what `emit` gets. */
export function staticFieldsOf(encoding: Encoding, insn: number, variant: number): Fields {
  const out: Fields = { variant };
  for (const f of encoding.fields) if (!isDynamic(f.name)) out[f.name] = (insn >>> f.shift) & f.mask;
  return out;
}
