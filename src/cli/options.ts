/** The options that `run` and `restore` share, from text to plan. */
import { Option } from 'commander';
import { DEFAULT_COSTS, parseCosts } from '../host/costs.js';
import { parseHost } from '../host/frequency.js';
import { type HostOptions, MAX_QUANTUM, MIN_QUANTUM } from '../host/host.js';
import { parseSteal, StealSchedule } from '../host/steal.js';
import { parseDuration } from '../host/time-spec.js';
import { parseIdentityRegister } from '../hypervisor/identity/index.js';
import type { PvTimeProfile } from '../hypervisor/pvtime/index.js';
import { admitDestination, DOWNTIME_POLICIES, STRATEGIES } from '../hypervisor/strategy/index.js';
import type { SessionEvent } from '../verify/session.js';
import { parseWhen, splitWhen } from '../verify/when.js';
import { UsageError } from './errors.js';
import { formatAddress, requireSecret } from './live/address.js';
import type { DepartureOrder } from './live/departure.js';
import { parseMigrations } from './migrations.js';

/** What commander hands to both commands. */
export interface CommonOptions {
  strategy: string;
  downtime: string;
  pause: string;
  migrate: string[];
  allow: string[];
  secretFile?: string;
  held?: string;
  input: string[];
  powerKey: string[];
  until?: string;
  timeout: string;
  save?: string;
  saveAt?: string;
  record?: string;
  replay?: string;
  pace: string;
  engine: string;
  json?: string;
  hash?: boolean;
  gdb?: string;
  report?: string;
  trace?: string;
  traceLimit: string;
  verdicts: string;
  engineStats?: boolean;
  fault: string[];
}

export const collect = (value: string, list: string[] = []): string[] => [...list, value];

const oneOf = (flags: string, description: string, choices: readonly string[], byDefault: string): Option =>
  new Option(flags, description).choices(choices).default(byDefault);

export const COMMON: readonly Option[] = [
  new Option('--strategy <name>', `what a migration does to the counters: ${STRATEGIES.join(', ')}`).default('offset'),
  new Option('--downtime <policy>', `what guest time makes of the stop: ${DOWNTIME_POLICIES.join(', ')}`).default(
    'paused',
  ),
  new Option('--pause <duration>', 'how long a migration stops the guest').default('10ms'),
  new Option(
    '--migrate <"when to host">',
    'migrate at t=2.5s, insn=1e9 or console=/text/; strategy=, downtime= and pause= may follow (repeatable)',
  )
    .argParser(collect)
    .default([], 'none'),
  new Option('--secret-file <file>', 'a secret that both sides of a migration between processes know (TLS-PSK)'),
  new Option('--held <file>', 'where a guest is kept when a link is lost and nobody can say who has it'),
  new Option('--allow <register>', 'migrate although this register differs from what the guest has read (repeatable)')
    .argParser(collect)
    .default([], 'none'),
  new Option('--input <"when type text">', 'type at the console; \\n, \\r, \\t, \\xNN (repeatable)')
    .argParser(collect)
    .default([], 'none'),
  new Option('--power-key <when>', 'press the power key there (repeatable)').argParser(collect).default([], 'none'),
  new Option('--until <when>', 'stop there'),
  new Option('--timeout <seconds>', 'stop after this much wall time, with status 124').default('60'),
  new Option('--save <file>', 'write a snapshot at --save-at, or at the end'),
  new Option('--save-at <when>', 'when to write it; the run goes on'),
  new Option('--record <file>', 'write down all that comes from outside, for --replay'),
  new Option('--replay <file>', 'run as recorded, and say whether the machine was what it was'),
  oneOf(
    '--pace <pace>',
    'as fast as possible and deterministic, or no faster than the wall clock',
    ['fast', 'real'],
    'fast',
  ),
  oneOf('--engine <engine>', 'how instructions run', ['interp', 'jit'], 'interp'),
  new Option('--json <file>', 'write the result as one JSON object (- for stderr)'),
  new Option('--hash', 'print the state hash at the end'),
  new Option('--gdb <port>', 'wait for gdb on this loopback port before the first instruction'),
  new Option('--report <folder>', 'write an HTML report'),
  new Option('--trace <file>', 'write a trace that ui.perfetto.dev opens'),
  new Option('--trace-limit <size>', 'stop tracing there').default('1G'),
  oneOf('--verdicts <on|off>', "watch the guest's time and interrupts, or run without", ['on', 'off'], 'on'),
  new Option('--fault <name>', "misbehave as a hypervisor once did; 'inspect faults' lists them (repeatable)")
    .argParser(collect)
    .default([], 'none'),
  new Option('--engine-stats', 'say what the engine did'),
];

export interface Plan {
  readonly events: SessionEvent[];
  /** Wall milliseconds. */
  readonly timeoutMs: number;
}

/** @throws RangeError or UsageError naming the option */
export function planOf(
  options: CommonOptions,
  pvTime: PvTimeProfile,
  save: (path: string) => void,
  depart: (order: DepartureOrder) => void,
): Plan {
  const events: SessionEvent[] = [];
  const allow = options.allow.map((name) => parseIdentityRegister(name));
  for (const { when, to, strategy, policy, downtime } of parseMigrations(options)) {
    if ('kind' in to) {
      requireSecret(to, options.secretFile, '--migrate');
      const run = (): void => depart({ to, strategy, policy, pause: downtime, allow });
      events.push({ when, action: { kind: 'call', run, what: `--migrate to ${formatAddress(to)}` } });
      continue;
    }
    admitDestination(strategy, policy, to, pvTime);
    events.push({ when, action: { kind: 'migrate', to, strategy, policy, downtime, allow } });
  }
  for (const text of options.input) {
    const [when, typed] = splitWhen(text, 'type', '--input');
    events.push({ when, action: { kind: 'type', text: unescaped(typed) } });
  }
  for (const text of options.powerKey) {
    events.push({ when: parseWhen(text, '--power-key'), action: { kind: 'power-key', down: true } });
  }
  if (options.saveAt && !options.save) throw new UsageError('--save-at: no file; add --save f');
  if (options.saveAt) {
    const path = options.save!;
    events.push({ when: parseWhen(options.saveAt, '--save-at'), action: { kind: 'call', run: () => save(path) } });
  }
  if (options.until) events.push({ when: parseWhen(options.until, '--until'), action: { kind: 'stop' } });
  return { events, timeoutMs: positive(options.timeout, '--timeout', 1e6) * 1000 };
}

/** The options that describe the host. */
export interface HostTexts {
  host: string;
  ips: string;
  quantum: string;
  cost: string[];
  steal: string[];
  seed: string;
}

/** @throws RangeError or UsageError naming the option */
export function hostOptions(options: HostTexts): HostOptions {
  const quantum = parseDuration(options.quantum, '--quantum');
  if (quantum < MIN_QUANTUM || quantum > MAX_QUANTUM) {
    throw new RangeError(`--quantum ${options.quantum}: 100ns to 100ms`);
  }
  return {
    spec: parseHost(options.host),
    ips: integer(options.ips, '--ips', 1e6, 1e12),
    quantum,
    costs: options.cost.reduce((costs, text) => parseCosts(text, costs), { ...DEFAULT_COSTS }),
    steal: new StealSchedule(
      options.steal.map((text) => parseSteal(text)),
      integer(options.seed, '--seed', 0, 2 ** 32 - 1),
    ),
  };
}

/** A whole number within bounds, in decimal or as 1e9. */
export function integer(text: string, option: string, min: number, max: number): number {
  const value = /^\d+(e\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(`${option} ${text.slice(0, 40)}: a whole number from ${min} to ${max}`);
  return value;
}

function positive(text: string, option: string, max: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= max))
    throw new UsageError(`${option} ${text.slice(0, 40)}: seconds, more than 0, at most ${max}`);
  return value;
}

function unescaped(text: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_all, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (named[code] ?? code),
  );
}
