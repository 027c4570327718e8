/**
 * Perfetto's trace format (perfetto.dev, "Synthetic TrackEvent"; field numbers of protos/perfetto/trace): tracks, slices,
 * instants, counters and flows, streamed to a sink in chunks, up to a limit.
 */
import { ProtoWriter } from './proto.js';

/** A flow id: ties events on different tracks together. */
export type Flow = number;

export interface EventDetails {
  readonly args?: Readonly<Record<string, string | number | bigint | boolean>>;
  readonly flow?: Flow | null;
  /** Whether the flow ends here. */
  readonly last?: boolean;
}

const TRACE = { packet: 1 };
const PACKET = {
  timestamp: 8,
  sequence: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
};
const DESCRIPTOR = { uuid: 1, name: 2, process: 3, thread: 4, parent: 5, counter: 8 };
const PROCESS = { pid: 1, name: 6 };
const THREAD = { pid: 1, tid: 2, name: 5 };
const EVENT = { annotations: 4, type: 9, nameIid: 10, track: 11, counter: 30, flows: 47, lastFlows: 48 };
const ANNOTATION = { nameIid: 1, bool: 2, uint: 3, int: 4, string: 6 };
const INTERNED = { eventNames: 2, annotationNames: 3 };
const INTERNED_NAME = { iid: 1, name: 2 };
const TYPE = { begin: 1, end: 2, instant: 3, counter: 4 };
const STATE_CLEARED = 1;
const NEEDS_STATE = 2;

const SEQUENCE = 1;
const PID = 1;
const CHUNK = 64 * 1024;

export class PerfettoWriter {
  readonly #sink: (chunk: Uint8Array) => void;
  readonly #limit: number;
  readonly #chunk = new Uint8Array(CHUNK);
  #used = 0;
  #written = 0;
  #full = false;
  #begun = false;
  readonly #packet = new ProtoWriter();
  readonly #event = new ProtoWriter();
  readonly #framed = new ProtoWriter();
  readonly #part = new ProtoWriter();
  readonly #names = new Map<string, number>();
  readonly #annotations = new Map<string, number>();
  #uuids = 0;

  /**
   * @param sink takes chunks in order; each is good during the call only
   * @param limit bytes after which nothing is taken any more
   */
  constructor(sink: (chunk: Uint8Array) => void, limit = Number.POSITIVE_INFINITY) {
    this.#sink = sink;
    this.#limit = limit;
  }

  /** Whether the limit has been reached. */
  get full(): boolean {
    return this.#full;
  }

  /** Bytes taken so far. */
  get size(): number {
    return this.#written;
  }

  /** Tracks: one for the process, one a thread, others below one of them. Each returns its id. */
  process(name: string): number {
    const details = new ProtoWriter().varint(PROCESS.pid, PID).string(PROCESS.name, name);
    return this.#track((d) => d.message(DESCRIPTOR.process, details));
  }

  thread(tid: number, name: string): number {
    const details = new ProtoWriter().varint(THREAD.pid, PID).varint(THREAD.tid, tid).string(THREAD.name, name);
    return this.#track((d) => d.message(DESCRIPTOR.thread, details));
  }

  track(parent: number, name: string): number {
    return this.#track((d) => d.varint(DESCRIPTOR.parent, parent).string(DESCRIPTOR.name, name));
  }

  counterTrack(parent: number, name: string): number {
    const counter = new ProtoWriter();
    return this.#track((d) =>
      d.varint(DESCRIPTOR.parent, parent).string(DESCRIPTOR.name, name).message(DESCRIPTOR.counter, counter),
    );
  }

  #track(describe: (descriptor: ProtoWriter) => void): number {
    const uuid = ++this.#uuids;
    const descriptor = new ProtoWriter().varint(DESCRIPTOR.uuid, uuid);
    describe(descriptor);
    this.#emit(this.#packet.clear().message(PACKET.trackDescriptor, descriptor));
    return uuid;
  }

  /** Begins a slice; those of one track nest. `time` in host picoseconds, here and below. */
  begin(track: number, time: bigint, name: string, details: EventDetails = {}): void {
    this.#trackEvent(track, time, TYPE.begin, name, details);
  }

  end(track: number, time: bigint, details: EventDetails = {}): void {
    this.#trackEvent(track, time, TYPE.end, null, details);
  }

  instant(track: number, time: bigint, name: string, details: EventDetails = {}): void {
    this.#trackEvent(track, time, TYPE.instant, name, details);
  }

  /** A counter's value; a signed 64-bit integer. */
  counter(track: number, time: bigint, value: bigint): void {
    const event = this.#event.clear().varint(EVENT.type, TYPE.counter).varint(EVENT.track, track);
    this.#stamped(time, event.varint(EVENT.counter, value));
  }

  /** Hands over what is left. */
  close(): void {
    if (this.#used) this.#sink(this.#chunk.subarray(0, this.#used));
    this.#used = 0;
  }

  #trackEvent(track: number, time: bigint, type: number, name: string | null, details: EventDetails): void {
    if (this.#full) return;
    const event = this.#event.clear().varint(EVENT.type, type).varint(EVENT.track, track);
    if (name !== null) event.varint(EVENT.nameIid, this.#iid(this.#names, INTERNED.eventNames, name));
    const { flow, last } = details;
    if (flow) event.fixed64(last ? EVENT.lastFlows : EVENT.flows, flow);
    for (const key in details.args) {
      const iid = this.#iid(this.#annotations, INTERNED.annotationNames, key);
      event.message(
        EVENT.annotations,
        annotate(this.#part.clear().varint(ANNOTATION.nameIid, iid), details.args[key]!),
      );
    }
    this.#stamped(time, event);
  }

  #stamped(time: bigint, event: ProtoWriter): void {
    const packet = this.#packet.clear().varint(PACKET.timestamp, time / 1000n);
    this.#emit(packet.message(PACKET.trackEvent, event));
  }

  /** The number that stands for a name; the name itself is written once, before its first use. */
  #iid(table: Map<string, number>, field: number, name: string): number {
    const known = table.get(name);
    if (known !== undefined) return known;
    const iid = table.size + 1;
    table.set(name, iid);
    const entry = new ProtoWriter().varint(INTERNED_NAME.iid, iid).string(INTERNED_NAME.name, name);
    this.#emit(this.#packet.clear().message(PACKET.internedData, new ProtoWriter().message(field, entry)));
    return iid;
  }

  #emit(packet: ProtoWriter): void {
    if (this.#full) return;
    packet.varint(PACKET.sequence, SEQUENCE).varint(PACKET.sequenceFlags, this.#begun ? NEEDS_STATE : STATE_CLEARED);
    this.#begun = true;
    const { bytes } = this.#framed.clear().message(TRACE.packet, packet);
    if (this.#written + bytes.length > this.#limit) {
      this.#full = true;
      return;
    }
    this.#written += bytes.length;
    if (this.#used + bytes.length > CHUNK) this.close();
    if (bytes.length > CHUNK) return this.#sink(bytes);
    this.#chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }
}

function annotate(part: ProtoWriter, value: string | number | bigint | boolean): ProtoWriter {
  if (typeof value === 'string') return part.string(ANNOTATION.string, value);
  if (typeof value === 'boolean') return part.varint(ANNOTATION.bool, value ? 1 : 0);
  return value < 0 ? part.varint(ANNOTATION.int, BigInt(value)) : part.varint(ANNOTATION.uint, value);
}
