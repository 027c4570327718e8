/**
 * The migration strategies and downtime policies.
 */

/** What a migration does to a guest's counters; docs/strategies has a page for each. */
export type StrategyName = 'offset' | 'lpt' | 'trap' | 'scaled' | 'refuse';
/** Whether guest time includes the time between stop and resume, and whether the guest is told that it was stolen. */
export type DowntimePolicy = 'paused' | 'elapsed' | 'stolen';

export const STRATEGIES: readonly StrategyName[] = ['offset', 'lpt', 'trap', 'scaled', 'refuse'];
export const DOWNTIME_POLICIES: readonly DowntimePolicy[] = ['paused', 'elapsed', 'stolen'];

/** Reads a strategy's name. @throws RangeError saying what is available. */
export function parseStrategy(text: string, option = '--strategy'): StrategyName {
  return choose(text, option, STRATEGIES, 'strategy');
}

/** Reads a downtime policy's name. @throws RangeError saying what is available. */
export function parseDowntime(text: string, option = '--downtime'): DowntimePolicy {
  return choose(text, option, DOWNTIME_POLICIES, 'downtime policy');
}

function choose<T extends string>(text: string, option: string, available: readonly T[], kind: string): T {
  const found = available.find((name) => name === text);
  if (found !== undefined) return found;
  throw new RangeError(`${option} ${text.slice(0, 40)}: no such ${kind}; available: ${available.join(', ')}`);
}
