/**
 * The snapshot file: magic, format version, total length, then named and versioned sections, each with its length and
 * CRC-32. Everything is checked before anything is used; nothing is allocated by what a field claims.
 *
 *     8  magic "CHRONOV\x1a"      4  format version (1)      4  number of sections      8  length of the file
 *     section: 1 name length, name (ASCII), 2 section version, 8 payload length, 4 CRC-32 of the payload, payload
 * All numbers are little-endian.
 */
import { crc32 } from './crc32.js';
import { BadSnapshot } from './errors.js';

const MAGIC = [0x43, 0x48, 0x52, 0x4f, 0x4e, 0x4f, 0x56, 0x1a];
const FORMAT_VERSION = 1;
const HEADER = 24;
/** Of a section, behind its name. */
const SECTION_HEAD = 14;
const MAX_SECTIONS = 64;

export interface Section {
  readonly name: string;
  readonly version: number;
  readonly payload: Uint8Array;
}

/** Bytes that need not be in memory. */
export interface ByteSource {
  readonly length: number;
  /** Some of them: good until the next call, to be copied or used at once. */
  read(at: number, length: number): Uint8Array;
}

/** A section of a snapshot where it is, its checksum found right. */
export interface StoredSection extends ByteSource {
  readonly name: string;
  readonly version: number;
}

export const inMemory = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
});

/** Bytes that are looked through at once. */
export const CHUNK = 2 ** 18;

export function writeContainer(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const length = sections.reduce((sum, s) => sum + 15 + s.name.length + s.payload.length, HEADER);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  out.set(MAGIC);
  view.setUint32(8, FORMAT_VERSION, true);
  view.setUint32(12, sections.length, true);
  view.setBigUint64(16, BigInt(length), true);
  let at = HEADER;
  for (const { name, version, payload } of sections) {
    out[at++] = name.length;
    for (const c of name) out[at++] = c.charCodeAt(0);
    view.setUint16(at, version, true);
    view.setBigUint64(at + 2, BigInt(payload.length), true);
    view.setUint32(at + 10, crc32(payload), true);
    out.set(payload, at + 14);
    at += 14 + payload.length;
  }
  return out;
}

export const isContainer = (bytes: Uint8Array): boolean => MAGIC.every((b, i) => bytes[i] === b);

/** @throws BadSnapshot where any byte is not as the format says */
export function readContainer(bytes: Uint8Array): Section[] {
  return readSections(inMemory(bytes)).map((stored) => ({
    name: stored.name,
    version: stored.version,
    payload: stored.read(0, stored.length),
  }));
}

/** @throws BadSnapshot where any byte is not as the format says */
export function readSections(source: ByteSource): StoredSection[] {
  if (!isContainer(source.read(0, Math.min(HEADER, source.length)))) {
    throw new BadSnapshot('not a Chronovisor snapshot (wrong magic)');
  }
  if (source.length < HEADER) throw new BadSnapshot(`cut off after ${source.length} bytes`);
  const header = viewOf(source.read(0, HEADER));
  const version = header.getUint32(8, true);
  if (version !== FORMAT_VERSION) {
    throw new BadSnapshot(`format version ${version}; this Chronovisor reads version ${FORMAT_VERSION}`);
  }
  const length = header.getBigUint64(16, true);
  if (length !== BigInt(source.length)) throw new BadSnapshot(`${source.length} bytes long, its header says ${length}`);
  const count = header.getUint32(12, true);
  if (count > MAX_SECTIONS) throw new BadSnapshot(`${count} sections; at most ${MAX_SECTIONS}`);
  const sections: StoredSection[] = [];
  let at = HEADER;
  const need = (n: number): Uint8Array => {
    if (at + n > source.length) throw new BadSnapshot(`section ${sections.length} is cut off`);
    at += n;
    return source.read(at - n, n);
  };
  for (let i = 0; i < count; i++) {
    const name = String.fromCharCode(...need(need(1)[0]!));
    const head = viewOf(need(SECTION_HEAD));
    const sectionVersion = head.getUint16(0, true);
    const size = head.getBigUint64(2, true);
    const sum = head.getUint32(10, true);
    if (size > BigInt(source.length - at)) throw new BadSnapshot(`section ${i} is cut off`);
    const start = at;
    at += Number(size);
    const stored: StoredSection = {
      name,
      version: sectionVersion,
      length: Number(size),
      read: (from, n) => source.read(start + from, n),
    };
    if (checksum(stored) !== sum) throw new BadSnapshot(`section ${i} is damaged (CRC-32)`);
    sections.push(stored);
  }
  if (at !== source.length) throw new BadSnapshot('bytes behind the last section');
  return sections;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function checksum(source: ByteSource): number {
  let sum = 0;
  for (let at = 0; at < source.length; at += CHUNK) {
    sum = crc32(source.read(at, Math.min(CHUNK, source.length - at)), sum);
  }
  return sum;
}
