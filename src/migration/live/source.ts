/**
 * The source of a live migration, over whatever carries bytes. It never runs the guest itself: whoever does asks
 * `mayRun` between slices, and calls `advance` there.
 *
 * Rounds end at instants of guest time, and when to stop depends on how many pages the guest has written, so that the
 * instant of the stop is a function of the guest's run alone: the same run moves at the same instruction however quick
 * the link is. (Where the pace is the wall clock's, a round lasts as long as the link takes.)
 *
 * Who holds the guest: the source, until `commit` is called in phase 'ready'. From there on it never runs it again.
 */
import type { IdentityRegister } from '../../arch/system/identity.js';
import { PS_PER_MILLISECOND, type Ps } from '../../arch/timer/time.js';
import type { DowntimePolicy, StrategyName } from '../../hypervisor/strategy/index.js';
import { admitMove } from '../migrate.js';
import { pageKernel } from '../page-kernel.js';
import type { Machine } from '../snapshot.js';
import { MigrationFailed } from './errors.js';
import { admit, FrameReader } from './frame-reader.js';
import { decodeNumber, encodeNumber, FrameWriter, MAGIC, type MessageName, PROTOCOL } from './frames.js';
import {
  decodeAcceptance,
  decodeHello,
  decodeReason,
  encodeHello,
  encodeOffer,
  encodeReason,
  encodeState,
  refusing,
} from './messages.js';
import { PageSender, type PageSet } from './page-sender.js';

export interface SourceOptions {
  /** 32 hexadecimal digits, never used before. */
  readonly id: string;
  readonly strategy: StrategyName;
  readonly downtime: DowntimePolicy;
  readonly pause: Ps;
  /** Identification registers that may differ from what the guest has read. */
  readonly allow?: readonly IdentityRegister[];
  /** Rounds end by guest time, and the guest waits for the link. */
  readonly deterministic: boolean;
  /** Guest time of the rounds, the last one's for all that follow; 10, 2 and 1 ms where absent. */
  readonly rounds?: readonly Ps[];
  /** The line that the guest is printing. */
  line(): string;
}

export type SourcePhase =
  /** Waiting for the other side to agree. */
  | 'offering'
  | 'copying'
  /** The guest is stopped; the state and the last pages are on their way. */
  | 'stopped'
  /** The destination is ready: `commit` or `cancel`. */
  | 'ready'
  /** The guest is the destination's, which has not said yet that it runs. */
  | 'given-up'
  /** The guest runs there. */
  | 'gone'
  /** The guest is still ours and goes on. */
  | 'failed';

/** Guest time of the rounds: the last goes on. */
const ROUND_TIMES: readonly Ps[] = [10n, 2n, 1n].map((ms) => ms * PS_PER_MILLISECOND);
/** Pages that are few enough to stop for. */
const FEW = 64;
const MAX_ROUNDS = 16;
/** Encodings of the state until it takes no longer than it has to. */
const REHEARSALS = 12;

const ADMITTED: Readonly<Record<SourcePhase, readonly MessageName[]>> = {
  offering: ['HELO', 'ACPT', 'RFSE'],
  copying: ['FITS', 'SEEN', 'RFSE'],
  stopped: ['REDY', 'RFSE'],
  ready: ['RFSE'],
  'given-up': ['RUNS'],
  gone: [],
  failed: ['RFSE'],
};

export class LiveSource {
  readonly id: string;
  readonly #machine: Machine;
  readonly #options: SourceOptions;
  readonly #reader: FrameReader;
  readonly #writer = new FrameWriter();
  readonly #out: Uint8Array[] = [MAGIC];
  readonly #pages: PageSender;
  #phase: SourcePhase = 'offering';
  #greeted = false;
  #fits = false;
  #round = 0;
  #roundEnd: Ps = 0n;
  /** The round's pages have all been given out; the destination has stored them. */
  #allSent = false;
  #seen = false;
  #dirty = Number.POSITIVE_INFINITY;
  #bytes = 0;
  #pagesSent = 0;
  #mustTell = false;
  #rehearsals = 0;
  /** Why it failed, for people. */
  reason: string | null = null;

  /** @throws MigrationFailed for a guest that cannot go to another process */
  constructor(machine: Machine, options: SourceOptions) {
    this.id = options.id;
    this.#machine = machine;
    this.#options = options;
    const { vm } = machine;
    if (vm.board.virtio.disks.length) throw new MigrationFailed('a guest with a drive cannot go to another process');
    this.#pages = new PageSender(vm.memory(), pageKernel(vm.engine.memory), this.#writer);
    this.#reader = new FrameReader({
      admit: (name) => admit(name, this.#phase, ADMITTED),
      message: (name, payload) => this.#message(name, payload),
      pages: () => {
        throw new MigrationFailed('the destination sends pages');
      },
      stored: () => {},
    });
    this.#send('HELO', encodeHello({ version: PROTOCOL, role: 'source' }));
    // The first round is from here on, however long the other side takes to agree.
    vm.system.mmu.dirty.start();
    this.#roundEnd = machine.host.now() + this.#roundTime();
  }

  get phase(): SourcePhase {
    return this.#phase;
  }

  /** Rounds so far, pages with data and bytes given out. */
  get progress(): { rounds: number; pages: number; bytes: number; dirty: number | null } {
    const dirty = Number.isFinite(this.#dirty) ? this.#dirty : null;
    return { rounds: this.#round, pages: this.#pagesSent, bytes: this.#bytes, dirty };
  }

  /** It has failed and the destination may be waiting, ready: it should be told, by a new link if need be. */
  get mustTell(): boolean {
    return this.#phase === 'failed' && this.#mustTell;
  }

  /** Whether the guest may run on now. */
  mayRun(now: Ps): boolean {
    if (this.#phase === 'failed') return true;
    const copying = this.#phase === 'offering' || this.#phase === 'copying';
    return copying && !(this.#options.deterministic && now >= this.#roundEnd);
  }

  /** The guest waits for something that will never come: its round is over. */
  stalled(now: Ps): void {
    this.#roundEnd = now;
  }

  /** Looks what is next, between slices. */
  advance(now: Ps): void {
    if (this.#phase !== 'copying' || !this.#seen || !this.#fits) return;
    if (this.#options.deterministic && now < this.#roundEnd) return;
    const { dirty } = this.#machine.vm.system.mmu;
    const set = this.#bySpace(dirty.take());
    const count = set.reduce((sum, pages) => sum + countOf(pages), 0);
    this.#round++;
    const shrinks = count * 2 <= this.#dirty;
    this.#dirty = count;
    const last = count <= FEW || !shrinks || this.#round >= MAX_ROUNDS;
    if (last) this.#stop(set);
    else {
      this.#roundEnd = now + this.#roundTime();
      this.#begin(set);
    }
  }

  /** The next bytes for the link, or null where there are none now. Between slices only. */
  next(): Uint8Array | null {
    const bytes = this.#out.shift() ?? this.#nextPages();
    if (bytes) this.#bytes += bytes.length;
    return bytes;
  }

  /** Bytes from the destination, between slices. Nothing is thrown: what is wrong ends the migration. */
  receive(bytes: Uint8Array): void {
    if (this.#phase === 'failed' || this.#phase === 'gone') return;
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (!(error instanceof MigrationFailed)) throw error;
      this.#lose(error.message.replace(/^migration: /, ''));
    }
  }

  /** The link is gone. */
  closed(): void {
    this.#lose('the link was lost');
  }

  /**
   * There is nothing to do: encodes the state as it is, for nothing but that V8 makes quick what the guest will wait for
   * at its stop.
   */
  rehearse(): void {
    if (this.#phase !== 'copying' || this.#rehearsals === REHEARSALS) return;
    this.#rehearsals++;
    encodeState(this.#machine, '');
  }

  /** Gives the guest up, for good. Whoever calls this must have made it last: it may not run here again. */
  commit(): void {
    if (this.#phase !== 'ready') throw new RangeError(`commit in phase ${this.#phase}`);
    this.#phase = 'given-up';
    this.#machine.vm.system.mmu.dirty.stop();
    this.#send('GOON');
  }

  /** Calls it off; false where it is too late. */
  cancel(reason: string): boolean {
    if (this.#phase === 'given-up' || this.#phase === 'gone') return false;
    if (this.#phase === 'failed') return true;
    this.#fail(reason);
    this.#send('QUIT', encodeReason(reason));
    return true;
  }

  /** What the destination said to a question about this migration. */
  answered(answer: 'runs' | 'gone'): void {
    if (this.#phase === 'given-up' && answer === 'runs') this.#phase = 'gone';
    this.#mustTell = false;
  }

  #send(name: Exclude<MessageName, 'PAGE'>, payload?: Uint8Array): void {
    this.#out.push(this.#writer.message(name, payload));
  }

  /** The link cannot be used any more: ours is what has not been given up. */
  #lose(reason: string): void {
    if (this.#phase === 'gone') return;
    this.reason ??= reason;
    if (this.#phase !== 'given-up') this.#fail(reason);
  }

  #fail(reason: string): void {
    if (this.#phase === 'failed') return;
    this.#mustTell = this.#phase === 'stopped' || this.#phase === 'ready';
    this.reason = reason;
    this.#phase = 'failed';
    this.#out.length = 0;
    this.#pages.begin([], false);
    this.#machine.vm.system.mmu.dirty.stop();
  }

  #message(name: MessageName, payload: Uint8Array): void {
    switch (name) {
      case 'HELO':
        return this.#greet(payload);
      case 'ACPT':
        return this.#accepted(payload);
      case 'RFSE':
        this.#fail(`the destination refuses: ${decodeReason(payload)}`);
        this.#mustTell = false;
        return;
      case 'FITS':
        this.#fits = true;
        return;
      case 'SEEN':
        if (payload.length !== 4 || decodeNumber(payload) !== this.#round || !this.#allSent) {
          throw new MigrationFailed('SEEN out of turn');
        }
        this.#seen = true;
        return;
      case 'REDY':
        this.#phase = 'ready';
        return;
      case 'RUNS':
        this.#phase = 'gone';
        return;
    }
  }

  #greet(payload: Uint8Array): void {
    const { version, role } = decodeHello(payload);
    if (this.#greeted) throw new MigrationFailed('HELO twice');
    if (version !== PROTOCOL) {
      throw new MigrationFailed(`the destination speaks version ${version} of the protocol; this one ${PROTOCOL}`);
    }
    if (role !== 'destination') throw new MigrationFailed('the other side is a source, too');
    this.#greeted = true;
    const { host, vm } = this.#machine;
    const { id, strategy, downtime, pause, allow = [] } = this.#options;
    const memories = vm.memory().map((m) => ({ name: m.name, size: m.size }));
    const { spec } = host.counter;
    this.#send(
      'OFFR',
      encodeOffer({ id, config: vm.config, memories, spec, strategy, downtime, pause, allow: [...allow] }),
    );
  }

  #accepted(payload: Uint8Array): void {
    if (!this.#greeted) throw new MigrationFailed('ACPT before HELO');
    const { spec } = decodeAcceptance(payload);
    const { host, vm } = this.#machine;
    const from = host.counter.spec;
    try {
      const { strategy, downtime, allow } = this.#options;
      refusing('refused', () => admitMove(this.#machine, spec ?? from, strategy, downtime, allow));
    } catch (error) {
      this.cancel((error as Error).message.replace(/^migration: /, ''));
      return;
    }
    this.#phase = 'copying';
    this.#send('DRFT', encodeState(this.#machine, this.#options.line()));
    this.#begin(vm.memory().map((m) => m.used.slice()));
  }

  #roundTime(): Ps {
    const times = this.#options.rounds ?? ROUND_TIMES;
    return times[Math.min(this.#round, times.length - 1)]!;
  }

  #begin(set: PageSet): void {
    this.#pages.begin(set, this.#round > 0);
    this.#allSent = false;
    this.#seen = false;
  }

  #stop(set: PageSet): void {
    this.#phase = 'stopped';
    // The destination makes the machine while the last pages are made ready.
    this.#send('STAT', encodeState(this.#machine, this.#options.line()));
    const memories = this.#machine.vm.memory();
    // What the hypervisor writes without going through the guest's tables is small: all of it goes again.
    this.#pages.begin(
      set.map((pages, i) => (memories[i]!.name === 'pv-time' ? pages.slice().fill(1) : pages)),
      true,
    );
    this.#allSent = false;
  }

  /** Marks of the whole guest memory by its parts. */
  #bySpace(marks: Uint8Array): PageSet {
    let page = 0;
    return this.#machine.vm.memory().map(({ size }) => {
      const first = page;
      page += size / 4096;
      return marks.subarray(first, page);
    });
  }

  #nextPages(): Uint8Array | null {
    if (this.#allSent || (this.#phase !== 'copying' && this.#phase !== 'stopped')) return null;
    const before = this.#pages.sent;
    const pages = this.#pages.next();
    this.#pagesSent += this.#pages.sent - before;
    if (pages) return pages;
    this.#allSent = true;
    return this.#writer.message('ROND', encodeNumber(this.#round));
  }
}

/** How many pages of a set's part are in it. */
function countOf(pages: Uint8Array): number {
  let count = 0;
  for (let page = pages.indexOf(1); page >= 0; page = pages.indexOf(1, page + 1)) count++;
  return count;
}
