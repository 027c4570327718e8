/**
 * Runs a session as a log says: each input at the instant at which it took effect, and at each of the log's instants the
 * question whether the machine is what it was. The first difference ends the run.
 */
import type { Session, SessionAction, SessionEvent, SessionStatus } from '../session.js';
import type { Verdict } from '../verdict.js';
import { ConsoleTally } from './console-mark.js';
import { instantOf } from './describe.js';
import { BadReplayLog } from './errors.js';
import type { ReplayLog } from './format.js';
import { checkpointHash, type Hashes } from './hashes.js';
import { type ConsoleMark, type Instant, type LogRecord, sayInstant } from './records.js';

type Entry = ReplayLog['records'][number];
type Checkpoint = Extract<LogRecord, { kind: 'checkpoint' }>;
type End = Extract<LogRecord, { kind: 'end' }>;

/** How a replay went. */
export interface ReplayOutcome {
  /** Whether all of the log was replayed, as far as it goes. */
  readonly complete: boolean;
  /** The recorded run's end, where the replay reached it and it is the same. */
  readonly end: End | null;
  readonly verdict: Verdict;
}

export class Replayer {
  readonly #session: Session;
  readonly #log: ReplayLog;
  readonly #hashes: Hashes;
  #console: ConsoleTally | null;
  /** The next record to be planned. */
  #next: number;
  /** Inputs that are planned and have not happened. */
  readonly #due = new Map<SessionAction, Instant>();
  /** Planned records that have not happened. */
  #open = 0;
  /** Where the machine was last found to be what it was. */
  #good: Instant;
  #checks = 0;
  #divergence: { at: Instant; what: string; vcpu: number; pc: bigint } | null = null;

  /**
   * @param resumed whether the machine comes from a snapshot taken in the middle of the recorded run
   * @throws BadReplayLog where the log has nothing behind the machine's instant
   */
  constructor(session: Session, log: ReplayLog, hashes: Hashes, resumed = false) {
    this.#session = session;
    this.#log = log;
    this.#hashes = hashes;
    const now = instantOf(session.machine);
    this.#good = now;
    // What was printed before a snapshot is not known: its console is compared from the first checkpoint on.
    this.#console = resumed ? null : new ConsoleTally();
    this.#next = resumed ? log.records.filter((r) => r.kind !== 'end' && !isAfter(r, now)).length : 0;
    if (resumed) checkWithin(log, now);
    session.beforeAction.push((action) => this.#before(action));
    session.onTransmit.push((byte) => this.#console?.add(byte));
    this.#plan();
  }

  /** What the replay showed, once the session has come to its end with `status`. */
  finish(status: SessionStatus | 'timeout' | 'interrupted' | 'migrated' | 'held'): ReplayOutcome {
    const rest = this.#log.records[this.#next - this.#open];
    const end = rest?.kind === 'end' ? rest : null;
    const stopped = ['stopped', 'timeout', 'interrupted', 'migrated', 'held'].includes(status);
    const here = instantOf(this.#session.machine);
    if (end && !this.#divergence && (!stopped || this.#same(here, end))) this.#checkEnd(end, status);
    else if (rest && !stopped) this.#diverge(`the guest ended (${status}) before ${sayInstant(rest)}`);
    const complete = !this.#divergence && (end ? this.#same(here, end) : !rest);
    return { complete, end: complete ? end : null, verdict: this.#verdict(complete) };
  }

  /** Plans all records of the next instant that has any. */
  #plan(): void {
    const { records, header, cut } = this.#log;
    const first = records[this.#next];
    if (!first) {
      if (cut) this.#schedule((records.at(-1) ?? header.start).time, { kind: 'stop' });
      return;
    }
    if (first.kind === 'end') return this.#guardEnd(first);
    for (;;) {
      const record = records[this.#next];
      if (!record || record.kind === 'end' || record.time !== first.time) return;
      this.#next++;
      this.#open++;
      if (record.kind === 'input') {
        // An action of its own, since the log may hold the same one twice.
        const action = { ...record.action };
        this.#due.set(action, record);
        this.#schedule(record.time, action);
      } else this.#schedule(record.time, { kind: 'call', run: () => this.#check(record) });
    }
  }

  #schedule(at: bigint, action: SessionAction): void {
    this.#session.schedule({ when: { kind: 'time', at }, action, own: true });
  }

  /** A guest that goes on behind its end has gone another way; one that waits for ever does not get there. */
  #guardEnd(end: End): void {
    const guard: SessionEvent = {
      when: { kind: 'instructions', count: end.instructions + 1 },
      action: { kind: 'call', run: () => this.#diverge(`the guest goes on where it ended (${end.status})`) },
      own: true,
    };
    this.#session.schedule(guard);
  }

  #before(action: SessionAction): void {
    const record = this.#due.get(action);
    if (!record) return;
    this.#due.delete(action);
    this.#arrive(record);
  }

  /** @returns whether the machine is at the record's instant */
  #arrive(record: Instant): boolean {
    const here = instantOf(this.#session.machine);
    const same = this.#same(here, record);
    if (!same) this.#diverge(`${sayInstant(here)}, the recorded run was at ${sayInstant(record)}`);
    else if (!this.#divergence) {
      this.#good = here;
      this.#checks++;
    }
    if (--this.#open === 0 && !this.#divergence) this.#plan();
    return same;
  }

  #check(record: Checkpoint): void {
    if (this.#divergence) return;
    const hash = checkpointHash(this.#session.machine, record.part, this.#hashes);
    if (hash !== record.hash) this.#diverge('registers, devices or memory differ');
    else if (!this.#sameConsole(record.console)) this.#diverge('the console differs');
    this.#arrive(record);
  }

  #checkEnd(end: End, status: string): void {
    const { machine } = this.#session;
    const expected = end.status === 'timeout' || end.status === 'interrupted' ? 'stopped' : end.status;
    if (status !== expected) return this.#diverge(`ended as ${status}, the recorded run as ${end.status}`);
    const here = instantOf(machine);
    if (!this.#same(here, end)) return this.#diverge(`the recorded run ended at ${sayInstant(end)}`);
    if (!this.#sameConsole(end.console)) return this.#diverge('the console differs');
    const hash = this.#hashes.state(machine);
    if (hash !== end.hash)
      return this.#diverge(`state hash ${hash.slice(0, 12)}..., recorded ${end.hash.slice(0, 12)}...`);
    this.#good = here;
    this.#checks++;
  }

  #sameConsole(recorded: ConsoleMark): boolean {
    const mark = this.#console?.mark ?? recorded;
    this.#console ??= new ConsoleTally(recorded);
    return mark.bytes === recorded.bytes && mark.crc === recorded.crc;
  }

  #same(a: Instant, b: Instant): boolean {
    return a.time === b.time && a.instructions === b.instructions;
  }

  #diverge(what: string): void {
    if (this.#divergence) return;
    const { cpu } = this.#session.machine.vm.engine;
    this.#divergence = { at: instantOf(this.#session.machine), what, vcpu: cpu.vcpu, pc: cpu.pc };
    this.#schedule(this.#divergence.at.time, { kind: 'stop' });
  }

  #verdict(complete: boolean): Verdict {
    const common = { name: 'state-hash', bound: 0, unit: 'differences' } as const;
    const until = sayInstant(this.#good);
    if (!this.#divergence) {
      const last = this.#log.records.at(-1) ?? this.#log.header.start;
      const why = this.#log.cut
        ? `; the log is cut off there: its recording was ended by force`
        : `; the replay was stopped before the log's end at ${sayInstant(last)}`;
      const text = `as recorded at ${this.#checks} instant${this.#checks === 1 ? '' : 's'}, the last at ${until}`;
      return { ...common, status: 'pass', value: 0, text: complete && !this.#log.cut ? text : text + why };
    }
    const { at, what, vcpu, pc } = this.#divergence;
    const build = this.#log.header.build;
    return {
      ...common,
      status: 'fail',
      value: 1,
      text: `differs at ${sayInstant(at)}, as recorded until ${until}: ${what} (recorded by Chronovisor ${build})`,
      first: { timeNs: Number(at.time / 1000n), vcpu, pc: `0x${pc.toString(16)}` },
    };
  }
}

const isAfter = (a: Instant, b: Instant): boolean => a.time > b.time;

/** @throws BadReplayLog */
function checkWithin({ header, records }: ReplayLog, now: Instant): void {
  const last: Entry | LogRecord = records.at(-1) ?? header;
  const [from, to] = [header.start, last.kind === 'header' ? header.start : last];
  if (now.time >= from.time && now.time <= to.time && now.instructions <= to.instructions) return;
  throw new BadReplayLog(
    `it goes from ${sayInstant(from)} to ${sayInstant(to)}; the snapshot is of ${sayInstant(now)}, outside of it`,
  );
}
