/** Streams made wrong, for the receiver: bytes, messages, fields and order, with checksums made right again or not. */
import type { HostSpec } from '../../../src/host/frequency.js';
import { readContainer, writeContainer } from '../../../src/migration/container.js';
import { crc32 } from '../../../src/migration/crc32.js';
import { decodeJson } from '../../../src/migration/json.js';
import { HEAD } from '../../../src/migration/live/frames.js';
import { type Arrival, LiveDestination, MigrationFailed, reserveRoom } from '../../../src/migration/live/index.js';
import { decodeState } from '../../../src/migration/live/messages.js';
import { pageKernel } from '../../../src/migration/page-kernel.js';
import type { Random } from '../../conformance/random.js';
import { guestMachine } from '../../support/machine.js';
import { WrongJson } from '../../support/wrong-json.js';
import { move, sessionOf } from './link.js';

/** RAM of the guest in bytes. */
export const RAM = 4 * 2 ** 20;
const PV = 65536;

/** The messages of a migration as the source sent them, magic first. */
export interface Right {
  readonly stream: readonly Uint8Array[];
  /** Of each message that has fields, a payload with some of them changed. */
  readonly wrongFields: ReadonlyMap<number, (random: Random) => Uint8Array>;
}

export function rightStream(): Right {
  const session = sessionOf(
    guestMachine('clock', { ramBytes: RAM, bootargs: 'exit=semihosting samples=200 work=20000' }),
    () => {},
  );
  session.machine.host.run({ until: 300_000_000n });
  const sent: Uint8Array[] = [];
  move({ session, id: '0'.repeat(32), rounds: [50_000_000n], onSent: (bytes) => sent.push(bytes.slice()) });
  const stream = sent.flatMap(split);
  const wrongFields = new Map<number, (random: Random) => Uint8Array>();
  for (const [n, message] of stream.entries()) {
    const name = Buffer.from(message.subarray(0, 4)).toString();
    const payload = message.subarray(HEAD);
    if (name === 'HELO' || name === 'OFFR') wrongFields.set(n, wrongJson(payload));
    if (name === 'DRFT' || name === 'STAT') wrongFields.set(n, wrongState(payload));
  }
  return { stream, wrongFields };
}

function wrongJson(payload: Uint8Array): (random: Random) => Uint8Array {
  const text = new WrongJson(decodeJson(payload));
  return (random) => text.mutate(random, random.chance(1, 4) ? 3 : 1);
}

function wrongState(payload: Uint8Array): (random: Random) => Uint8Array {
  const sections = readContainer(payload);
  const wrong = sections.map((section) => wrongJson(section.payload));
  return (random) => {
    const at = below(random, sections.length);
    return writeContainer(sections.map((s, i) => (i === at ? { ...s, payload: wrong[at]!(random) } : s)));
  };
}

/** A source gives out several messages at once; the magic is no message. */
function split(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length === 8) return [bytes];
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = HEAD + new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(4, true);
    out.push(bytes.subarray(at, at + length));
    at += length;
  }
  return out;
}

function arrive<A>(stream: readonly Uint8Array[], destination: LiveDestination<A>): LiveDestination<A> {
  for (const bytes of stream) {
    destination.receive(bytes);
    destination.takeOutput();
  }
  destination.closed();
  return destination;
}

/** Gives the stream to a receiver that makes the machine, as a command does, and runs it a little where it may. */
export function receiveForReal(stream: readonly Uint8Array[]): LiveDestination<Arrival> {
  const destination = new LiveDestination<Arrival>({
    spec: null,
    maxMemory: RAM,
    reserve: (offer, spec) => reserveRoom(offer, spec, 'interp'),
  });
  arrive(stream, destination);
  if (destination.phase === 'running') {
    const { host } = destination.arrived!.machine;
    host.onTransmit = () => {};
    let slices = 0;
    host.run({ instructions: host.instructions + 20_000, poll: () => ++slices > 200 });
  }
  return destination;
}

/** What a receiver has made room in: one for all streams, as making engines is not what is tried here. */
export class FuzzRoom {
  readonly #bytes: Uint8Array;
  readonly #states: Uint8Array[] = [];
  readonly #kernel: ReturnType<typeof pageKernel>;
  readonly #used = [new Uint8Array(RAM / 4096), new Uint8Array(PV / 4096)];

  constructor() {
    const memory = new WebAssembly.Memory({ initial: (RAM + PV) / 65536 + 1 });
    this.#bytes = new Uint8Array(memory.buffer, 65536);
    this.#kernel = pageKernel(memory);
  }

  /** What was right once is so again: checking it takes far longer than all else. */
  #build(state: Uint8Array): () => number {
    if (!this.#states.some((known) => Buffer.compare(known, state) === 0)) {
      decodeState(state, RAM);
      if (this.#states.length < 2) this.#states.push(state);
    }
    return () => 1;
  }

  /** Gives the stream to a receiver in pieces. */
  receive(stream: readonly Uint8Array[]): LiveDestination<number> {
    for (const used of this.#used) used.fill(0);
    const areas = [
      { bytes: this.#bytes.subarray(0, RAM), used: this.#used[0]!, at: 0 },
      { bytes: this.#bytes.subarray(RAM, RAM + PV), used: this.#used[1]!, at: RAM },
    ].map(({ bytes, used, at }) => ({
      bytes,
      used,
      hash: (offset: number, length: number) => this.#kernel.hash(65536 + at + offset, length),
    }));
    const destination = new LiveDestination<number>({
      spec: null as HostSpec | null,
      maxMemory: RAM,
      reserve: (offer) => {
        if (offer.config.ramBytes !== RAM) throw new MigrationFailed('no room for another size');
        return { areas, build: (state) => this.#build(state) };
      },
    });
    return arrive(stream, destination);
  }
}

const below = (random: Random, n: number): number => random.word() % n;

/**
 * Makes the checksums of heads and of payloads but pages right again; sequence numbers follow the order. What is right
 * as it is stays the same message.
 */
function repair(messages: readonly Uint8Array[], right: ReadonlySet<Uint8Array>, renumber: boolean): Uint8Array[] {
  let sequence = 0;
  return messages.map((message) => {
    if (message.length < HEAD) return message;
    const number = new DataView(message.buffer, message.byteOffset).getUint32(8, true);
    const wanted = renumber ? sequence++ : number;
    if (number === wanted && right.has(message)) return message;
    const copy = message.slice();
    const view = new DataView(copy.buffer);
    view.setUint32(8, wanted, true);
    const isPage = copy[0] === 0x50;
    const covered = copy.subarray(HEAD, isPage ? HEAD + 24 : undefined);
    view.setUint32(12, crc32(covered, crc32(copy.subarray(0, 12))), true);
    return copy;
  });
}

function withPayload(message: Uint8Array, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEAD + payload.length);
  out.set(message.subarray(0, HEAD));
  out.set(payload, HEAD);
  new DataView(out.buffer).setUint32(4, payload.length, true);
  return out;
}

/** One wrong stream. Only what is changed is copied. */
export function mutate(random: Random, right: Right): { kind: string; stream: Uint8Array[] } {
  const stream = [...right.stream];
  const at = below(random, stream.length);
  const change = (work: (bytes: Uint8Array) => void): void => {
    const copy = stream[at]!.slice();
    work(copy);
    stream[at] = copy;
  };
  switch (below(random, 8)) {
    case 0:
      change((b) => {
        for (let n = 1 + below(random, 4); n > 0; n--) b[below(random, b.length)] = random.word();
      });
      return { kind: 'bytes', stream };
    case 1:
      stream[at] = stream[at]!.subarray(0, below(random, stream[at]!.length + 1));
      stream.length = at + 1;
      return { kind: 'cut', stream };
    case 2:
      stream.splice(at, 1);
      break;
    case 3:
      stream.splice(below(random, stream.length), 0, stream[at]!.slice());
      break;
    case 4: {
      const other = below(random, stream.length);
      [stream[at], stream[other]] = [stream[other]!, stream[at]!];
      break;
    }
    case 5:
      // The head of a message or of a run of pages.
      change((b) => {
        b[below(random, Math.min(b.length, HEAD + 24))] = random.word();
      });
      break;
    case 6: {
      const [n, wrong] = [...right.wrongFields][below(random, right.wrongFields.size)]!;
      stream[n] = withPayload(stream[n]!, wrong(random));
      return { kind: 'fields', stream: repair(stream, new Set(right.stream), true) };
    }
    default:
      change((b) => {
        if (b.length > HEAD) b[HEAD + below(random, b.length - HEAD)]! ^= 1 << below(random, 8);
      });
  }
  return { kind: 'repaired', stream: repair(stream, new Set(right.stream), random.chance(3, 4)) };
}
