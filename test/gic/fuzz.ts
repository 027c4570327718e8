/**
 * Sequences of operations from a seed, their shrinking where one fails, and the form in which a failure is played again.
 * What is random is drawn here and not by fast-check, which takes longer to draw a sequence than the vGIC to run it.
 */

import fc from 'fast-check';
import { generator } from '../support/random.js';
import { Differential, KINDS, OPERANDS, type Operation, POLICIES, type Setup } from './differential.js';

export const LENGTH = 200;

export interface Sequence {
  setup: Setup;
  operations: Operation[];
}

export function sequence(seed: number): Sequence {
  const draw = generator(seed);
  const calm = draw(2) === 1;
  const setup: Setup = {
    vcpus: 1 + draw(draw(2) ? 3 : 8),
    listRegisters: 1 + draw(draw(2) ? 4 : 16),
    policy: draw(POLICIES.length),
    calm,
    open: calm || draw(4) > 0,
  };
  const operation = (): Operation => [draw(KINDS), draw(8), draw(OPERANDS), draw(OPERANDS), draw(OPERANDS)];
  return { setup, operations: Array.from({ length: LENGTH }, operation) };
}

/** Runs a sequence; throws where a value differs. */
export function play({ setup, operations }: Sequence, counts?: Map<string, number>, log: string[] | null = null): void {
  const run = new Differential(setup, counts, log);
  for (const it of operations) run.run(it);
}

export function failureOf(it: Sequence, log: string[] | null = null): string | null {
  try {
    play(it, undefined, log);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const below = (n: number) => fc.nat(n - 1);

/** The shortest sequence that fast-check finds to fail as this one does. */
export function shrink(it: Sequence): Sequence {
  const operand = below(OPERANDS);
  const setup = fc.record({
    vcpus: fc.integer({ min: 1, max: 8 }),
    listRegisters: fc.integer({ min: 1, max: 16 }),
    policy: below(POLICIES.length),
    open: fc.boolean(),
    calm: fc.boolean(),
  });
  const operations = fc.array(fc.tuple(below(KINDS), below(8), operand, operand, operand), { maxLength: LENGTH });
  const property = fc.property(setup, operations, (s, ops) => failureOf({ setup: s, operations: ops }) === null);
  const { counterexample } = fc.check(property, { examples: [[it.setup, it.operations]], numRuns: 1 });
  if (!counterexample) return it;
  const [setupFound, operationsFound] = counterexample as [Setup, Operation[]];
  return { setup: setupFound, operations: operationsFound };
}

/** What a failing sequence comes down to, and how to run it again. */
export function report(seed: number, it: Sequence): string {
  const short = shrink(it);
  const log: string[] = [];
  const what = failureOf(short, log);
  const lines = [`seed ${seed}: ${what}`, ...log, `policies ${JSON.stringify(POLICIES[short.setup.policy])}`];
  return `${lines.join('\n  ')}\nCV_GIC_REPLAY='${JSON.stringify(short)}' plays it`;
}

/** Runs the sequences of `count` seeds; throws a report of the first that fails. */
export function fuzz(first: number, count: number, counts?: Map<string, number>): void {
  for (let seed = first; seed < first + count; seed++) {
    const it = sequence(seed);
    try {
      play(it, counts);
    } catch {
      throw new Error(report(seed, it));
    }
  }
}
