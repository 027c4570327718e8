// The parts of the instruction table, as the figures of a campaign are grouped.
import { CRYPTO } from '../../src/arch/semantics/crypto.js';
import { FP } from '../../src/arch/semantics/fp/index.js';
import { ARITHMETIC } from '../../src/arch/semantics/integer/arithmetic.js';
import { BRANCHES } from '../../src/arch/semantics/integer/branches.js';
import { LOGICAL } from '../../src/arch/semantics/integer/logical.js';
import { MULTIPLY } from '../../src/arch/semantics/integer/multiply.js';
import { CACHE } from '../../src/arch/semantics/memory/cache.js';
import { EXCLUSIVE } from '../../src/arch/semantics/memory/exclusive.js';
import { PAIR } from '../../src/arch/semantics/memory/pair.js';
import { SINGLE } from '../../src/arch/semantics/memory/single.js';
import { SIMD } from '../../src/arch/semantics/simd/index.js';
import { SYSTEM } from '../../src/arch/semantics/system.js';
import type { Classes } from './campaign-run.js';

const structure = /^(LD|ST)[1-4]/;

export const CLASSES: Classes = {
  'add, subtract, compare, select': ARITHMETIC,
  'logical, moves, bitfields': LOGICAL,
  'multiply, divide, CRC, shifts': MULTIPLY,
  branches: BRANCHES,
  'loads and stores': SINGLE,
  pairs: PAIR,
  'exclusive, ordered, atomic': EXCLUSIVE,
  'cache by address': CACHE,
  'floating point': FP,
  'Advanced SIMD': SIMD.filter((i) => !structure.test(i.name)),
  'SIMD structures': SIMD.filter((i) => structure.test(i.name)),
  'AES, SHA, PMULL': CRYPTO,
  'system and exceptions': SYSTEM,
};
