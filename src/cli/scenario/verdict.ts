/** A run's result in two words. */
import type { RunResult } from './messages.js';

export type Verdict = 'as expected' | 'differs' | 'failed' | 'skipped';

export const verdictOf = (result: RunResult): Verdict =>
  result.kind === 'done' ? (result.outcome.differences.length ? 'differs' : 'as expected') : result.kind;
