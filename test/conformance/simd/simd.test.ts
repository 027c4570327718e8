// Every integer SIMD, structure load/store and cryptographic instruction against qemu-aarch64, on both engines.
import { expect, test } from 'vitest';
import { CRYPTO } from '../../../src/arch/semantics/crypto.js';
import { SIMD } from '../../../src/arch/semantics/simd/index.js';
import { compareWithOracle } from './compare.js';
import { missingTool, Oracle } from './oracle.js';

/** SIMD_CASES (of each instruction) and SIMD_SEED make a longer or another campaign of the same walk. */
const CASES = Number(process.env.SIMD_CASES ?? 12);
const SEED = Number(process.env.SIMD_SEED ?? 1);

const TABLE = [...SIMD, ...CRYPTO];
const missing = missingTool();
const skip = missing !== undefined && process.env.CI !== 'true';

for (const engine of ['interp', 'jit'] as const) {
  test.skipIf(skip)(`SIMD equals the oracle: ${engine}${skip ? ` (skipped: ${missing} is not installed)` : ''}`, () => {
    if (missing !== undefined) throw new Error(`${missing}: not installed, and CI must run this oracle`);
    const oracle = new Oracle();
    try {
      const { differences, cases, saturated } = compareWithOracle(oracle, TABLE, engine, SEED, CASES);
      expect(differences).toEqual({});
      expect(cases.size).toBe(TABLE.length);
      expect([...cases.values()].every((n) => n === CASES)).toBe(true);
      const saturating = TABLE.map((i) => i.name).filter((name) => /^([SU]Q|SUQ|USQ)/.test(name) && !/^[SU]Q(R?)SHL_/.test(name));
      expect(saturating.filter((name) => !saturated.has(name))).toEqual([]);
    } finally {
      oracle.close();
    }
  });
}
