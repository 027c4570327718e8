/** Replay logs made wrong: bytes, records and fields, with the checksums made right again or not. */
import { BadReplayLog, type LogRecord, type ReplayLog, readLog } from '../../src/verify/replay/index.js';
import type { Random } from '../conformance/random.js';
import { mutateBytes, mutateTree } from '../migration/snapshot-fuzz.js';
import { guestMachine } from '../support/machine.js';
import { record, replay, sealed } from './tape.js';

/** A log with everything in it, small enough to replay often. */
export function seedLog(random: Random): Uint8Array {
  const machine = guestMachine('hello', { vcpus: 1, ramBytes: 4 << 20 });
  return record(machine, { random, every: 500_000, most: 12 }).bytes;
}

export function mutateLog(random: Random, seed: Uint8Array): { kind: string; bytes: Uint8Array } {
  if (random.chance(3, 10)) return { kind: 'bytes', bytes: mutateBytes(random, seed) };
  const { header, records } = readLog(seed);
  const list: (LogRecord | Uint8Array)[] = structuredClone([header, ...records]);
  const at = random.word() % list.length;
  if (random.chance(2, 10)) {
    const payload = new TextEncoder().encode(
      JSON.stringify(list[at], (_k, v) => (typeof v === 'bigint' ? { $: `${v}` } : v)),
    );
    list[at] = mutateBytes(random, payload);
    return { kind: 'text', bytes: sealed(list) };
  }
  if (random.chance(2, 10)) {
    const other = random.word() % list.length;
    [list[at], list[other]] = [list[other]!, list[at]!];
    if (random.chance(1, 2)) list.splice(random.word() % list.length, 1);
    return { kind: 'records', bytes: sealed(list) };
  }
  for (let n = 1 + (random.word() % 3); n > 0; n--)
    mutateTree(random, list[random.chance(1, 2) ? at : random.word() % list.length]);
  return { kind: 'fields', bytes: sealed(list) };
}

/** @returns the log, or the reason of a refusal; anything else comes out */
export function tryReadLog(bytes: Uint8Array): ReplayLog | string {
  try {
    return readLog(bytes);
  } catch (error) {
    if (error instanceof BadReplayLog) return error.message;
    throw error;
  }
}

/** Replays a log that can be read, however strange, on a machine of its kind: it agrees or it differs. */
export function tryReplay(log: ReplayLog): string {
  const machine = guestMachine('hello', { vcpus: 1, ramBytes: 4 << 20 });
  // Such a log may wait for the end of time.
  const events = [{ when: { kind: 'instructions', count: 20_000_000 }, action: { kind: 'stop' } }] as const;
  return replay(machine, log, { events }).verdict.status;
}
