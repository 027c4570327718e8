/** The keys of a scenario that describe its machine and how migrations treat it. */

import { PROFILES } from '../../arch/profiles.js';
import type { IdentityRegister } from '../../arch/system/identity.js';
import { PS_PER_MICROSECOND, PS_PER_MILLISECOND, type Ps } from '../../arch/timer/time.js';
import { DEFAULT_COSTS, type ExitCosts, parseCosts } from '../../host/costs.js';
import { type HostSpec, parseHost } from '../../host/frequency.js';
import { MAX_QUANTUM, MIN_QUANTUM } from '../../host/host.js';
import { parseSteal, type StealPattern, StealSchedule } from '../../host/steal.js';
import { parseDuration, parseFrequency } from '../../host/time-spec.js';
import {
  hostIdentity,
  implementationList,
  implementationOf,
  parseIdentityRegister,
  parseImplementation,
} from '../../hypervisor/identity/index.js';
import { parsePvTimeProfile } from '../../hypervisor/pvtime/index.js';
import {
  type DowntimePolicy,
  parseDowntime,
  parseStrategy,
  type StrategyName,
} from '../../hypervisor/strategy/index.js';
import { checkConfig, type VmConfig } from '../../hypervisor/vm/config.js';
import { parseGic } from '../../hypervisor/vm/gic-option.js';
import { parseMemorySize } from '../../loader/memory-size.js';
import type { Node } from './document.js';
import { choice, type Fields, flag, items, text, whole } from './reader.js';

/** The machine, as plain data that another thread can be given. */
export interface MachineSettings {
  readonly spec: HostSpec;
  readonly ips: number;
  readonly quantum: Ps;
  readonly costs: ExitCosts;
  readonly steal: readonly StealPattern[];
  readonly seed: number;
  /** `lpt` is decided by the scenario's strategies. */
  readonly config: VmConfig;
  readonly engine: 'interp' | 'jit';
}

/** What all migrations of a scenario do unless they say otherwise. */
export interface MigrationDefaults {
  readonly to: HostSpec | null;
  readonly strategy: StrategyName;
  readonly downtime: DowntimePolicy;
  readonly pause: Ps;
  /** Identification registers that may differ from what the guest has read. */
  readonly allow: readonly IdentityRegister[];
}

/** Image files, as written: relative to the scenario's file. */
export interface ImageNames {
  readonly image: string;
  readonly initrd: string | null;
  readonly dtb: string | null;
  readonly append: string | null;
}

export interface Settings {
  readonly images: ImageNames;
  readonly machine: MachineSettings;
  readonly migration: MigrationDefaults;
  /** Wall milliseconds. */
  readonly limitMs: number;
}

/** The keys that `matrix` may vary. */
export const MATRIX_KEYS = [
  'image',
  'append',
  'cpu',
  'smp',
  'memory',
  'host',
  'to',
  'ips',
  'quantum',
  'cost',
  'gic',
  'pvtime',
  'lpt-freq',
  'epoch',
  'seed',
  'engine',
  'strategy',
  'downtime',
  'pause',
  'steal',
] as const;

/** UTC at host time 0 where nothing else is said, as `run` has it. */
const EPOCH = Date.UTC(2026, 0, 1) / 1000;
const MAX_LIMIT: Ps = 3600n * 1_000_000_000_000n;
const DEFAULT_LIMIT = '60s';
const MAX_LIST = 64;

const ownWords = (error: unknown): never => {
  if (error instanceof RangeError) throw new RangeError(error.message.replace(/^--/, ''));
  throw error;
};

function quantumOf(node: Node, name: string): Ps {
  const quantum = parseDuration(text(node, name), name);
  if (quantum < MIN_QUANTUM || quantum > MAX_QUANTUM) throw new RangeError(`${name}: 100ns to 100ms`);
  return quantum;
}

function ipsOf(node: Node, name: string): number {
  const ips = whole(node, name, 1e6, 1e12);
  if (1e12 % ips) throw new RangeError(`${name} ${ips}: must divide 10^12; say 1e9`);
  return ips;
}

function limitOf(node: Node, name: string): number {
  const limit = parseDuration(text(node, name), name);
  if (limit < PS_PER_MILLISECOND || limit > MAX_LIMIT) throw new RangeError(`${name}: 1ms to 3600s of wall time`);
  return Number(limit / PS_PER_MILLISECOND);
}

function imageOf(node: Node, name: string): string {
  const image = text(node, name, 4096);
  if (!image) throw new RangeError(`${name}: an empty file name`);
  return image;
}

export const readAllow = (node: Node, name: string): IdentityRegister[] =>
  items(node, name, MAX_LIST).map((item) => parseIdentityRegister(text(item, name), name));

/** The migration keys, from the top of a file. */
export function readMigrationDefaults(fields: Fields): MigrationDefaults {
  return {
    to: fields.read('to', (n, name) => parseHost(text(n, name), name)) ?? null,
    strategy: fields.read('strategy', (n, name) => parseStrategy(text(n, name), name)) ?? 'offset',
    downtime: fields.read('downtime', (n, name) => parseDowntime(text(n, name), name)) ?? 'paused',
    pause: fields.read('pause', (n, name) => parseDuration(text(n, name), name)) ?? 10n * PS_PER_MILLISECOND,
    allow: fields.read('allow', readAllow) ?? [],
  };
}

function readConfig(fields: Fields): VmConfig {
  const config: VmConfig = {
    cpu: fields.read('cpu', (n, name) => choice(n, name, Object.keys(PROFILES))) ?? 'cortex-a57',
    vcpus: fields.read('smp', (n, name) => whole(n, name, 1, 8)) ?? 1,
    ramBytes: 512 * 2 ** 20,
    pvTime: fields.read('pvtime', (n, name) => parsePvTimeProfile(text(n, name), name)) ?? 'rfc2020',
    lpt: false,
    pvFreqHz: fields.read('lpt-freq', (n, name) => parseFrequency(text(n, name), name)) ?? 100_000_000,
    ...(fields.read('gic', (n, name) => parseGic(text(n, name), name)) ?? { listRegisters: 4 }),
    startEpoch: fields.read('epoch', (n, name) => whole(n, name, 0, 2 ** 32 - 1)) ?? EPOCH,
    semihosting: fields.read('semihosting', flag) ?? true,
    ...(fields.read('vmclock', flag) && { vmclock: true }),
  };
  const ramBytes = fields.read('memory', (n, name) => {
    const bytes = Number(parseMemorySize(text(n, name), name));
    try {
      return checkConfig({ ...config, ramBytes: bytes }).ramBytes;
    } catch (error) {
      return ownWords(error);
    }
  });
  return { ...config, ramBytes: ramBytes ?? config.ramBytes };
}

/** What the guest is told of the CPUs it may meet: the one it begins on, and those that the file names. */
function readImplementations(fields: Fields, cpu: string, spec: HostSpec): Pick<VmConfig, 'implementations'> {
  const named = fields.read('may-meet', (n, name) =>
    items(n, name, MAX_LIST).map((item) => parseImplementation(text(item, name))),
  );
  if (!named?.length) return {};
  const first = implementationOf(hostIdentity(spec.cpu, PROFILES[cpu]!));
  const implementations = fields.problems.try(fields.node.line, () => implementationList([first, ...named]));
  return implementations ? { implementations } : {};
}

function readMachine(fields: Fields): MachineSettings {
  const seed = fields.read('seed', (n, name) => whole(n, name, 0, 2 ** 32 - 1)) ?? 1;
  const steal = fields.read('steal', (n, name) => {
    const patterns = items(n, name, MAX_LIST).map((item) => parseSteal(text(item, name), name));
    try {
      return new StealSchedule(patterns, seed).patterns;
    } catch (error) {
      return ownWords(error);
    }
  });
  const spec = fields.read('host', (n, name) => parseHost(text(n, name), name)) ?? parseHost('62.5MHz');
  const config = readConfig(fields);
  return {
    spec,
    ips: fields.read('ips', ipsOf) ?? 1e9,
    quantum: fields.read('quantum', quantumOf) ?? 10n * PS_PER_MICROSECOND,
    costs: fields.read('cost', (n, name) => parseCosts(text(n, name), DEFAULT_COSTS, name)) ?? { ...DEFAULT_COSTS },
    steal: steal ?? [],
    seed,
    config: { ...config, ...readImplementations(fields, config.cpu, spec) },
    engine: fields.read('engine', (n, name) => choice(n, name, ['interp', 'jit'] as const)) ?? 'interp',
  };
}

/** Takes the settings' keys from the top table of a file. */
export function readSettings(fields: Fields): Settings {
  const image = fields.read('image', imageOf);
  if (image === undefined && !fields.node.entries.some((e) => e.key === 'image')) {
    fields.problems.add(fields.node.line, 'no image; say image: a file relative to this one, or debian-cloud');
  }
  return {
    images: {
      image: image ?? '',
      initrd: fields.read('initrd', imageOf) ?? null,
      dtb: fields.read('dtb', imageOf) ?? null,
      append: fields.read('append', (n, name) => text(n, name, 2048)) ?? null,
    },
    machine: readMachine(fields),
    migration: readMigrationDefaults(fields),
    limitMs:
      fields.read('limit', limitOf) ??
      limitOf({ kind: 'scalar', value: DEFAULT_LIMIT, text: DEFAULT_LIMIT, line: 0 }, ''),
  };
}
