/** The floating-point functions that emitted code calls by name; bits in, bits out, FPSR accumulated. */
import type { RuntimeFunction } from '../runtime.js';
import { FP_ARITHMETIC } from './fp-arithmetic.js';
import { FP_COMPARE } from './fp-compare.js';
import { FP_CONVERT } from './fp-convert.js';
import { FP_ESTIMATE } from './fp-estimate.js';
import { FP_FUSED } from './fp-fused.js';
import { FP_HALF } from './fp-half.js';
import { FP_MINMAX } from './fp-minmax.js';
import { FP_ROUND } from './fp-round.js';
import { FP_VECTOR } from './fp-vector.js';

export const FP_RUNTIME: Readonly<Record<string, RuntimeFunction>> = {
  ...FP_ARITHMETIC,
  ...FP_FUSED,
  ...FP_HALF,
  ...FP_MINMAX,
  ...FP_COMPARE,
  ...FP_ROUND,
  ...FP_CONVERT,
  ...FP_ESTIMATE,
  ...FP_VECTOR,
};
