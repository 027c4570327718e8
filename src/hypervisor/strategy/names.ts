/**
 * The migration strategies and downtime policies there are, and those that there will be.
 */

export type StrategyName = 'offset' | 'lpt' | 'refuse';
export type DowntimePolicy = 'paused';

export const STRATEGIES: readonly StrategyName[] = ['offset', 'lpt', 'refuse'];
export const DOWNTIME_POLICIES: readonly DowntimePolicy[] = ['paused'];

const LATER_STRATEGIES = ['trap', 'scaled'];
const LATER_DOWNTIME_POLICIES = ['elapsed', 'stolen'];

/** Reads a strategy's name. @throws RangeError saying what is available. */
export function parseStrategy(text: string, option = '--strategy'): StrategyName {
  return choose(text, option, STRATEGIES, LATER_STRATEGIES, 'strategy');
}

/** Reads a downtime policy's name. @throws RangeError saying what is available. */
export function parseDowntime(text: string, option = '--downtime'): DowntimePolicy {
  return choose(text, option, DOWNTIME_POLICIES, LATER_DOWNTIME_POLICIES, 'downtime policy');
}

function choose<T extends string>(
  text: string,
  option: string,
  available: readonly T[],
  later: readonly string[],
  kind: string,
): T {
  const found = available.find((name) => name === text);
  if (found !== undefined) return found;
  const problem = later.includes(text) ? 'not available in this version' : `no such ${kind}`;
  throw new RangeError(`${option} ${text.slice(0, 40)}: ${problem}; available: ${available.join(', ')}`);
}
