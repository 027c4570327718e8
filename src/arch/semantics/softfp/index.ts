// Exact floating point: every operation of the Arm ARM's shared float pseudocode, any format, rounding mode and control bit.
// Bits in, bits out (unsigned bigints); what host arithmetic does not give bit for bit, both engines take from here.
export {
  fpAdd,
  fpDiv,
  fpFma,
  fpMul,
  fpMulX,
  fpRecipStepFused,
  fpRSqrtStepFused,
  fpSqrt,
  fpSub,
} from './arithmetic.js';
export { fpCompare, fpCompareEQ, fpCompareGE, fpCompareGT } from './compare.js';
export { fixedToFp, fpConvert, fpRoundInt, fpToFixed, type RoundIntMode } from './convert.js';
export { fpRecipEstimate, fpRecpX, fpRSqrtEstimate, recipEstimate, recipSqrtEstimate } from './estimates.js';
export {
  DZC,
  type Fmt,
  FPCR_AHP,
  FPCR_DN,
  FPCR_FZ,
  FPCR_FZ16,
  FPCR_RMODE_SHIFT,
  type FpControl,
  IDC,
  IOC,
  IXC,
  OFC,
  UFC,
} from './format.js';
export { fpMax, fpMaxNum, fpMin, fpMinNum } from './minmax.js';
export { fpAbs, fpNeg } from './unpack.js';
