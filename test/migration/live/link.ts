/** A live migration within one process over a link that can be cut or damaged at any byte of either direction. */
import type { Engine } from '../../../src/arch/engine/engine.js';
import type { HostSpec } from '../../../src/host/frequency.js';
import {
  type Arrival,
  LiveDestination,
  LiveInquiry,
  LiveSource,
  type Offer,
  reserveRoom,
} from '../../../src/migration/live/index.js';
import type { Machine } from '../../../src/migration/snapshot.js';
import { Session, type SessionStatus } from '../../../src/verify/session.js';

export type Direction = 'there' | 'back';

export interface Trouble {
  direction: Direction;
  /** The first byte that does not arrive, or that arrives changed. */
  byte: number;
  /** Counted from the start of the first message of that name, and not of the stream. */
  message?: string;
  kind: 'cut' | 'flip';
}

/** One direction: counts, and does what it is told at one byte. */
class Pipe {
  bytes = 0;
  /** Where messages end. */
  readonly boundaries: number[] = [0];
  readonly #trouble: Trouble | null;

  constructor(direction: Direction, trouble: Trouble | null) {
    this.#trouble = trouble?.direction === direction ? trouble : null;
  }

  /** Where in the bytes the trouble is; elsewhere outside of them. */
  #place(bytes: Uint8Array): number {
    if (!this.#trouble) return -1;
    const { byte, message } = this.#trouble;
    if (message === undefined) return byte - this.bytes;
    return String.fromCharCode(...bytes.subarray(0, 4)) === message ? byte : -1;
  }

  /** What arrives of bytes, and whether the link is cut behind them. */
  carry(bytes: Uint8Array): { arrived: Uint8Array; cut: boolean } {
    const at = this.#place(bytes);
    this.bytes += bytes.length;
    this.boundaries.push(this.bytes);
    if (!this.#trouble || at < 0 || at >= bytes.length) return { arrived: bytes, cut: false };
    if (this.#trouble.kind === 'cut') return { arrived: bytes.slice(0, at), cut: true };
    const arrived = bytes.slice();
    arrived[at]! ^= 1 << (this.#trouble.byte & 7);
    return { arrived, cut: false };
  }
}

export interface Move {
  source: LiveSource;
  destination: LiveDestination<Arrival>;
  there: Pipe;
  back: Pipe;
  /** How the guest's session ended meanwhile, where it did. */
  status: SessionStatus | null;
}

export interface MoveOptions {
  session: Session;
  id: string;
  trouble?: Trouble | null;
  spec?: HostSpec | null;
  pause?: bigint;
  rounds?: readonly bigint[];
  strategy?: 'offset' | 'lpt' | 'refuse';
  /** An engine to make the machine in. */
  engineFor?(offer: Offer): Engine;
  maxMemory?: number;
  /** Sees what the source sends. */
  onSent?(bytes: Uint8Array): void;
  /** Asked before anything of a step; true calls the migration off. */
  cancelAt?(source: LiveSource): boolean;
}

/** Moves the guest of a session as far as the link lets it; the guest runs on meanwhile. */
export function move(options: MoveOptions): Move {
  const { session, id, trouble = null, spec = null, pause = 0n, strategy = 'offset' } = options;
  const { machine } = session;
  const source = new LiveSource(machine, {
    id,
    strategy,
    downtime: 'paused',
    pause,
    deterministic: true,
    line: () => session.line,
    ...(options.rounds && { rounds: options.rounds }),
  });
  const destination = new LiveDestination<Arrival>({
    spec,
    maxMemory: options.maxMemory ?? 2 ** 30,
    reserve: (offer, on) => reserveRoom(offer, on, 'interp', {}, options.engineFor?.(offer)),
  });
  const result: Move = {
    source,
    destination,
    there: new Pipe('there', trouble),
    back: new Pipe('back', trouble),
    status: null,
  };
  let cut = false;
  let confirmed = false;
  const pass = (pipe: Pipe, bytes: Uint8Array, to: (bytes: Uint8Array) => void): void => {
    if (cut) return;
    const carried = pipe.carry(bytes);
    to(carried.arrived);
    cut ||= carried.cut;
  };
  for (let idle = 0; idle < 3; ) {
    idle++;
    if (options.cancelAt?.(source)) source.cancel('cancelled');
    for (let bytes = source.next(); bytes && !cut; bytes = source.next()) {
      options.onSent?.(bytes);
      pass(result.there, bytes, (b) => destination.receive(b));
      idle = 0;
    }
    if (destination.phase === 'running' && !confirmed) {
      destination.confirm();
      confirmed = true;
    }
    for (const bytes of destination.takeOutput()) {
      pass(result.back, bytes, (b) => source.receive(b));
      idle = 0;
    }
    if (destination.damaged !== null) cut = true;
    if (cut) {
      source.closed();
      destination.closed();
      break;
    }
    if (source.phase === 'ready') source.commit();
    const now = (): bigint => machine.host.now();
    const active = source.phase === 'offering' || source.phase === 'copying';
    if (result.status === null && active && source.mayRun(now())) {
      const status = session.run(() => !source.mayRun(now()));
      if (status === 'stalled') source.stalled(now());
      else if (status !== 'yielded') {
        result.status = status;
        source.cancel('the guest has ended');
      }
      idle = 0;
    }
    source.advance(now());
  }
  // What waits for the other side for ever gives up in time, and closes the link.
  source.closed();
  destination.closed();
  return result;
}

/** A source that lost its link asks by another what became of it. */
export function ask({ source, destination }: Move): void {
  const decision = source.phase === 'given-up' ? 'go' : 'quit';
  const inquiry = new LiveInquiry({ id: source.id, decision });
  const door = new LiveDestination<Arrival>({
    spec: null,
    maxMemory: 0,
    reserve: () => {
      throw new Error('nothing is offered');
    },
    answer: (question) => {
      if (question.id !== destination.offer?.id) return 'gone';
      destination.decided(question.decision);
      return destination.phase === 'running' ? 'runs' : 'gone';
    },
  });
  for (const bytes of inquiry.output) door.receive(bytes);
  for (const bytes of door.takeOutput()) inquiry.receive(bytes);
  source.answered(inquiry.answer!);
}

/** A session that goes on with a guest that has come. */
export function arrive({ machine, line }: Arrival, transmit: (byte: number) => void): Session {
  const session = new Session(machine, [], transmit);
  session.line = line;
  return session;
}

/** The machine's session without anything else. */
export const sessionOf = (machine: Machine, transmit: (byte: number) => void): Session =>
  new Session(machine, [], transmit);
