/**
 * The vGIC against the reference model over random operations: CV_GIC_FUZZ sequences of 200 (20,000) from seed CV_GIC_SEED
 * on. CV_GIC_REPLAY plays one that failed.
 */

import { expect, test } from 'vitest';
import { failureOf, fuzz, LENGTH, type Sequence } from './fuzz.js';

const SEQUENCES = Number(process.env.CV_GIC_FUZZ ?? 20_000);
const SEED = Number(process.env.CV_GIC_SEED ?? 20261120);
const REPLAY = process.env.CV_GIC_REPLAY;

if (REPLAY) {
  test('replay', () => {
    const log: string[] = [];
    const failure = failureOf(JSON.parse(REPLAY) as Sequence, log);
    if (failure) throw new Error(`${failure}\n  ${log.join('\n  ')}`);
  });
} else {
  test(`${SEQUENCES} sequences of ${LENGTH} operations, seed ${SEED}`, { timeout: 3_600_000 }, () => {
    const counts = new Map<string, number>();
    fuzz(SEED, SEQUENCES, counts);
    // A run in which these never happened has not tried what it is for.
    for (const what of [
      ...[0, 2, 3, 4, 5, 6, 7].map((bit) => `maintenance ${bit}`),
      ...['CTLR', 'PMR', 'DIR', 'EOIR0', 'EOIR1', 'BPR1'].map((name) => `trap ICC_${name}_EL1`),
      'more active than list registers',
      'moved while active',
      'moved later',
      'restore',
    ]) {
      expect(counts.get(what) ?? 0, what).toBeGreaterThan(0);
    }
  });
}
