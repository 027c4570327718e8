/** Instruction table: integer Advanced SIMD and the structure loads and stores. */
import type { Instruction } from '../../a64/pattern.js';
import { ACROSS } from './across.js';
import { BY_ELEMENT } from './by-element.js';
import { COPY } from './copy.js';
import { MODIFIED_IMMEDIATE } from './modified-immediate.js';
import { PERMUTE } from './permute.js';
import { SHIFT_IMMEDIATE } from './shift-immediate.js';
import { STRUCTURE_LANES } from './structure-lanes.js';
import { STRUCTURES } from './structures.js';
import { THREE_DIFFERENT } from './three-different.js';
import { THREE_SAME } from './three-same.js';
import { TWO_REGISTER } from './two-register.js';

export const SIMD: readonly Instruction[] = [
  ...THREE_SAME,
  ...THREE_DIFFERENT,
  ...TWO_REGISTER,
  ...ACROSS,
  ...COPY,
  ...PERMUTE,
  ...MODIFIED_IMMEDIATE,
  ...SHIFT_IMMEDIATE,
  ...BY_ELEMENT,
  ...STRUCTURES,
  ...STRUCTURE_LANES,
];
