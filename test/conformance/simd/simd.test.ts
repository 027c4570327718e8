// Every integer SIMD, structure load/store and cryptographic instruction against qemu-aarch64, on both engines.
import { expect, test } from 'vitest';
import { CRYPTO } from '../../../src/arch/semantics/crypto.js';
import { SIMD } from '../../../src/arch/semantics/simd/index.js';
import { type Comparison, compareWithOracle } from './compare.js';
import { missingTool, Oracle } from './oracle.js';

/** SIMD_CASES (of each instruction) and SIMD_SEED make a longer or another campaign of the same walk. */
const CASES = Number(process.env.SIMD_CASES ?? 40);
const SEED = Number(process.env.SIMD_SEED ?? 1);

const TABLE = [...SIMD, ...CRYPTO];
const missing = missingTool();
const skip = missing !== undefined && process.env.CI !== 'true';
const skipped = skip ? ` (skipped: ${missing} is not installed)` : '';

function compare(engine: 'interp' | 'jit', each: number): Comparison {
  if (missing !== undefined) throw new Error(`${missing}: not installed, and CI must run this oracle`);
  const oracle = new Oracle();
  try {
    const comparison = compareWithOracle(oracle, TABLE, engine, SEED, each);
    expect(comparison.differences).toEqual({});
    expect([...comparison.cases.keys()].sort()).toEqual(TABLE.map((i) => i.name).sort());
    expect(new Set(comparison.cases.values())).toEqual(new Set([each]));
    return comparison;
  } finally {
    oracle.close();
  }
}

test.skipIf(skip)(`SIMD equals the oracle: interpreter${skipped}`, () => {
  const { saturated } = compare('interp', CASES);
  const saturating = TABLE.map((i) => i.name).filter((name) => /^([SU]Q|SUQ|USQ)/.test(name));
  expect(saturating.filter((name) => !saturated.has(name))).toEqual([]);
});

/** Every case is a block to compile: a tenth of the number. */
test.skipIf(skip)(`SIMD equals the oracle: compiled blocks${skipped}`, () => {
  compare('jit', Math.ceil(CASES / 10));
});
