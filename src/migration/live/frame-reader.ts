/**
 * Reads messages from bytes as they come. Nothing is kept but one message in the making, which is no longer than its
 * name allows; pages go where they belong as they come. The first thing that is wrong ends it.
 */
import { MigrationFailed } from './errors.js';
import {
  frameSum,
  HEAD,
  isMessageName,
  LIMITS,
  MAGIC,
  MAX_RUN,
  type MessageName,
  PAGE_BYTES,
  type PageRun,
  RUN_HEAD,
} from './frames.js';

export interface FrameSink {
  /**
   * A message begins.
   * @throws MigrationFailed where it has no business here
   */
  admit(name: MessageName): void;
  /** A message has come whole. */
  message(name: MessageName, payload: Uint8Array): void;
  /**
   * Pages are coming.
   * @returns where their data goes, `count` pages; null for zeros, which the sink has then stored itself
   * @throws MigrationFailed where they have no business here
   */
  pages(run: PageRun): Uint8Array | null;
  /** The data of the run is where it belongs; its checksum as it was sent. */
  stored(run: PageRun, hash: bigint): void;
}

const FIRST_PIECE = 65536;
const NAME = /^[A-Z]{4}$/;

export class FrameReader {
  readonly #sink: FrameSink;
  #sequence = 0;
  /** Bytes of magic, head or payload that have come so far. */
  #buffer: Uint8Array = new Uint8Array(MAGIC.length);
  #filled = 0;
  #expects: 'magic' | 'head' | 'payload' | 'run' | 'data' = 'magic';
  readonly #head = new Uint8Array(HEAD);
  #name: MessageName = 'HELO';
  #length = 0;
  #run: PageRun | null = null;
  #hash = 0n;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Whether the bytes so far end behind a message. */
  get atBoundary(): boolean {
    return this.#expects === 'head' && this.#filled === 0;
  }

  /** @throws MigrationFailed at the first byte that cannot be */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const take = Math.min(bytes.length - at, this.#buffer.length - this.#filled);
      this.#buffer.set(bytes.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#expects === 'magic') this.#checkMagic();
      if (this.#filled === this.#buffer.length) this.#full();
    }
  }

  #checkMagic(): void {
    for (let i = 0; i < this.#filled; i++) {
      if (this.#buffer[i] !== MAGIC[i]) throw new MigrationFailed('the other side is no Chronovisor (wrong magic)');
    }
  }

  #expect(what: 'head' | 'payload' | 'run' | 'data', buffer: Uint8Array): void {
    this.#expects = what;
    this.#buffer = buffer;
    this.#filled = 0;
    if (!buffer.length) this.#full();
  }

  #full(): void {
    switch (this.#expects) {
      case 'magic':
        return this.#expect('head', this.#head);
      case 'head':
        return this.#readHead();
      case 'payload':
        return this.#readPayload();
      case 'run':
        return this.#readRun();
      case 'data':
        this.#sink.stored(this.#run!, this.#hash);
        return this.#expect('head', this.#head);
    }
  }

  #readHead(): void {
    const name = String.fromCharCode(...this.#head.subarray(0, 4));
    const view = new DataView(this.#head.buffer);
    if (!isMessageName(name)) {
      throw new MigrationFailed(`the stream is damaged: ${NAME.test(name) ? `no message ${name}` : 'no message'}`);
    }
    const length = view.getUint32(4, true);
    this.#sink.admit(name);
    if (length > LIMITS[name]) {
      throw new MigrationFailed(`${name} of ${length} bytes; at most ${LIMITS[name]}`);
    }
    const sequence = view.getUint32(8, true);
    if (sequence !== this.#sequence) {
      throw new MigrationFailed(`${name} is message ${sequence}; ${this.#sequence} was expected`);
    }
    this.#sequence++;
    this.#name = name;
    this.#length = length;
    // What is kept grows with what has come, not with what a head claims.
    if (name !== 'PAGE') return this.#expect('payload', new Uint8Array(Math.min(length, FIRST_PIECE)));
    if (length < RUN_HEAD) throw new MigrationFailed(`PAGE of ${length} bytes; at least ${RUN_HEAD}`);
    this.#expect('run', new Uint8Array(RUN_HEAD));
  }

  #checkSum(payload: Uint8Array): void {
    const sum = new DataView(this.#head.buffer).getUint32(12, true);
    if (frameSum(this.#head, payload) !== sum) throw new MigrationFailed(`${this.#name} is damaged (CRC-32)`);
  }

  #readPayload(): void {
    const payload = this.#buffer;
    if (payload.length < this.#length) {
      this.#buffer = new Uint8Array(Math.min(this.#length, payload.length * 2));
      this.#buffer.set(payload);
      return;
    }
    this.#checkSum(payload);
    this.#expect('head', this.#head);
    this.#sink.message(this.#name, payload);
  }

  #readRun(): void {
    this.#checkSum(this.#buffer);
    const view = new DataView(this.#buffer.buffer);
    const [memory, first, count, kind] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
      number,
      number,
      number,
      number,
    ];
    const run = { memory, first, count, zeros: kind === 1 };
    const size = run.zeros ? 0 : count * PAGE_BYTES;
    if (kind > 1 || !count || (!run.zeros && count > MAX_RUN) || this.#length !== RUN_HEAD + size) {
      throw new MigrationFailed(`PAGE of ${count} pages and kind ${kind} in ${this.#length} bytes cannot be`);
    }
    this.#run = run;
    this.#hash = view.getBigUint64(16, true);
    const target = this.#sink.pages(run);
    if (target) this.#expect('data', target);
    else this.#expect('head', this.#head);
  }
}

/** @throws MigrationFailed for a message that has no place in the phase */
export function admit<P extends string>(
  name: MessageName,
  phase: P,
  admitted: Readonly<Record<P, readonly MessageName[]>>,
): void {
  if (!admitted[phase].includes(name)) throw new MigrationFailed(`${name} has no place here (${phase})`);
}
