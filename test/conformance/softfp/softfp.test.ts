// The exact floating-point reference against true A64 instructions: every operation, format and FPCR setting.
import { expect, test } from 'vitest';
import { DZC, IDC, IOC, IXC, OFC, UFC } from '../../../src/arch/semantics/softfp/index.js';
import { compareWithOracle } from './compare.js';
import { CONTROLS, VARIANTS } from './operations.js';
import { missingTool, Oracle } from './oracle.js';

/** SOFTFP_CASES and SOFTFP_SEED make a longer or another campaign of the same walk. */
const CASES = Number(process.env.SOFTFP_CASES ?? 250_000);
const SEED = Number(process.env.SOFTFP_SEED ?? 1);

const missing = missingTool();
const skip = missing !== undefined && process.env.CI !== 'true';

test.skipIf(skip)(`softfp equals the oracle${skip ? ` (skipped: ${missing} is not installed)` : ''}`, () => {
  if (missing !== undefined) throw new Error(`${missing}: not installed, and CI must run this oracle`);
  const oracle = new Oracle();
  try {
    const { differences, differenceCount, flags, visited } = compareWithOracle(oracle, SEED, CASES);
    expect(differences).toEqual([]);
    expect(differenceCount).toBe(0);
    expect(visited.size).toBe(VARIANTS.length * CONTROLS.length);
    expect(flags.get('fadd')).toBe(IOC | OFC | UFC | IXC | IDC);
    expect(flags.get('fdiv')).toBe(IOC | DZC | OFC | UFC | IXC | IDC);
    expect(flags.get('fmadd')).toBe(IOC | OFC | UFC | IXC | IDC);
    expect(flags.get('fcvt-16')).toBe(IOC | OFC | UFC | IXC | IDC);
    expect(flags.get('frecpe')).toBe(IOC | DZC | OFC | UFC | IXC | IDC);
  } finally {
    oracle.close();
  }
});
