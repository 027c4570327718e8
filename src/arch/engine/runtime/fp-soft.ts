/** The import through which generated code reaches the exact floating-point library, for what the host does not give. */
import {
  type Fmt,
  type FpControl,
  fixedToFp,
  fpAdd,
  fpConvert,
  fpDiv,
  fpFma,
  fpMax,
  fpMaxNum,
  fpMin,
  fpMinNum,
  fpMul,
  fpMulX,
  fpRecipEstimate,
  fpRecipStepFused,
  fpRecpX,
  fpRoundInt,
  fpRSqrtEstimate,
  fpRSqrtStepFused,
  fpSqrt,
  fpSub,
} from '../../semantics/softfp/index.js';
import { S } from '../layout.js';
import { SOFT_OPERANDS, SOFT_RESULT, type SoftOperation, softOperation } from './fp-soft-operations.js';

type Operation = (fmt: Fmt, a: bigint, b: bigint, c: bigint, control: FpControl) => bigint;

const OPERATIONS: Record<SoftOperation, Operation> = {
  add: (fmt, a, b, _, control) => fpAdd(fmt, a, b, control),
  sub: (fmt, a, b, _, control) => fpSub(fmt, a, b, control),
  mul: (fmt, a, b, _, control) => fpMul(fmt, a, b, control),
  div: (fmt, a, b, _, control) => fpDiv(fmt, a, b, control),
  mulx: (fmt, a, b, _, control) => fpMulX(fmt, a, b, control),
  min: (fmt, a, b, _, control) => fpMin(fmt, a, b, control),
  max: (fmt, a, b, _, control) => fpMax(fmt, a, b, control),
  minnm: (fmt, a, b, _, control) => fpMinNum(fmt, a, b, control),
  maxnm: (fmt, a, b, _, control) => fpMaxNum(fmt, a, b, control),
  recps: (fmt, a, b, _, control) => fpRecipStepFused(fmt, a, b, control),
  rsqrts: (fmt, a, b, _, control) => fpRSqrtStepFused(fmt, a, b, control),
  fma: (fmt, a, b, c, control) => fpFma(fmt, a, b, c, control),
  sqrt: (fmt, a, _b, _c, control) => fpSqrt(fmt, a, control),
  recpe: (fmt, a, _b, _c, control) => fpRecipEstimate(fmt, a, control),
  rsqrte: (fmt, a, _b, _c, control) => fpRSqrtEstimate(fmt, a, control),
  recpx: (fmt, a, _b, _c, control) => fpRecpX(fmt, a, control),
  rintn: (fmt, a, _b, _c, control) => fpRoundInt(fmt, a, 'n', control),
  rintp: (fmt, a, _b, _c, control) => fpRoundInt(fmt, a, 'p', control),
  rintm: (fmt, a, _b, _c, control) => fpRoundInt(fmt, a, 'm', control),
  rintz: (fmt, a, _b, _c, control) => fpRoundInt(fmt, a, 'z', control),
  rinta: (fmt, a, _b, _c, control) => fpRoundInt(fmt, a, 'a', control),
  rintx: (fmt, a, _b, _c, control) => fpRoundInt(fmt, a, 'x', control),
  rinti: (fmt, a, _b, _c, control) => fpRoundInt(fmt, a, 'i', control),
  to16: (fmt, a, _b, _c, control) => fpConvert(fmt, 16, a, control),
  to32: (fmt, a, _b, _c, control) => fpConvert(fmt, 32, a, control),
  to64: (fmt, a, _b, _c, control) => fpConvert(fmt, 64, a, control),
  to32odd: (fmt, a, _b, _c, control) => fpConvert(fmt, 32, a, control, 'odd'),
  fromSigned: (fmt, a, b, _, control) => fixedToFp(fmt, BigInt.asIntN(64, a), Number(b), control),
  fromUnsigned: (fmt, a, b, _, control) => fixedToFp(fmt, a, Number(b), control),
};

/** What the call needs of the CPU: 32-bit words and a view of the engine's memory. */
export interface SoftState {
  readonly i32: Int32Array;
  readonly view: DataView;
}

/** Runs the operation that `code` selects on the operands in FP_SCRATCH; accumulates flags in FPSR. */
export function fpSoft(state: SoftState, code: number): void {
  const { i32, view } = state;
  const { operation, fmt } = softOperation(code);
  const [a, b, c] = SOFT_OPERANDS;
  const control: FpControl = { fpcr: i32[S.FPCR >> 2]!, flags: 0 };
  const operand = (address: number): bigint => view.getBigUint64(address, true);
  const result = OPERATIONS[operation](fmt, operand(a), operand(b), operand(c), control);
  i32[S.FPSR >> 2]! |= control.flags;
  view.setBigUint64(SOFT_RESULT, result, true);
}
