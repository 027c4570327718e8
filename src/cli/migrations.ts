/** `--migrate "<when> to <host> [strategy=s] [downtime=p] [pause=d]"`: each migration may differ from the options at large. */
import { type HostSpec, parseHost } from '../host/frequency.js';
import { type Ps, parseDuration, shown } from '../host/time-spec.js';
import { type DowntimePolicy, parseDowntime, parseStrategy, type StrategyName } from '../hypervisor/strategy/index.js';
import { splitWhen, type When } from '../verify/when.js';
import { UsageError } from './errors.js';
import { type Address, isAddress, parseAddress } from './live/address.js';

export interface Migration {
  readonly when: When;
  /** A host's counter, in this process; or another process, which has its own. */
  readonly to: HostSpec | Address;
  readonly strategy: StrategyName;
  readonly policy: DowntimePolicy;
  /** How long the guest is stopped. */
  readonly downtime: Ps;
}

/** The options that hold for every migration unless it says otherwise. */
export interface MigrationTexts {
  readonly strategy: string;
  readonly downtime: string;
  readonly pause: string;
  readonly migrate: readonly string[];
}

const OWN = /^([\s\S]*\S)\s+(strategy|downtime|pause)=(\S*)$/;

/** @throws RangeError or UsageError naming the option */
export function parseMigrations({ strategy, downtime, pause, migrate }: MigrationTexts): Migration[] {
  const common = {
    strategy: parseStrategy(strategy),
    policy: parseDowntime(downtime),
    downtime: parseDuration(pause, '--pause'),
  };
  return migrate.map((text) => {
    const [when, rest] = splitWhen(text, 'to', '--migrate');
    const { host, own } = splitOwn(rest.trim(), text);
    const what = (key: string): string => `--migrate ${shown(text)}: ${key}`;
    const [s, d, p] = [own.get('strategy'), own.get('downtime'), own.get('pause')];
    return {
      when,
      to: isAddress(host) ? parseAddress(host, '--migrate') : parseHost(host, '--migrate'),
      strategy: s === undefined ? common.strategy : parseStrategy(s, what('strategy')),
      policy: d === undefined ? common.policy : parseDowntime(d, what('downtime')),
      downtime: p === undefined ? common.downtime : parseDuration(p, what('pause')),
    };
  });
}

function splitOwn(rest: string, text: string): { host: string; own: ReadonlyMap<string, string> } {
  const own = new Map<string, string>();
  let host = rest;
  for (let match = OWN.exec(host); match; match = OWN.exec(host)) {
    const [, before, key, value] = match;
    if (own.has(key!)) throw new UsageError(`--migrate ${shown(text)}: ${key} is given twice`);
    own.set(key!, value!);
    host = before!;
  }
  return { host, own };
}
