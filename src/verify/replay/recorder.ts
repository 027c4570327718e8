/**
 * Writes down what a session's run cannot be derived from: each thing done to the machine, with the instant at which it
 * took effect; and, now and then, what the machine was by then, so that a replay that goes another way is found early.
 */
import type { Session, SessionAction } from '../session.js';
import { ConsoleTally } from './console-mark.js';
import { describeMachine, instantOf } from './describe.js';
import { LogEncoder } from './format.js';
import { checkpointHash, type Hashes } from './hashes.js';
import type { FileDigest, Instant, LogHeader, LogRecord } from './records.js';

/** What the recorder cannot see itself. */
export interface RecordOf {
  readonly build: string;
  readonly pace: 'fast' | 'real';
  readonly files: readonly FileDigest[];
  readonly options: LogHeader['options'];
}

export interface RecorderOptions {
  readonly hashes: Hashes;
  /** Takes the log's bytes, in order; what it is given is whole records. */
  write(bytes: Uint8Array): void;
  /** Instructions between checkpoints once the run is long. */
  readonly every?: number;
  /** Kinds of actions to leave out: a fault (cases.md R1), to show that a replay notices. */
  readonly omit?: readonly SessionAction['kind'][];
}

/** The first checkpoint comes after so many instructions; then the distance doubles up to `every`. */
const FIRST = 2 ** 20;
const EVERY = 2 ** 26;

export class Recorder {
  readonly #session: Session;
  readonly #options: RecorderOptions;
  readonly #encoder = new LogEncoder();
  readonly #console = new ConsoleTally();
  readonly #origin: number;
  #distance: number;
  #part = 0;

  /**
   * Begins the log of what the session does from now on.
   * @throws RangeError where host time does not tell instructions apart
   */
  constructor(session: Session, of: RecordOf, options: RecorderOptions) {
    this.#session = session;
    this.#options = options;
    const { machine } = session;
    const { vm, host } = machine;
    checkResolution(host.options.ips, vm.config.vcpus);
    this.#origin = host.instructions;
    this.#distance = Math.min(FIRST, options.every ?? EVERY);
    session.beforeAction.push((action) => this.#action(action));
    session.onTransmit.push((byte) => this.#console.add(byte));
    options.write(this.#encoder.head());
    this.#write({
      kind: 'header',
      ...of,
      machine: describeMachine(machine),
      start: { ...instantOf(machine), hash: options.hashes.state(machine) },
    });
    this.#planCheckpoint();
  }

  /** Ends the log with the machine as it is. */
  end(status: string, exitCode: number): void {
    const hash = this.#options.hashes.state(this.#session.machine);
    this.#write({ kind: 'end', ...this.#now(), status, exitCode, hash, console: this.#console.mark });
  }

  #action(action: SessionAction): void {
    if (action.kind === 'call' || action.kind === 'replace' || this.#options.omit?.includes(action.kind)) return;
    // A replay presses and lets go as the log says, so the key must not go up by itself there.
    const logged = action.kind === 'power-key' ? { ...action, hold: true } : action;
    this.#write({ kind: 'input', ...this.#now(), action: logged });
  }

  #planCheckpoint(): void {
    const { host } = this.#session.machine;
    const count = host.instructions + this.#distance;
    this.#session.schedule({
      when: { kind: 'instructions', count },
      action: { kind: 'call', run: () => this.#checkpoint() },
      own: true,
    });
  }

  #checkpoint(): void {
    const { machine } = this.#session;
    const part = this.#part++;
    const hash = checkpointHash(machine, part, this.#options.hashes);
    this.#write({ kind: 'checkpoint', ...this.#now(), part, hash, console: this.#console.mark });
    const every = this.#options.every ?? EVERY;
    this.#distance = Math.min(every, Math.max(FIRST, machine.host.instructions - this.#origin));
    this.#planCheckpoint();
  }

  #now(): Instant {
    return instantOf(this.#session.machine);
  }

  #write(record: LogRecord): void {
    this.#options.write(this.#encoder.record(record));
  }
}

/**
 * A log names instants by host time, so an instruction must take at least a picosecond of it.
 * @throws RangeError
 */
function checkResolution(ips: number, vcpus: number): void {
  if (ips * vcpus > 1e12) {
    throw new RangeError(`--record: --ips ${ips} with ${vcpus} vCPUs: a run can be recorded up to 10^12 together`);
  }
}
