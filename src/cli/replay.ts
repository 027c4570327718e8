/** `--record` and `--replay` of `run` and `restore`: files, and what may be said together. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, realpathSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import type { Machine } from '../migration/snapshot.js';
import {
  BadReplayLog,
  type Difference,
  describeMachine,
  differences,
  type FileDigest,
  type LogHeader,
  Recorder,
  Replayer,
  type ReplayLog,
  type ReplayOutcome,
  readLog,
  sayInstant,
} from '../verify/replay/index.js';
import type { Session } from '../verify/session.js';
import { DEVICE_OPTIONS } from './devices.js';
import { UsageError } from './errors.js';
import { checkOutput, readInput } from './files.js';
import type { CommonOptions } from './options.js';
import { HASHES } from './state-hash.js';

/** Options of `run` that say what the machine is; a replay takes them from the log. */
export const MACHINE_OPTIONS: readonly string[] = [
  ...['initrd', 'append', 'dtb', 'cpu', 'smp', 'memory', 'host', 'ips', 'quantum', 'cost', 'steal', 'seed'],
  ...[
    'pvtime',
    'lptFreq',
    'gic',
    'epoch',
    'strategy',
    'fault',
    'mayMeet',
    'vmclock',
    'firmware',
    'flashVars',
    ...DEVICE_OPTIONS,
  ],
];

/** What a difference is called on the command line. */
const OPTION_OF: Readonly<Record<string, string>> = {
  'config.cpu': '--cpu',
  'config.vcpus': '--smp',
  'config.ramBytes': '--memory',
  'config.pvTime': '--pvtime',
  'config.lpt': '--strategy lpt',
  'config.pvFreqHz': '--lpt-freq',
  'config.listRegisters': '--gic',
  'config.startEpoch': '--epoch',
  'config.faults': '--fault',
  'config.vmclock': '--vmclock',
  'config.devices': '--drive, --net, --rng, --virtio-console',
  'config.firmware': '--firmware',
  'config.implementations': '--may-meet',
  spec: '--host',
  ips: '--ips',
  quantum: '--quantum',
  costs: '--cost',
  'steal.patterns': '--steal',
  'steal.seed': '--seed',
};

const build = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;

/** @throws BadReplayLog, or UsageError for options that a replay cannot have */
export function openReplay(options: CommonOptions): ReplayLog | null {
  const { replay, record, gdb } = options;
  if (record !== undefined && gdb !== undefined) {
    throw new UsageError(
      '--record: not with --gdb, since what a debugger does is not in a log; record without, replay with',
    );
  }
  if (replay === undefined) return null;
  const events = { '--migrate': options.migrate, '--input': options.input, '--power-key': options.powerKey };
  for (const [name, list] of Object.entries(events)) {
    if (list.length) throw new UsageError(`${name}: not with --replay, since the log says what happens`);
  }
  if (record !== undefined && sameFile(record, replay)) throw new UsageError(`--record ${record}: is the --replay log`);
  try {
    return readLog(readInput(replay));
  } catch (error) {
    throw error instanceof BadReplayLog ? new UsageError(`${replay}: ${error.message}`) : error;
  }
}

function sameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

/** The options with those of the log, of the names, where the user gave none. */
export function withRecorded<T extends CommonOptions>(
  options: T,
  header: LogHeader,
  command: Command,
  names: readonly string[] = MACHINE_OPTIONS,
): T {
  const recorded = header.options.filter(({ name }) => names.includes(name));
  const known = new Map(command.options.map((o) => [o.attributeName(), o]));
  const own = (name: string): boolean => !['default', undefined].includes(command.getOptionValueSource(name));
  const taken = recorded.filter(({ name, value }) => {
    const option = known.get(name);
    const fits = option && Array.isArray(value) === Array.isArray(option.defaultValue);
    return fits && !own(name) && option.isBoolean() === (value === true);
  });
  return { ...options, ...Object.fromEntries(taken.map(({ name, value }) => [name, value])) };
}

/** What a log keeps of the options. */
export function recordedOptions(options: object): LogHeader['options'] {
  return MACHINE_OPTIONS.flatMap((name): LogHeader['options'] => {
    const value = (options as Record<string, unknown>)[name];
    if (typeof value === 'string' || value === true) return [{ name, value }];
    return Array.isArray(value) ? [{ name, value: value.map(String) }] : [];
  });
}

export const digestOf = (role: string, path: string, bytes: Uint8Array): FileDigest => ({
  role,
  path,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** The files that a run begins from. */
export class Inputs {
  readonly files: FileDigest[] = [];
  readonly #digests: boolean;

  /** @param digests whether they will be asked for */
  constructor(digests: boolean) {
    this.#digests = digests;
  }

  read(role: 'image' | 'firmware' | 'flash-vars' | 'initrd' | 'dtb', path: string): Uint8Array {
    const bytes = readInput(path);
    if (this.#digests) this.files.push(digestOf(role, path, bytes));
    return bytes;
  }
}

/** The recording and the replay of one run; either may be absent. */
export interface Tape {
  /** The replay's result, where there is one; ends the log. Called once, behind the run. */
  end(
    status: Parameters<Replayer['finish']>[0],
    exitCode: (outcome: ReplayOutcome | null) => number,
  ): ReplayOutcome | null;
  close(): void;
}

export interface TapeOptions {
  readonly options: CommonOptions;
  readonly log: ReplayLog | null;
  /** What the run began from. */
  readonly files: readonly FileDigest[];
}

/**
 * Begins to record or replay what the session does.
 * @throws UsageError where the log is of another run, with what differs
 */
export function startTape(session: Session, { options, log, files }: TapeOptions): Tape {
  const replayer = log && startReplay(session, log, files, options.replay!);
  let fd: number | null = null;
  let recorder: Recorder | null = null;
  if (options.record !== undefined) {
    checkOutput(options.record);
    fd = openSync(options.record, 'w');
    const write = (bytes: Uint8Array): void => {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd!, bytes, at);
    };
    const of = { build, pace: options.pace as 'fast' | 'real', files, options: recordedOptions(options) };
    recorder = new Recorder(session, of, { hashes: HASHES, write });
  }
  return {
    end(status, exitCode) {
      const outcome = replayer?.finish(status) ?? null;
      recorder?.end(status, exitCode(outcome));
      return outcome;
    },
    close() {
      if (fd !== null) closeSync(fd);
    },
  };
}

function startReplay(session: Session, log: ReplayLog, files: readonly FileDigest[], path: string): Replayer {
  const { header } = log;
  const refuse = (why: string): never => {
    throw new UsageError(`--replay ${path}: ${why}`);
  };
  const [first] = files;
  const [recorded] = header.files;
  const resumed = first?.role === 'snapshot' && first.sha256 !== recorded!.sha256;
  if (!resumed) {
    if (first?.role !== recorded!.role) {
      refuse(`was recorded from a ${recorded!.role}: chronovisor restore ${recorded!.path} --replay ${path}`);
    }
    for (const { role, path: name, sha256 } of header.files) {
      const here = files.find((f) => f.role === role);
      if (here?.sha256 === sha256) continue;
      refuse(`the ${role} is not the one recorded (${name}, SHA-256 ${sha256.slice(0, 12)}...)`);
    }
    const more = files.find((f) => !header.files.some((r) => r.role === f.role));
    if (more) refuse(`was recorded without --${more.role}`);
  }
  const differs = machineDifferences(session.machine, log, resumed);
  if (differs.length) refuse(`is of another run: ${differs.slice(0, 4).map(sayDifference).join('; ')}`);
  if (!resumed && HASHES.state(session.machine) !== header.start.hash) {
    refuse(
      `the machine at the start is not the recorded one, by its state hash (recorded by Chronovisor ${header.build})`,
    );
  }
  try {
    return new Replayer(session, log, HASHES, resumed);
  } catch (error) {
    if (error instanceof BadReplayLog) refuse(error.message.replace(/^replay log: /, ''));
    throw error;
  }
}

function machineDifferences(machine: Machine, log: ReplayLog, resumed: boolean): Difference[] {
  const here = describeMachine(machine);
  const { machine: recorded } = log.header;
  // In the middle of the run the machine is on one of the hosts that it was moved to until then.
  const hosts = [recorded.spec];
  for (const r of resumed ? log.records : []) {
    if (r.kind === 'input' && r.action.kind === 'migrate' && r.time <= machine.host.now()) hosts.push(r.action.to);
  }
  const spec = hosts.find((h) => !differences(here.spec, h).length) ?? hosts.at(-1);
  return differences(here, { ...recorded, spec });
}

function sayDifference({ path, here, log }: Difference): string {
  const option = Object.entries(OPTION_OF).find(([prefix]) => path === prefix || path.startsWith(`${prefix}.`))?.[1];
  return `${option ? `${option} (${path})` : path} is ${here}, the log has ${log}`;
}

/** One line for people. */
export function sayOutcome(path: string, log: ReplayLog, { verdict, end }: ReplayOutcome): string {
  const ending = end ? `; ended as recorded (${end.status})` : '';
  const kind = verdict.status === 'pass' ? 'ok' : 'FAIL';
  return `replay ${path}: ${kind}, ${verdict.text}${verdict.status === 'pass' ? ending : ''}${
    log.cut && verdict.status === 'pass' ? ` (${sayInstant(log.records.at(-1) ?? log.header.start)})` : ''
  }`;
}
