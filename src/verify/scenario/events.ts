/** The events of a scenario: what happens in it, one after another. */
import type { IdentityRegister } from '../../arch/system/identity.js';
import type { Ps } from '../../arch/timer/time.js';
import { type HostSpec, parseHost } from '../../host/frequency.js';
import { parseDuration } from '../../host/time-spec.js';
import {
  type DowntimePolicy,
  parseDowntime,
  parseStrategy,
  type StrategyName,
} from '../../hypervisor/strategy/index.js';
import { parseWhen, type When } from '../when.js';
import type { Node } from './document.js';
import { Fields, flag, items, map, type Problems, text } from './reader.js';
import { type MigrationDefaults, readAllow } from './settings.js';

export type ScenarioAction =
  | {
      readonly kind: 'migrate';
      readonly to: HostSpec;
      readonly strategy: StrategyName;
      readonly downtime: DowntimePolicy;
      readonly pause: Ps;
      readonly allow: readonly IdentityRegister[];
    }
  | { readonly kind: 'type'; readonly text: string }
  /** Save to a snapshot, make a new machine from it, go on with that one. */
  | { readonly kind: 'save-restore' }
  | { readonly kind: 'power-key' }
  | { readonly kind: 'stop' };

export interface ScenarioEvent {
  readonly when: When;
  /** In the order they are done. */
  readonly actions: readonly ScenarioAction[];
  readonly line: number;
}

const MAX_EVENTS = 1000;

/** A migration as `1GHz`, `true` (to the scenario's `to`), or a table that overrides the scenario's defaults. */
function migration(node: Node, name: string, defaults: MigrationDefaults, problems: Problems): ScenarioAction {
  const complete = (own: Partial<MigrationDefaults>): ScenarioAction => {
    const { to, ...rest } = { ...defaults, ...own };
    if (!to) throw new RangeError(`${name}: no destination; say migrate: 1GHz, or to: 1GHz at the top`);
    return { kind: 'migrate', to, ...rest };
  };
  if (node.kind === 'scalar' && node.value === true) return complete({});
  if (node.kind === 'scalar') return complete({ to: parseHost(text(node, name), name) });
  const fields = new Fields(map(node, name), name, problems);
  const to = fields.read('to', (n, what) => parseHost(text(n, what), what));
  const strategy = fields.read('strategy', (n, what) => parseStrategy(text(n, what), what));
  const downtime = fields.read('downtime', (n, what) => parseDowntime(text(n, what), what));
  const pause = fields.read('pause', (n, what) => parseDuration(text(n, what), what));
  const allow = fields.read('allow', readAllow);
  fields.finish();
  return complete({
    ...(to && { to }),
    ...(strategy && { strategy }),
    ...(downtime && { downtime }),
    ...(pause !== undefined && { pause }),
    ...(allow && { allow }),
  });
}

function yes(kind: 'save-restore' | 'power-key' | 'stop') {
  return (node: Node, name: string): ScenarioAction => {
    if (!flag(node, name)) throw new RangeError(`${name}: false does nothing; leave it out`);
    return { kind };
  };
}

function event(node: Node, name: string, defaults: MigrationDefaults, problems: Problems): ScenarioEvent | undefined {
  const fields = new Fields(map(node, name), name, problems);
  const when = fields.read('at', (n, what) => parseWhen(text(n, what), what));
  const before = problems.list.length;
  if (!fields.node.entries.some((e) => e.key === 'at')) {
    problems.add(node.line, `${name}: no instant; add at: t=2.5s, insn=1e9 or console=/text/`);
  }
  const actions = [
    fields.read('migrate', (n, what) => migration(n, what, defaults, problems)),
    fields.read('type', (n, what): ScenarioAction => ({ kind: 'type', text: text(n, what, 65536) })),
    fields.read('save-restore', yes('save-restore')),
    fields.read('power-key', yes('power-key')),
    fields.read('stop', yes('stop')),
  ].filter((action) => action !== undefined);
  fields.finish();
  if (!actions.length && problems.list.length === before) {
    problems.add(node.line, `${name}: nothing to do; add migrate, type, save-restore, power-key or stop`);
  }
  return when && { when, actions, line: node.line };
}

export function readEvents(fields: Fields, defaults: MigrationDefaults): ScenarioEvent[] {
  const { problems } = fields;
  const list = fields.read('events', (node, name) => {
    if (node.kind === 'scalar' && node.value === null) return [];
    return items(node, name, MAX_EVENTS).map((item, i) =>
      problems.try(item.line, () => event(item, `events[${i}]`, defaults, problems)),
    );
  });
  const events = (list ?? []).filter((e) => e !== undefined);
  const stop = events.findIndex((e) => e.actions.some((a) => a.kind === 'stop'));
  const behind = stop < 0 ? undefined : events[stop + 1];
  if (behind) problems.add(behind.line, 'events: this one is behind a stop and never happens; take one of them out');
  return events;
}
