/** How generated code hands an operation to the exact library: operation codes, and the call. */
import type { Fmt } from '../../semantics/softfp/index.js';
import type { Assembler, Val } from '../assembler.js';
import { FP_SCRATCH } from '../layout.js';

/** Operations in the order of their codes. */
export const SOFT_OPERATIONS = [
  'add',
  'sub',
  'mul',
  'div',
  'mulx',
  'min',
  'max',
  'minnm',
  'maxnm',
  'recps',
  'rsqrts',
  'fma',
  'sqrt',
  'recpe',
  'rsqrte',
  'recpx',
  'rintn',
  'rintp',
  'rintm',
  'rintz',
  'rinta',
  'rintx',
  'rinti',
  'to16',
  'to32',
  'to64',
  'to32odd',
  'fromSigned',
  'fromUnsigned',
] as const;
export type SoftOperation = (typeof SOFT_OPERATIONS)[number];

/** The i32 that selects an operation on operands of a format (for `from...`, with results of that format). */
export const softCode = (operation: SoftOperation, fmt: Fmt): number => (SOFT_OPERATIONS.indexOf(operation) << 8) | fmt;

/** The operation and format of a code. */
export function softOperation(code: number): { operation: SoftOperation; fmt: Fmt } {
  return { operation: SOFT_OPERATIONS[code >> 8]!, fmt: (code & 0xff) as Fmt };
}

/** Offsets in FP_SCRATCH: three operands of 64 bits, then the result. */
export const SOFT_OPERANDS = [FP_SCRATCH, FP_SCRATCH + 8, FP_SCRATCH + 16] as const;
export const SOFT_RESULT = FP_SCRATCH + 24;

/** Calls the exact library; operands are i32 or i64, the result has the width of `resultFmt`. */
export function soft(a: Assembler, operation: SoftOperation, fmt: Fmt, args: readonly Val[], resultFmt = fmt): Val {
  args.forEach((arg, i) => {
    a.store('i64.store', a.i32(0), a.uext(arg), SOFT_OPERANDS[i]!);
  });
  a.call('fpSoft', a.i32(softCode(operation, fmt)));
  return a.load(resultFmt === 64 ? 'i64.load' : 'i32.load', a.i32(0), SOFT_RESULT);
}
