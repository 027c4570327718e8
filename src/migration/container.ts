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
const MAX_SECTIONS = 64;

export interface Section {
  readonly name: string;
  readonly version: number;
  readonly payload: Uint8Array;
}

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
  if (!isContainer(bytes)) throw new BadSnapshot('not a Chronovisor snapshot (wrong magic)');
  if (bytes.length < HEADER) throw new BadSnapshot(`cut off after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  if (version !== FORMAT_VERSION) {
    throw new BadSnapshot(`format version ${version}; this Chronovisor reads version ${FORMAT_VERSION}`);
  }
  const length = view.getBigUint64(16, true);
  if (length !== BigInt(bytes.length)) throw new BadSnapshot(`${bytes.length} bytes long, its header says ${length}`);
  const count = view.getUint32(12, true);
  if (count > MAX_SECTIONS) throw new BadSnapshot(`${count} sections; at most ${MAX_SECTIONS}`);
  const sections: Section[] = [];
  let at = HEADER;
  const need = (n: number): number => {
    if (at + n > bytes.length) throw new BadSnapshot(`section ${sections.length} is cut off`);
    const start = at;
    at += n;
    return start;
  };
  for (let i = 0; i < count; i++) {
    const nameLength = bytes[need(1)]!;
    const nameAt = need(nameLength);
    const name = String.fromCharCode(...bytes.subarray(nameAt, nameAt + nameLength));
    const head = need(14);
    const size = view.getBigUint64(head + 2, true);
    if (size > BigInt(bytes.length - at)) throw new BadSnapshot(`section ${i} is cut off`);
    const start = need(Number(size));
    const payload = bytes.subarray(start, start + Number(size));
    if (crc32(payload) !== view.getUint32(head + 10, true)) throw new BadSnapshot(`section ${i} is damaged (CRC-32)`);
    sections.push({ name, version: view.getUint16(head, true), payload });
  }
  if (at !== bytes.length) throw new BadSnapshot('bytes behind the last section');
  return sections;
}
