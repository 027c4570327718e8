/**
 * The vGIC against the reference model over random operations. CV_GIC_FUZZ sets how many (default 40,000),
 * CV_GIC_SEED the seed.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Differential, type Operation } from './differential.js';

const OPERATIONS = Number(process.env.CV_GIC_FUZZ ?? 40_000);
const SEED = Number(process.env.CV_GIC_SEED ?? 20261120);
const LENGTH = 400;

const operand = fc.nat(255);
const operation: fc.Arbitrary<Operation> = fc.tuple(fc.nat(31), fc.nat(3), operand, fc.nat(31), fc.nat(7));

test(`${OPERATIONS} operations, seed ${SEED}`, () => {
  const counts = new Map<string, number>();
  let executed = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 16 })),
      fc.boolean(),
      fc.boolean(),
      fc.array(operation, { minLength: LENGTH / 2, maxLength: LENGTH, size: 'max' }),
      (vcpus, listRegisters, mostlyOpen, calm, operations) => {
        const run = new Differential({
          vcpus,
          listRegisters,
          open: mostlyOpen || calm || operations.length % 4 > 0,
          calm,
        });
        for (const it of operations) run.run(it);
        executed += operations.length;
        for (const [what, n] of run.counts) counts.set(what, (counts.get(what) ?? 0) + n);
      },
    ),
    // Shrinking 400 operations takes minutes; the message has the last 60, and CV_GIC_SHRINK asks for it.
    { seed: SEED, endOnFailure: !process.env.CV_GIC_SHRINK, numRuns: Math.ceil(OPERATIONS / (LENGTH * 0.74)) },
  );
  // A run in which these never happened has not tried what it is for.
  for (const what of [
    'maintenance 0',
    'maintenance 2',
    'maintenance 3',
    'maintenance 4',
    'maintenance 5',
    'maintenance 6',
    'maintenance 7',
    'trap ICC_DIR_EL1',
    'trap ICC_EOIR1_EL1',
    'more active than list registers',
    'moved while active',
  ]) {
    expect(counts.get(what) ?? 0, what).toBeGreaterThan(0);
  }
  if (process.env.CV_GIC_FUZZ) console.log({ executed, ...Object.fromEntries([...counts].sort()) });
});
