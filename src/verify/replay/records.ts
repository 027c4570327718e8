/** What a replay log says, record by record, and the checks of each. */
import { IDENTITY_REGISTERS } from '../../arch/system/identity.js';
import type { Ps } from '../../arch/timer/time.js';
import type { ExitCosts } from '../../host/costs.js';
import type { HostSpec } from '../../host/frequency.js';
import type { StealPattern } from '../../host/steal.js';
import { formatDuration } from '../../host/time-spec.js';
import { DOWNTIME_POLICIES, STRATEGIES } from '../../hypervisor/strategy/index.js';
import type { VmConfig } from '../../hypervisor/vm/config.js';
import { BadSnapshot } from '../../migration/errors.js';
import { byKind, flag, int, list, oneOf, optional, record, type Shape, word } from '../../migration/shape.js';
import { CONFIG_SHAPE, COSTS_SHAPE, PS_SHAPE, SPEC_SHAPE, STEAL_SHAPE } from '../../migration/state-shape.js';
import type { SessionAction } from '../session.js';

/** A place in a run: all instructions retired until then, and host time. Between two slices the pair is unique. */
export interface Instant {
  readonly instructions: number;
  readonly time: Ps;
}

export const sayInstant = ({ instructions, time }: Instant): string =>
  `${formatDuration(time)} (instruction ${instructions})`;

/** All that a run is a function of, beside the contents of its files and what comes from outside. */
export interface MachineDescription {
  readonly config: VmConfig;
  readonly spec: HostSpec;
  readonly ips: number;
  readonly quantum: Ps;
  readonly costs: ExitCosts;
  readonly steal: { readonly patterns: readonly StealPattern[]; readonly seed: number };
}

/** A file that the run began from. */
export interface FileDigest {
  /** What it was: 'image', 'initrd', 'dtb' or 'snapshot'. */
  readonly role: string;
  readonly path: string;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

export interface LogHeader {
  readonly kind: 'header';
  /** Version of the Chronovisor that recorded. */
  readonly build: string;
  readonly pace: 'fast' | 'real';
  readonly files: readonly FileDigest[];
  /** Options of the command that describe the machine, as given. */
  readonly options: readonly { readonly name: string; readonly value: string | true | readonly string[] }[];
  readonly machine: MachineDescription;
  readonly start: Instant & { readonly hash: string };
}

/** An action that a session did, as it is logged. A 'call' changes nothing, and a 'replace' must not. */
export type LoggedAction = Exclude<SessionAction, { kind: 'call' | 'replace' }>;

/** What the guest has printed until then. */
export interface ConsoleMark {
  readonly bytes: number;
  readonly crc: number;
}

export type LogRecord =
  | LogHeader
  /** The action took effect at the instant, before any instruction behind it. */
  | (Instant & { readonly kind: 'input'; readonly action: LoggedAction })
  /** The machine there: registers, devices and clock, and the `part`-th piece of memory. */
  | (Instant & {
      readonly kind: 'checkpoint';
      readonly part: number;
      readonly hash: string;
      readonly console: ConsoleMark;
    })
  /** The state hash of the whole machine, as `--hash` prints it. */
  | (Instant & {
      readonly kind: 'end';
      readonly status: string;
      readonly exitCode: number;
      readonly hash: string;
      readonly console: ConsoleMark;
    });

const COUNT = int(0, Number.MAX_SAFE_INTEGER);

export const text =
  (max: number): Shape =>
  (value, path) => {
    if (typeof value !== 'string') throw new BadSnapshot(`${path} is not a text`);
    if (value.length > max) throw new BadSnapshot(`${path} is a text of ${value.length} characters; at most ${max}`);
  };

const hash: Shape = (value, path) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw new BadSnapshot(`${path} is no SHA-256`);
};

const optionValue: Shape = (value, path) => {
  if (value === true) return;
  if (Array.isArray(value)) list(text(65536), 0, 256)(value, path);
  else text(65536)(value, path);
};

const instant = { instructions: COUNT, time: PS_SHAPE };
const console = record({ bytes: COUNT, crc: int(0, 2 ** 32 - 1) });

/** By kind of action, so that a new one cannot be forgotten. */
const ACTIONS: Readonly<Record<LoggedAction['kind'], Shape>> = {
  migrate: record({
    kind: text(8),
    to: SPEC_SHAPE,
    strategy: oneOf(...STRATEGIES),
    downtime: PS_SHAPE,
    policy: optional(oneOf(...DOWNTIME_POLICIES)),
    allow: optional(list(oneOf(...IDENTITY_REGISTERS), 0, 64)),
  }),
  type: record({ kind: text(8), text: text(65536) }),
  receive: record({ kind: text(8), bytes: list(int(0, 255), 0, 65536) }),
  follow: record({ kind: text(8), to: PS_SHAPE }),
  'power-key': record({ kind: text(9), down: flag, hold: flag }),
  stop: record({ kind: text(8) }),
};

export const RECORD_SHAPE: Shape = byKind({
  header: record({
    kind: text(10),
    build: word(40),
    pace: oneOf('fast', 'real'),
    files: list(record({ role: word(16), path: text(4096), sha256: hash }), 1, 8),
    options: list(record({ name: word(32), value: optionValue }), 0, 64),
    machine: record({
      config: CONFIG_SHAPE,
      spec: SPEC_SHAPE,
      ips: int(1e6, 1e12),
      quantum: PS_SHAPE,
      costs: COSTS_SHAPE,
      steal: STEAL_SHAPE,
    }),
    start: record({ ...instant, hash }),
  }),
  input: record({ kind: text(10), ...instant, action: byKind(ACTIONS) }),
  checkpoint: record({ kind: text(10), ...instant, part: COUNT, hash, console }),
  end: record({ kind: text(10), ...instant, status: word(16), exitCode: int(0, 255), hash, console }),
});
