/** The floating-point instructions of A64 (v8.0, and FP16 of v8.2), scalar and vector. */
import type { Instruction } from '../../a64/pattern.js';
import { SCALAR_ARITHMETIC } from './scalar-arithmetic.js';
import { SCALAR_COMPARE } from './scalar-compare.js';
import { SCALAR_CONVERT } from './scalar-convert.js';
import { SCALAR_MOVE } from './scalar-move.js';
import { VECTOR_BY_ELEMENT } from './vector-by-element.js';
import { VECTOR_CONVERT } from './vector-convert.js';
import { VECTOR_REDUCE } from './vector-reduce.js';
import { VECTOR_THREE_SAME } from './vector-three-same.js';
import { VECTOR_TWO_REGISTER } from './vector-two-register.js';

export const FP: readonly Instruction[] = [
  ...SCALAR_ARITHMETIC,
  ...SCALAR_COMPARE,
  ...SCALAR_CONVERT,
  ...SCALAR_MOVE,
  ...VECTOR_THREE_SAME,
  ...VECTOR_TWO_REGISTER,
  ...VECTOR_CONVERT,
  ...VECTOR_REDUCE,
  ...VECTOR_BY_ELEMENT,
];
