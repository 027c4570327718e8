/** What a machine is, as a log's header says it, and how two differ. */
import type { Machine } from '../../migration/snapshot.js';
import type { Instant, MachineDescription } from './records.js';

export function describeMachine({ host, vm }: Machine): MachineDescription {
  const { ips, quantum, costs, steal } = host.options;
  return {
    config: { ...vm.config },
    spec: host.counter.spec,
    ips,
    quantum,
    costs: { ...costs },
    steal: { patterns: [...steal.patterns], seed: steal.seed },
  };
}

export const instantOf = ({ host }: Machine): Instant => ({ instructions: host.instructions, time: host.now() });

/** A value that differs: where, what it is here and what the log has. */
export interface Difference {
  /** Such as 'config.vcpus'. */
  readonly path: string;
  readonly here: string;
  readonly log: string;
}

/** The differences of two descriptions, leaf by leaf. */
export function differences(here: unknown, log: unknown, path = ''): Difference[] {
  if (isTree(here) && isTree(log)) {
    const keys = [...new Set([...Object.keys(log), ...Object.keys(here)])];
    return keys.flatMap((key) => differences(here[key], log[key], path ? `${path}.${key}` : key));
  }
  return here === log ? [] : [{ path, here: shown(here), log: shown(log) }];
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object';

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  return isTree(value) ? 'given' : String(value).slice(0, 60);
}
