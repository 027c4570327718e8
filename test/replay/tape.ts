/** Recording and replaying machines of tests, with an outside world that a seed makes. */
import { HASHES } from '../../src/cli/state-hash.js';
import { parseHost } from '../../src/host/frequency.js';
import { DOWNTIME_POLICIES, STRATEGIES } from '../../src/hypervisor/strategy/index.js';
import { crc32 } from '../../src/migration/crc32.js';
import { encodeJson } from '../../src/migration/json.js';
import type { Machine } from '../../src/migration/snapshot.js';
import {
  type LogRecord,
  Recorder,
  type RecorderOptions,
  Replayer,
  type ReplayLog,
  type ReplayOutcome,
  readLog,
} from '../../src/verify/replay/index.js';
import { Session, type SessionAction, type SessionEvent, type SessionStatus } from '../../src/verify/session.js';
import type { Random } from '../conformance/random.js';

export interface Run {
  readonly status: SessionStatus;
  readonly console: string;
  readonly hash: string;
}

export interface Recorded extends Run {
  readonly bytes: Uint8Array;
  readonly log: ReplayLog;
}

/** Small, so that short runs have some. */
const EVERY = 700_001;

const FILES = [{ role: 'image', path: 'a test', sha256: '0'.repeat(64) }];

/** Something that a terminal, a wall clock or an operator might do now. */
function happening(random: Random, { host, vm }: Machine): SessionAction {
  const ps = BigInt(random.word() % 1_000_000) * 1000n;
  switch (random.word() % 8) {
    case 0:
    case 1:
      return { kind: 'receive', bytes: [random.word() & 0xff, random.word() & 0xff] };
    case 2:
      return { kind: 'power-key', down: true };
    case 3: {
      const to = parseHost(['25MHz', '1GHz', '19.2MHz', 'freq=62.5MHz,ppm=30'][random.word() % 4]!);
      const strategy = vm.lpt ? 'lpt' : STRATEGIES[random.word() % STRATEGIES.length]!;
      const policy = DOWNTIME_POLICIES[random.word() % DOWNTIME_POLICIES.length]!;
      return { kind: 'migrate', to, strategy, downtime: ps, policy };
    }
    default:
      return { kind: 'follow', to: host.now() + ps };
  }
}

export interface RecordOptions extends Partial<RecorderOptions> {
  readonly events?: readonly SessionEvent[];
  /** Makes something happen from outside every so many slices. */
  readonly random?: Random;
  /** At most so many happenings. */
  readonly most?: number;
}

/** Runs a machine to its end and records it. */
export function record(machine: Machine, options: RecordOptions = {}): Recorded {
  const { events = [], random, most = 40, ...rest } = options;
  const out: number[] = [];
  const parts: Uint8Array[] = [];
  const session = new Session(machine, events, (byte) => out.push(byte));
  const of = { build: 'test', pace: 'real', files: FILES, options: [] } as const;
  const recorder = new Recorder(session, of, { hashes: HASHES, write: (b) => parts.push(b), every: EVERY, ...rest });
  let status: SessionStatus;
  let happened = 0;
  for (;;) {
    let slices = random ? random.word() % 4 : 0;
    status = session.run(random && happened < most ? () => --slices <= 0 : undefined);
    if (status !== 'yielded') break;
    session.inject(happening(random!, machine));
    happened++;
  }
  recorder.end(status, 0);
  const bytes = new Uint8Array(Buffer.concat(parts));
  return { status, console: text(out), hash: HASHES.state(machine), bytes, log: readLog(bytes) };
}

/** Replays a log on a machine to the log's end, or to an event of the test's. */
export function replay(
  machine: Machine,
  log: ReplayLog,
  options: { resumed?: boolean; events?: readonly SessionEvent[] } = {},
): Run & ReplayOutcome {
  const out: number[] = [];
  const session = new Session(machine, options.events ?? [], (byte) => out.push(byte));
  const replayer = new Replayer(session, log, HASHES, options.resumed);
  const status = session.run();
  const outcome = replayer.finish(status);
  return { status, console: text(out), hash: HASHES.state(machine), ...outcome };
}

const text = (bytes: readonly number[]): string => Buffer.from(bytes).toString('latin1');

/** A log's bytes from payloads, with right checksums: what a log that somebody changed on purpose looks like. */
export function sealed(payloads: readonly (LogRecord | Uint8Array)[], version = 1): Uint8Array {
  const head = new Uint8Array(12);
  head.set([0x43, 0x48, 0x52, 0x4f, 0x4e, 0x4f, 0x52, 0x1a]);
  new DataView(head.buffer).setUint32(8, version, true);
  const parts: Uint8Array[] = [head];
  let crc = 0;
  for (const payload of payloads) {
    const bytes = payload instanceof Uint8Array ? payload : encodeJson(payload);
    crc = crc32(bytes, crc);
    const start = new Uint8Array(8);
    new DataView(start.buffer).setUint32(0, bytes.length, true);
    new DataView(start.buffer).setUint32(4, crc, true);
    parts.push(start, bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}
