// Random instructions of the whole table on our engines and on QEMU: registers, flags, FP status, vectors, memory, faults.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TABLE } from '../../src/arch/semantics/index.js';
import { campaignBatches } from './campaign-batches.js';
import { ProfileRun, summary } from './campaign-run.js';
import { CLASSES } from './classes.js';
import { missingTool, OracleProgram } from './oracle.js';

/** At least 300,000 cases in all; CONFORMANCE_CASES and CONFORMANCE_SEED make another campaign of the same kind. */
const CASES = Number(process.env.CONFORMANCE_CASES ?? 400_000);
const SEED = Number(process.env.CONFORMANCE_SEED ?? 1);
/** Share of the cases, and how often each line must have run alone. */
const PROFILES = [
  { profile: 'neoverse-n1', share: 0.75, least: 100 },
  { profile: 'cortex-a57', share: 0.25, least: 40 },
] as const;

const missing = missingTool();
const skip = missing !== undefined && process.env.CI !== 'true';

describe.skipIf(skip)(`conformance${skip ? ` (skipped: ${missing} is not installed)` : ''}`, () => {
  let program: OracleProgram;

  beforeAll(() => {
    if (missing !== undefined) throw new Error(`${missing}: not installed, and CI must run this oracle`);
    program = new OracleProgram(new URL('oracle.c', import.meta.url).pathname);
  });
  afterAll(() => program?.close());

  test('the classes are the table', () => {
    const names = Object.values(CLASSES).flatMap((list) => list.map((i) => i.name));
    expect(new Set(names)).toEqual(new Set(TABLE.map((i) => i.name)));
  });

  for (const { profile, share, least } of PROFILES) {
    test(`${profile} equals qemu-aarch64 -cpu ${profile}`, async () => {
      const run = new ProfileRun(profile, TABLE, program);
      try {
        await run.run(campaignBatches(profile, SEED, CASES * share));
      } finally {
        run.close();
      }
      const { interpreter, inline, pairs, blocks } = run.compared;
      console.log(
        [
          `${profile}: ${run.cases} cases, ${run.instructions} instructions; interpreter ${interpreter}, ` +
            `inlined ${inline}, pairs ${pairs}, blocks ${blocks}; ${run.mismatches} mismatches`,
          ...summary(run, CLASSES),
        ].join('\n'),
      );
      expect(run.reports.join('\n\n')).toBe('');
      expect(run.mismatches).toBe(0);
      // Some words of `inline` batches turn out to be others.
      expect(run.cases).toBeGreaterThan(CASES * share * 0.95);
      const rare = [...run.lines].filter(([, count]) => count.single < least).map(([name]) => name);
      expect(rare, `lines that ran fewer than ${least} times`).toEqual([]);
    });
  }
});
