/** The Cryptographic Extension: AES, SHA-1, SHA-256 and the 64-bit polynomial product, all as vector code. */

import type { Instruction } from '../a64/pattern.js';
import { AES } from './simd/aes.js';
import { POLYNOMIAL } from './simd/polynomial.js';
import { SHA } from './simd/sha.js';

export const CRYPTO: readonly Instruction[] = [...AES, ...SHA, ...POLYNOMIAL];
