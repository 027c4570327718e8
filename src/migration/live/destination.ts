/**
 * The destination of a live migration, over whatever carries bytes. It takes pages into a room that it has made for the
 * machine, tries the machine on with a draft of its state while the source still runs the guest, makes it at the end,
 * says that it is ready, and lets it run at the source's word only.
 *
 * Who holds the guest: the source until `phase` is 'running', whatever happens to the link. From 'ready' on the guest is
 * here, complete; it is the source's word (GOON, or an answer to ASKS) that decides.
 */
import type { HostSpec } from '../../host/frequency.js';
import { MigrationFailed } from './errors.js';
import { admit, FrameReader } from './frame-reader.js';
import {
  decodeNumber,
  encodeNumber,
  FrameWriter,
  MAGIC,
  type MessageName,
  PAGE_BYTES,
  type PageRun,
  PROTOCOL,
} from './frames.js';
import {
  decodeHello,
  decodeOffer,
  decodeQuestion,
  decodeReason,
  encodeAcceptance,
  encodeHello,
  encodeReason,
  type Offer,
  type Question,
  refusing,
} from './messages.js';

/** A memory of the machine to be. */
export interface Area {
  /** All zeros at first. */
  readonly bytes: Uint8Array;
  /** One byte a page: not 0 where something was put. */
  readonly used: Uint8Array;
  /** XXH64 of whole pages. */
  hash(offset: number, length: number): bigint;
}

/** Where a machine is made. */
export interface Room<Arrived> {
  /** In the offer's order. */
  readonly areas: readonly Area[];
  /**
   * Makes the machine of a state on its host; of a draft only to see that it can be made.
   * @returns what makes it complete, to be called once its memory is
   * @throws MigrationFailed where it cannot be made; so does what is returned where it cannot go on at this host
   */
  build(state: Uint8Array): () => Arrived;
}

export interface DestinationOptions<Arrived> {
  /** The host that guests go on at; null: as they were. */
  readonly spec: HostSpec | null;
  /** Bytes of the largest guest that is taken. */
  readonly maxMemory: number;
  /** @throws MigrationFailed where there is no room for such a guest */
  reserve(offer: Offer, spec: HostSpec): Room<Arrived>;
  /** What became of a migration whose link was lost. */
  answer?(question: Question): 'runs' | 'gone';
}

export type DestinationPhase =
  | 'hello'
  | 'offer'
  | 'copying'
  /** The guest has stopped; its machine is made, and the last pages are on their way. */
  | 'completing'
  /** The guest is here, complete; whether it may run is the source's to say. */
  | 'ready'
  /** The guest is ours. */
  | 'running'
  /** A question has been answered. */
  | 'answered'
  /** Nothing has come of it: the source has the guest. */
  | 'failed';

/** Rounds that a source may make. */
const MAX_ROUNDS = 1000;

/** What may come in each phase. */
const ADMITTED: Readonly<Record<DestinationPhase, readonly MessageName[]>> = {
  hello: ['HELO'],
  offer: ['OFFR', 'ASKS', 'QUIT'],
  copying: ['PAGE', 'DRFT', 'ROND', 'STAT', 'QUIT'],
  completing: ['PAGE', 'ROND', 'QUIT'],
  ready: ['GOON', 'QUIT'],
  running: [],
  answered: [],
  failed: [],
};

export class LiveDestination<Arrived> {
  readonly #options: DestinationOptions<Arrived>;
  readonly #reader: FrameReader;
  readonly #writer = new FrameWriter();
  readonly #out: Uint8Array[] = [MAGIC];
  #phase: DestinationPhase = 'hello';
  #offer: Offer | null = null;
  #room: Room<Arrived> | null = null;
  #complete: (() => Arrived) | null = null;
  #arrived: Arrived | null = null;
  #rounds = 0;
  /** Pages of this round so far. */
  #pages = 0;
  #maxPages = 0;
  #bytes = 0;
  #damaged: string | null = null;
  /** Why it failed, for people. */
  reason: string | null = null;

  constructor(options: DestinationOptions<Arrived>) {
    this.#options = options;
    this.#reader = new FrameReader({
      admit: (name) => admit(name, this.#phase, ADMITTED),
      message: (name, payload) => this.#message(name, payload),
      pages: (run) => this.#place(run),
      stored: (run, hash) => this.#stored(run, hash),
    });
    this.#out.push(this.#writer.message('HELO', encodeHello({ version: PROTOCOL, role: 'destination' })));
  }

  get phase(): DestinationPhase {
    return this.#phase;
  }

  /** Nothing more is to come over this link. */
  get done(): boolean {
    return this.#phase === 'failed' || this.#phase === 'running' || this.#phase === 'answered';
  }

  /** What is wrong with the link of a guest that is ready; null where nothing is. */
  get damaged(): string | null {
    return this.#damaged;
  }

  get offer(): Offer | null {
    return this.#offer;
  }

  /** The machine: from 'ready' on. It may run from 'running' on. */
  get arrived(): Arrived | null {
    return this.#arrived;
  }

  get progress(): { rounds: number; bytes: number } {
    return { rounds: this.#rounds, bytes: this.#bytes };
  }

  /** What is to be sent now. */
  takeOutput(): Uint8Array[] {
    return this.#out.splice(0);
  }

  /** Bytes from the source. Nothing is thrown: what is wrong ends the migration, and the source is told. */
  receive(bytes: Uint8Array): void {
    if (this.done || this.#damaged !== null) return;
    this.#bytes += bytes.length;
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (!(error instanceof MigrationFailed)) throw error;
      const reason = error.message.replace(/^migration: /, '');
      // Damage on the way does not undo what is complete: the source may have given the guest up.
      if (this.phase === 'ready') this.#damaged = reason;
      else this.#fail(reason);
    }
  }

  /** The link is gone. What is ready stays so. */
  closed(): void {
    if (this.#phase === 'ready' || this.#phase === 'running' || this.#phase === 'answered') return;
    if (this.#phase !== 'failed') this.#fail('the link was lost before the guest was here; the source has it');
  }

  /** The source's word, by whichever link it came. */
  decided(decision: 'go' | 'quit', reason = 'the source goes on with the guest'): void {
    if (this.#phase !== 'ready') return;
    if (decision === 'go') this.#phase = 'running';
    else this.#fail(reason);
  }

  /** Says that the guest runs here: to be called once that is known for sure. */
  confirm(): void {
    this.#send('RUNS');
  }

  #send(name: Exclude<MessageName, 'PAGE'>, payload?: Uint8Array): void {
    this.#out.push(this.#writer.message(name, payload));
  }

  #fail(reason: string): void {
    this.reason = reason;
    // A stranger is told what is wrong with what it sent, and nothing of what is here.
    this.#send('RFSE', encodeReason(reason));
    this.#phase = 'failed';
    this.#room = null;
    this.#complete = null;
    this.#arrived = null;
  }

  #message(name: MessageName, payload: Uint8Array): void {
    switch (name) {
      case 'HELO':
        return this.#greet(payload);
      case 'OFFR':
        return this.#consider(decodeOffer(payload));
      case 'DRFT':
        this.#room!.build(payload)();
        return this.#send('FITS');
      case 'ROND':
        return this.#endRound(payload);
      case 'STAT':
        this.#complete = this.#room!.build(payload);
        this.#phase = 'completing';
        return;
      case 'GOON':
        return this.decided('go');
      case 'QUIT':
        return this.#quit(decodeReason(payload));
      case 'ASKS': {
        const answer = this.#options.answer?.(decodeQuestion(payload)) ?? 'gone';
        this.#phase = 'answered';
        return this.#send(answer === 'runs' ? 'RUNS' : 'GONE');
      }
    }
  }

  #quit(reason: string): void {
    this.#fail(`the source called it off: ${reason}`);
  }

  #greet(payload: Uint8Array): void {
    const { version, role } = decodeHello(payload);
    if (version !== PROTOCOL) {
      throw new MigrationFailed(`the source speaks version ${version} of the protocol; this one ${PROTOCOL}`);
    }
    if (role !== 'source') throw new MigrationFailed('the other side is a destination, too');
    this.#phase = 'offer';
  }

  #consider(offer: Offer): void {
    const bytes = offer.memories.reduce((sum, m) => sum + m.size, 0);
    const { maxMemory } = this.#options;
    if (offer.config.ramBytes > maxMemory) {
      throw new MigrationFailed(`a guest of ${offer.config.ramBytes} bytes of RAM; at most ${maxMemory} (--memory)`);
    }
    const spec = this.#options.spec ?? offer.spec;
    const room = refusing('no room', () => this.#options.reserve(offer, spec));
    const wrong =
      room.areas.length !== offer.memories.length ||
      room.areas.some((area, i) => area.bytes.length !== offer.memories[i]!.size);
    if (wrong) throw new MigrationFailed(`memories of ${bytes} bytes in all are not such a machine's`);
    this.#room = room;
    this.#maxPages = bytes / PAGE_BYTES;
    this.#offer = offer;
    this.#phase = 'copying';
    this.#send('ACPT', encodeAcceptance({ spec: this.#options.spec }));
  }

  #place(run: PageRun): Uint8Array | null {
    const area = this.#room!.areas[run.memory];
    const pages = area ? area.bytes.length / PAGE_BYTES : 0;
    if (!area || run.first >= pages || run.count > pages - run.first) {
      throw new MigrationFailed(
        `pages ${run.first} to ${run.first + run.count - 1} of memory ${run.memory}: not there`,
      );
    }
    this.#pages += run.count;
    if (this.#pages > this.#maxPages) throw new MigrationFailed('more pages in a round than the guest has');
    const from = run.first * PAGE_BYTES;
    const target = area.bytes.subarray(from, from + run.count * PAGE_BYTES);
    if (!run.zeros) {
      area.used.fill(1, run.first, run.first + run.count);
      return target;
    }
    // What was never written is zeros, and touching it would cost memory.
    for (let page = 0; page < run.count; page++) {
      if (area.used[run.first + page]) target.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    }
    return null;
  }

  #stored(run: PageRun, hash: bigint): void {
    const area = this.#room!.areas[run.memory]!;
    if (area.hash(run.first * PAGE_BYTES, run.count * PAGE_BYTES) !== hash) {
      throw new MigrationFailed(`pages from ${run.first} on are damaged (XXH64)`);
    }
  }

  #endRound(payload: Uint8Array): void {
    const round = payload.length === 4 ? decodeNumber(payload) : -1;
    if (round !== this.#rounds || round >= MAX_ROUNDS) throw new MigrationFailed(`round ${round} out of turn`);
    this.#rounds++;
    this.#pages = 0;
    if (!this.#complete) return this.#send('SEEN', encodeNumber(round));
    this.#arrived = this.#complete();
    this.#phase = 'ready';
    this.#send('REDY');
  }
}
