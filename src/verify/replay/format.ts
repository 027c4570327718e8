/**
 * The replay log's bytes: a head, then records one behind the other, each written whole as it happens.
 *
 *     8  magic "CHRONOR\x1a"      4  format version (1)
 *     record: 4 length of the payload, 4 CRC-32 of all payloads up to here, payload (JSON)
 * All numbers are little-endian. So a record's CRC-32 is wrong where any before it is missing, changed or out of place.
 * A file that ends within a record is one whose writer was killed: it is read up to there, and `cut` says so.
 */
import { crc32 } from '../../migration/crc32.js';
import { BadSnapshot } from '../../migration/errors.js';
import { decodeJson, encodeJson } from '../../migration/json.js';
import { BadReplayLog } from './errors.js';
import { type LogHeader, type LogRecord, RECORD_SHAPE } from './records.js';

const MAGIC = [0x43, 0x48, 0x52, 0x4f, 0x4e, 0x4f, 0x52, 0x1a];
export const LOG_VERSION = 1;
const HEAD = 12;
const RECORD_HEAD = 8;
/** The header, with its texts, is the largest record. */
const MAX_RECORD = 1 << 20;

/** Turns records into the log's bytes, in their order. */
export class LogEncoder {
  #crc = 0;

  head(): Uint8Array {
    const out = new Uint8Array(HEAD);
    out.set(MAGIC);
    new DataView(out.buffer).setUint32(8, LOG_VERSION, true);
    return out;
  }

  /** @throws RangeError where the record would be longer than a reader takes */
  record(record: LogRecord): Uint8Array {
    const payload = encodeJson(record);
    if (payload.length > MAX_RECORD)
      throw new RangeError(`--record: an entry of ${payload.length} bytes; at most 1 MiB`);
    const out = new Uint8Array(RECORD_HEAD + payload.length);
    const view = new DataView(out.buffer);
    this.#crc = crc32(payload, this.#crc);
    view.setUint32(0, payload.length, true);
    view.setUint32(4, this.#crc, true);
    out.set(payload, RECORD_HEAD);
    return out;
  }
}

/** What a log holds. */
export interface ReplayLog {
  readonly header: LogHeader;
  /** Everything behind the header. */
  readonly records: readonly Exclude<LogRecord, LogHeader>[];
  /** Whether the writer was stopped before its end record: the records are all that it wrote. */
  readonly cut: boolean;
}

export const isReplayLog = (bytes: Uint8Array): boolean => MAGIC.every((b, i) => bytes[i] === b);

/** @throws BadReplayLog where any whole record is not as the format says, or one is missing or out of place */
export function readLog(bytes: Uint8Array): ReplayLog {
  if (!isReplayLog(bytes)) throw new BadReplayLog('not a Chronovisor replay log (wrong magic)');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD) throw new BadReplayLog('cut off before its header');
  const version = view.getUint32(8, true);
  if (version !== LOG_VERSION) {
    throw new BadReplayLog(`format version ${version}; this Chronovisor reads version ${LOG_VERSION}`);
  }
  let header: LogHeader | null = null;
  let ended = false;
  const records: Exclude<LogRecord, LogHeader>[] = [];
  let crc = 0;
  let at = HEAD;
  let last = { instructions: 0, time: 0n };
  for (let n = 0; at + RECORD_HEAD <= bytes.length; n++) {
    const length = view.getUint32(at, true);
    if (length > MAX_RECORD) throw new BadReplayLog(`record ${n} says ${length} bytes; at most ${MAX_RECORD}`);
    const start = at + RECORD_HEAD;
    if (start + length > bytes.length) break;
    const payload = bytes.subarray(start, start + length);
    crc = crc32(payload, crc);
    if (crc !== view.getUint32(at + 4, true)) throw new BadReplayLog(`record ${n} is damaged (CRC-32)`);
    const record = decode(payload, n);
    if (ended) throw new BadReplayLog(`record ${n} is behind the end`);
    if ((record.kind === 'header') !== (n === 0)) throw new BadReplayLog(`record ${n} is a ${record.kind}`);
    const instant = record.kind === 'header' ? record.start : record;
    if (instant.time < last.time || instant.instructions < last.instructions) {
      throw new BadReplayLog(`record ${n} is before record ${n - 1}`);
    }
    last = instant;
    if (record.kind === 'header') header = record;
    else records.push(record);
    ended = record.kind === 'end';
    at = start + length;
  }
  if (!header) throw new BadReplayLog('cut off before its header');
  if (ended && at !== bytes.length) throw new BadReplayLog('bytes behind the end');
  return { header, records, cut: !ended };
}

function decode(payload: Uint8Array, n: number): LogRecord {
  try {
    const value = decodeJson(payload);
    RECORD_SHAPE(value, `record ${n}`);
    return value as LogRecord;
  } catch (error) {
    if (error instanceof BadSnapshot) throw new BadReplayLog(error.message.replace(/^snapshot: /, ''));
    throw error;
  }
}
