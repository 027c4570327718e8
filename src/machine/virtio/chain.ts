/** A descriptor chain (specification 2.7.5): pieces of guest RAM to read, then pieces to write, all of them checked. */
import { DESCRIPTOR } from './constants.js';
import { DriverError, type GuestRam, located } from './guest-ram.js';

/** A piece of guest RAM, by its offset in GuestRam.bytes. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

const DESCRIPTOR_BYTES = 16;
/** Bytes of one request: no device here takes a larger one, and the host copies no more for a guest at once. */
export const MAX_REQUEST = 16 * 2 ** 20;

export class Chain {
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
  /** Bytes of each. */
  readonly readableBytes: number;
  readonly writableBytes: number;
  readonly #ram: GuestRam;

  constructor(ram: GuestRam, readable: readonly Segment[], writable: readonly Segment[]) {
    this.#ram = ram;
    this.readable = readable;
    this.writable = writable;
    this.readableBytes = totalOf(readable);
    this.writableBytes = totalOf(writable);
  }

  /** A copy of bytes of the readable part. @throws DriverError where it is shorter */
  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(length);
    let to = 0;
    for (const { offset, length: n } of pieces(this.readable, at, length)) {
      out.set(this.#ram.bytes.subarray(offset, offset + n), to);
      to += n;
    }
    return out;
  }

  /** Writes bytes into the writable part. @throws DriverError where it is shorter */
  write(at: number, bytes: Uint8Array): void {
    this.fill(at, bytes.length, (into, from) => into.set(bytes.subarray(from, from + into.length)));
  }

  /** Has pieces of the writable part filled; `put` gets each with its distance from `at`. */
  fill(at: number, length: number, put: (into: Uint8Array<ArrayBuffer>, from: number) => void): void {
    let from = 0;
    for (const { offset, length: n } of pieces(this.writable, at, length)) {
      put(this.#ram.bytes.subarray(offset, offset + n), from);
      this.#ram.written(offset, n);
      from += n;
    }
  }
}

const totalOf = (segments: readonly Segment[]): number => segments.reduce((sum, s) => sum + s.length, 0);

/** The parts of segments that hold `length` bytes from `at` on. */
function pieces(segments: readonly Segment[], at: number, length: number): Segment[] {
  const out: Segment[] = [];
  let [skip, left] = [at, length];
  for (const s of segments) {
    if (left === 0) break;
    const take = Math.min(left, s.length - skip);
    if (take > 0) out.push({ offset: s.offset + skip, length: take });
    left -= Math.max(0, take);
    skip = Math.max(0, skip - s.length);
  }
  if (left > 0) throw new DriverError(`a request of ${totalOf(segments)} bytes, ${at + length} are needed`);
  return out;
}

interface Descriptor {
  readonly address: number;
  readonly length: number;
  readonly flags: number;
  readonly next: number;
}

/** A table of descriptors: a queue's, or an indirect one. */
interface Table {
  readonly offset: number;
  readonly size: number;
}

function descriptorAt({ view }: GuestRam, { offset, size }: Table, index: number): Descriptor {
  if (index >= size) throw new DriverError(`descriptor ${index} of a table of ${size}`);
  const at = offset + index * DESCRIPTOR_BYTES;
  return {
    address: view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true),
    length: view.getUint32(at + 8, true),
    flags: view.getUint16(at + 12, true),
    next: view.getUint16(at + 14, true),
  };
}

export interface ChainOptions {
  readonly indirect: boolean;
  /** Descriptors that a chain may have: the queue's size (2.7.5.3.1). */
  readonly limit: number;
}

/**
 * Follows the chain that begins at a descriptor of a queue's table.
 * @throws DriverError where the driver has not kept to the specification: a loop, a piece that is not RAM, too much
 */
export function readChain(ram: GuestRam, table: Table, head: number, { indirect, limit }: ChainOptions): Chain {
  const readable: Segment[] = [];
  const writable: Segment[] = [];
  let [current, index, count, bytes] = [table, head, 0, 0];
  for (;;) {
    const { address, length, flags, next } = descriptorAt(ram, current, index);
    if (flags & DESCRIPTOR.indirect) {
      if (!indirect || current !== table || flags & DESCRIPTOR.next) throw new DriverError('an indirect descriptor');
      if (length === 0 || length % DESCRIPTOR_BYTES || length > limit * DESCRIPTOR_BYTES) {
        throw new DriverError(`an indirect table of ${length} bytes`);
      }
      current = { offset: located(ram, address, length, 'an indirect table'), size: length / DESCRIPTOR_BYTES };
      index = 0;
      continue;
    }
    if (++count > limit) throw new DriverError(`a chain of more than ${limit} descriptors`);
    if (length === 0) throw new DriverError('a descriptor of no bytes');
    bytes += length;
    if (bytes > MAX_REQUEST) throw new DriverError(`a request of more than ${MAX_REQUEST} bytes`);
    const segment = { offset: located(ram, address, length, 'a buffer'), length };
    if (flags & DESCRIPTOR.write) writable.push(segment);
    else if (writable.length) throw new DriverError('a readable descriptor behind a writable one');
    else readable.push(segment);
    if (!(flags & DESCRIPTOR.next)) return new Chain(ram, readable, writable);
    index = next;
  }
}
