// Every floating-point instruction against qemu-aarch64, on both engines: registers, NZCV and FPSR.
import { expect, test } from 'vitest';
import { FP } from '../../../src/arch/semantics/fp/index.js';
import { compareWithOracle } from './compare.js';
import { missingTool, Oracle } from './oracle.js';

/** FP_CASES (of each instruction) and FP_SEED make a longer or another campaign of the same walk. */
const CASES = Number(process.env.FP_CASES ?? 160);
const SEED = Number(process.env.FP_SEED ?? 1);

const missing = missingTool();
const skip = missing !== undefined && process.env.CI !== 'true';
const skipped = skip ? ` (skipped: ${missing} is not installed)` : '';

function compare(engine: 'interp' | 'jit', each: number): void {
  if (missing !== undefined) throw new Error(`${missing}: not installed, and CI must run this oracle`);
  const oracle = new Oracle();
  try {
    const { cases, differences } = compareWithOracle(oracle, FP, engine, SEED, each);
    expect(differences).toEqual({});
    expect([...cases.keys()].sort()).toEqual(FP.map((i) => i.name).sort());
    expect(new Set(cases.values())).toEqual(new Set([each]));
  } finally {
    oracle.close();
  }
}

test.skipIf(skip)(`floating point equals the oracle: interpreter${skipped}`, () => {
  compare('interp', CASES);
});

/** Every case is a block to compile: a tenth of the number. */
test.skipIf(skip)(`floating point equals the oracle: compiled blocks${skipped}`, () => {
  compare('jit', Math.ceil(CASES / 10));
});
