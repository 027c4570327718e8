/** The instruction table: every line of A64 that some profile has. */
import type { Instruction } from '../a64/pattern.js';
import { CRYPTO } from './crypto.js';
import { FP } from './fp/index.js';
import { ARITHMETIC } from './integer/arithmetic.js';
import { BRANCHES } from './integer/branches.js';
import { LOGICAL } from './integer/logical.js';
import { MULTIPLY } from './integer/multiply.js';
import { CACHE } from './memory/cache.js';
import { EXCLUSIVE } from './memory/exclusive.js';
import { PAIR } from './memory/pair.js';
import { SINGLE } from './memory/single.js';
import { SIMD } from './simd/index.js';
import { SYSTEM } from './system.js';

export const INTEGER: readonly Instruction[] = [...ARITHMETIC, ...LOGICAL, ...MULTIPLY, ...BRANCHES];
export const MEMORY: readonly Instruction[] = [...SINGLE, ...PAIR, ...EXCLUSIVE, ...CACHE];

export const TABLE: readonly Instruction[] = [...INTEGER, ...MEMORY, ...FP, ...SIMD, ...CRYPTO, ...SYSTEM];
