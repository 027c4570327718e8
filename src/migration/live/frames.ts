/**
 * The bytes of a live migration, in both directions: magic, then messages. All numbers are little-endian.
 *
 *     8  magic "CHRONOL\x1a"
 *     message: 4 name (ASCII), 4 payload length, 4 sequence number (from 0, each direction), 4 CRC-32 of these 12 bytes
 *              and of the payload, payload
 * Of a PAGE the CRC-32 covers the first 24 bytes of the payload, its head; the pages behind it have a checksum there:
 *
 *     4 memory (0 is RAM), 4 first page, 4 number of pages, 4 kind (0 data, 1 zeros), 8 XXH64 of the data (0 for zeros)
 */
import { crc32 } from '../crc32.js';

export const MAGIC = Uint8Array.from([0x43, 0x48, 0x52, 0x4f, 0x4e, 0x4f, 0x4c, 0x1a]);
/** Version of the messages, said in HELO. */
export const PROTOCOL = 2;
export const PAGE_BYTES = 4096;
export const HEAD = 16;
export const RUN_HEAD = 24;
/** Most pages of one PAGE. */
export const MAX_RUN = 64;

/** Longest payload of each message. Those of 0 have none. */
export const LIMITS = {
  /** Both: who speaks, and the version. */
  HELO: 256,
  /** Source: the machine that is to come. */
  OFFR: 4096,
  /** Destination: the host that it would go on at. */
  ACPT: 1024,
  /** Destination: no, and why. */
  RFSE: 1024,
  /** Source: pages. */
  PAGE: RUN_HEAD + MAX_RUN * PAGE_BYTES,
  /** Source: the state as it is now, to be tried. */
  DRFT: 2 ** 24,
  /** Destination: a machine could be made of that. */
  FITS: 0,
  /** Source: a round's end. */
  ROND: 4,
  /** Destination: a round, not the last, has been stored. */
  SEEN: 4,
  /** Source: the state at the stop. The last round's pages follow. */
  STAT: 2 ** 24,
  /** Destination: the last round is stored, the machine is made and could run. */
  REDY: 0,
  /** Source: it has given the guest up. */
  GOON: 0,
  /** Destination: the guest runs there. */
  RUNS: 0,
  /** Source: the migration is called off, and why. */
  QUIT: 1024,
  /** Source, on a new link: what became of the migration. */
  ASKS: 256,
  /** Destination: there is no such guest here. */
  GONE: 0,
} as const;

export type MessageName = keyof typeof LIMITS;

export const isMessageName = (name: string): name is MessageName => Object.hasOwn(LIMITS, name);

/** Writes the head of a message; `sum` is the CRC-32 of what it covers. */
export class FrameWriter {
  #sequence = 0;

  /** A message with its payload, whole. */
  message(name: Exclude<MessageName, 'PAGE'>, payload: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(HEAD + payload.length);
    out.set(payload, HEAD);
    this.#head(out, 0, name, payload.length, payload.length);
    return out;
  }

  /** Puts the head of a PAGE at `at`; its data, if any, goes behind it. Returns where that is. */
  page(out: Uint8Array, at: number, run: PageRun, hash: bigint): number {
    const view = new DataView(out.buffer, out.byteOffset + at);
    const { memory, first, count, zeros } = run;
    [memory, first, count, zeros ? 1 : 0].forEach((value, i) => view.setUint32(HEAD + i * 4, value, true));
    view.setBigUint64(HEAD + 16, hash, true);
    this.#head(out, at, 'PAGE', RUN_HEAD + (zeros ? 0 : count * PAGE_BYTES), RUN_HEAD);
    return at + HEAD + RUN_HEAD;
  }

  #head(out: Uint8Array, at: number, name: MessageName, length: number, covered: number): void {
    const view = new DataView(out.buffer, out.byteOffset + at);
    for (let i = 0; i < 4; i++) out[at + i] = name.charCodeAt(i);
    view.setUint32(4, length, true);
    view.setUint32(8, this.#sequence++, true);
    view.setUint32(12, frameSum(out.subarray(at, at + HEAD), out.subarray(at + HEAD, at + HEAD + covered)), true);
  }
}

/** Consecutive pages of one memory. */
export interface PageRun {
  memory: number;
  first: number;
  /** 1..MAX_RUN; for zeros as many as there are. */
  count: number;
  zeros: boolean;
}

/** CRC-32 of a message's head (without the sum itself) and payload. */
export function frameSum(head: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(head.subarray(0, 12)));
}

export const encodeNumber = (n: number): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, n, true);
  return out;
};

export const decodeNumber = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0, true);
