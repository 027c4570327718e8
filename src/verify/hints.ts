/** What to try where a verdict failed. */
import type { Verdict } from './verdict.js';

const HINTS: Readonly<Record<string, string>> = {
  'counter-rate':
    'the counter changed its frequency under this guest; try --strategy trap (any guest), scaled (hosts that scale in hardware) or lpt (a guest that knows DEN0057A)',
  'counter-monotonic':
    'the counter went back; under lpt only a guest that converts (DEN0057A) may read it; try --strategy trap for the others',
  'counter-step':
    'the counter jumped at a migration; under lpt only a guest that converts (DEN0057A) may read it; try --strategy trap for the others',
  'timer-early':
    'timers were armed for a frequency that the counter no longer has; try --strategy trap, scaled, or lpt for a guest that re-reads it',
  'event-stream': 'WFE-based delays changed their length with the frequency; try --strategy trap or scaled',
};

/** One hint for each failure that has one; a counter's rate explains what its timers did. */
export function hintsOf(verdicts: readonly Verdict[]): string[] {
  const failed = new Set(verdicts.filter((v) => v.status === 'fail').map((v) => v.name));
  if (failed.has('counter-rate')) for (const name of ['timer-early', 'event-stream']) failed.delete(name);
  if (failed.has('counter-step')) failed.delete('counter-monotonic');
  return [...failed].flatMap((name) => HINTS[name] ?? []);
}
