/** Replay logs made wrong: bytes, records and fields, with the checksums made right again or not. */
import { BadReplayLog, type ReplayLog, readLog } from '../../src/verify/replay/index.js';
import type { Random } from '../conformance/random.js';
import { mutateBytes } from '../migration/snapshot-fuzz.js';
import { guestMachine } from '../support/machine.js';
import { WrongJson } from '../support/wrong-json.js';
import { record, replay, sealed } from './tape.js';

/** RAM of the guest in bytes. */
export const RAM = 4 * 2 ** 20;

/** A right log, in the parts that are made wrong. */
export interface Origin {
  readonly bytes: Uint8Array;
  readonly records: readonly WrongJson[];
}

/** A log with everything in it, small enough to replay often. */
export function seedLog(random: Random): Origin {
  const machine = guestMachine('hello', { vcpus: 1, ramBytes: RAM });
  const { bytes, log } = record(machine, { random, every: 500_000, most: 12 });
  return { bytes, records: [log.header, ...log.records].map((it) => new WrongJson(it)) };
}

export function mutateLog(random: Random, origin: Origin): { kind: string; bytes: Uint8Array } {
  if (random.chance(3, 10)) return { kind: 'bytes', bytes: mutateBytes(random, origin.bytes) };
  const list: Uint8Array[] = origin.records.map((text) => text.right());
  const at = random.word() % list.length;
  if (random.chance(2, 10)) {
    list[at] = mutateBytes(random, list[at]!);
    return { kind: 'text', bytes: sealed(list) };
  }
  if (random.chance(2, 10)) {
    const other = random.word() % list.length;
    [list[at], list[other]] = [list[other]!, list[at]!];
    if (random.chance(1, 2)) list.splice(random.word() % list.length, 1);
    return { kind: 'records', bytes: sealed(list) };
  }
  list[at] = origin.records[at]!.mutate(random, 1 + (random.word() % 3));
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
  const machine = guestMachine('hello', { vcpus: 1, ramBytes: RAM });
  // Such a log may wait for the end of time.
  const events = [{ when: { kind: 'instructions', count: 20_000_000 }, action: { kind: 'stop' } }] as const;
  return replay(machine, log, { events }).verdict.status;
}
