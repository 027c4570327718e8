/**
 * The source's side of `run --migrate "<when> to tcp:HOST:PORT"`: pumps bytes and runs the guest in turns, decides, and
 * says on stderr what becomes of the guest. The line "given up" is written before the destination may run it.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import type { IdentityRegister } from '../../arch/system/identity.js';
import type { Ps } from '../../arch/timer/time.js';
import type { DowntimePolicy, StrategyName } from '../../hypervisor/strategy/index.js';
import { LiveInquiry, LiveSource } from '../../migration/live/index.js';
import type { Session, SessionStatus } from '../../verify/session.js';
import { log } from '../log.js';
import { type Address, formatAddress } from './address.js';
import { heldPath, hold } from './held.js';
import { connect, linkError } from './link.js';

/** A migration to another process that is due. */
export interface DepartureOrder {
  readonly to: Address;
  readonly strategy: StrategyName;
  readonly policy: DowntimePolicy;
  readonly pause: Ps;
  readonly allow: readonly IdentityRegister[];
}

export interface DepartureOptions {
  readonly secret: Buffer | null;
  readonly deterministic: boolean;
  /** Where the guest is kept if nobody can say who has it. */
  readonly held: string | undefined;
  /** Prints what the guest has printed. */
  flush(): void;
}

/** How a migration went, for the result. */
export interface DepartureRecord {
  readonly to: string;
  readonly id: string;
  readonly outcome: 'gone' | 'stayed' | 'held';
  readonly reason: string | null;
  readonly totalMs: number;
  readonly downtimeMs: number | null;
  readonly bytes: number;
  readonly pages: number;
  readonly rounds: number;
}

/** Wall milliseconds of the guest's turn while pages go out. */
const GUEST_TURN = 2;
/** Bytes after which the guest has a turn. */
const LINK_TURN = 4 * 2 ** 20;
/** Wall milliseconds without a byte after which the other side counts as gone. */
const SILENCE = 30_000;
/** Wall milliseconds in which a source tries to reach a destination that may be ready. */
const PATIENCE = 10_000;

const err = (line: string): void => void process.stderr.write(`${line}\n`);
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export class Departures {
  readonly records: DepartureRecord[] = [];
  readonly #options: DepartureOptions;
  #due: DepartureOrder | null = null;
  #source: LiveSource | null = null;

  constructor(options: DepartureOptions) {
    this.#options = options;
  }

  get due(): boolean {
    return this.#due !== null;
  }

  request(order: DepartureOrder): void {
    this.#due = order;
  }

  /** Calls off a migration in progress, where there is one and it is not too late: then the guest goes on here. */
  cancel(): boolean {
    if (!this.#source || this.#source.phase === 'failed') return false;
    if (!this.#source.cancel('cancelled at the source')) err('migration: too late to cancel: the guest is given up');
    return true;
  }

  /** Makes the migration that is due; how the run ends by it, or null where the guest goes on here. */
  async leave(session: Session): Promise<SessionStatus | 'migrated' | 'held' | null> {
    const order = this.#due!;
    this.#due = null;
    const { host } = session.machine;
    const id = randomBytes(16).toString('hex');
    const where = formatAddress(order.to);
    const source = new LiveSource(session.machine, {
      id,
      strategy: order.strategy,
      downtime: order.policy,
      pause: order.pause,
      allow: order.allow,
      deterministic: this.#options.deterministic,
      line: () => session.line,
    });
    this.#source = source;
    err(`migration ${id.slice(0, 8)} to ${where} begins at ${Number(host.now() / 1000n) / 1e6} ms host time`);
    const trip = new Trip(session, source, this.#options);
    let ended: SessionStatus | null = null;
    try {
      ended = await trip.run(order.to);
    } catch (error) {
      source.cancel(linkError(error as NodeJS.ErrnoException));
    }
    if (source.phase === 'given-up') await settle(source, order.to, this.#options.secret, PATIENCE);
    this.#source = null;
    const end = this.#conclude(session, source, trip, where);
    if (source.mustTell) void settle(source, order.to, this.#options.secret, PATIENCE);
    return end ?? ended;
  }

  #conclude(session: Session, source: LiveSource, trip: Trip, where: string): 'migrated' | 'held' | null {
    const { rounds, pages, bytes } = source.progress;
    const { totalMs, downtimeMs } = trip.times();
    const outcome = source.phase === 'gone' ? 'gone' : source.phase === 'given-up' ? 'held' : 'stayed';
    const reason = outcome === 'gone' ? null : source.reason;
    this.records.push({ to: where, id: source.id, outcome, reason, totalMs, downtimeMs, bytes, pages, rounds });
    log.info(this.records.at(-1), 'migration');
    const name = `migration ${source.id.slice(0, 8)}`;
    if (outcome === 'gone') {
      const rate = (bytes / 2 ** 20 / (totalMs / 1000)).toFixed(0);
      err(
        `${name}: the guest runs at ${where}; total ${ms(totalMs)}, downtime ${ms(downtimeMs!)}, ${pages} pages, ${rounds} rounds, ${(bytes / 2 ** 20).toFixed(1)} MiB (${rate} MiB/s)`,
      );
      return 'migrated';
    }
    if (outcome === 'stayed') {
      err(`chronovisor: ${name} to ${where}: ${reason}${session.machine.vm.end ? '' : '; the guest goes on here'}`);
      return null;
    }
    const kept = hold(session.machine, heldPath(this.#options.held, source.id));
    err(
      `chronovisor: ${name} to ${where}: ${reason}; the guest had been given up and nobody there says that it runs. ${kept}. Restore it only if the destination has neither said 'the guest runs here' nor holds it in a file of its own`,
    );
    return 'held';
  }
}

/** One link, from connecting to its end. */
class Trip {
  readonly #session: Session;
  readonly #source: LiveSource;
  readonly #options: DepartureOptions;
  readonly #started = performance.now();
  /** When the guest ran last. */
  #ran = performance.now();
  #ended: number | null = null;
  #socket: Socket | null = null;
  #blocked = false;
  #closed = false;
  #heard = performance.now();
  #rounds = 0;
  readonly #inbox: Uint8Array[] = [];
  #wake: () => void = () => {};

  constructor(session: Session, source: LiveSource, options: DepartureOptions) {
    this.#session = session;
    this.#source = source;
    this.#options = options;
  }

  times(): { totalMs: number; downtimeMs: number | null } {
    const end = this.#ended ?? performance.now();
    const moved = this.#source.phase === 'gone';
    return { totalMs: end - this.#started, downtimeMs: moved ? end - this.#ran : null };
  }

  /** @returns how the guest's own run ended meanwhile, where it did */
  async run(address: Address): Promise<SessionStatus | null> {
    const source = this.#source;
    let refused: Error | null = null;
    connect(address, this.#options.secret).then(
      (socket) => this.#attach(socket),
      (error: Error) => {
        refused = error;
        this.#wake();
      },
    );
    for (;;) {
      if (refused) throw refused;
      this.#look();
      const moved = this.#pump();
      if (source.phase === 'gone' || source.phase === 'failed') {
        this.#ended = performance.now();
        this.#hangUp();
        return null;
      }
      if (this.#closed && source.phase === 'given-up') return null;
      const ended = this.#guestTurn();
      if (ended) {
        source.cancel('the guest ended before it could go');
        this.#pump();
        this.#hangUp();
        return ended;
      }
      const { host } = this.#session.machine;
      if (source.mayRun(host.now()) || (moved && !this.#blocked)) await immediate();
      else {
        source.rehearse();
        await this.#event();
      }
    }
  }

  /** A side that never hangs up keeps no process here. */
  #hangUp(): void {
    this.#socket?.end();
    this.#socket?.unref();
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (data) => {
      this.#heard = performance.now();
      this.#inbox.push(data);
      this.#wake();
    });
    socket.on('drain', () => {
      this.#heard = performance.now();
      this.#blocked = false;
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    this.#wake();
  }

  /** What has come, and what follows from it. */
  #look(): void {
    const source = this.#source;
    for (const bytes of this.#inbox.splice(0)) source.receive(bytes);
    if (this.#closed) source.closed();
    if (performance.now() - this.#heard > SILENCE) {
      source.closed();
      this.#closed = true;
      this.#socket?.destroy();
    }
    source.advance(this.#session.machine.host.now());
    if (source.phase === 'ready') {
      this.#options.flush();
      err(`migration ${source.id.slice(0, 8)}: given up to the destination; this process does not run it again`);
      source.commit();
    }
    const { rounds, dirty } = source.progress;
    if (rounds !== this.#rounds) {
      this.#rounds = rounds;
      err(`migration ${source.id.slice(0, 8)}: round ${rounds}, ${dirty} pages to send again`);
    }
  }

  /** Gives the link what it takes; whether there was anything. */
  #pump(): boolean {
    if (!this.#socket || this.#closed) return false;
    let sent = 0;
    while (!this.#blocked && sent < LINK_TURN) {
      const bytes = this.#source.next();
      if (!bytes) break;
      sent += bytes.length;
      this.#blocked = !this.#socket.write(bytes);
    }
    return sent > 0;
  }

  #guestTurn(): SessionStatus | null {
    const { host } = this.#session.machine;
    const source = this.#source;
    if (!source.mayRun(host.now())) return null;
    const end = performance.now() + GUEST_TURN;
    const status = this.#session.run(() => performance.now() >= end || !source.mayRun(host.now()));
    this.#ran = performance.now();
    if (status === 'stalled') source.stalled(host.now());
    return status === 'yielded' || status === 'stalled' ? null : status;
  }

  /** Until the link has something, or for a while. */
  async #event(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, 1000);
      if (this.#inbox.length || this.#closed) resolve();
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }
}

/** Tells the destination what has been decided, by new links, until it answers or patience ends. */
async function settle(source: LiveSource, to: Address, secret: Buffer | null, patience: number): Promise<void> {
  const decision = source.phase === 'given-up' ? 'go' : 'quit';
  const end = performance.now() + patience;
  while (performance.now() < end) {
    const answer = await inquire(new LiveInquiry({ id: source.id, decision }), to, secret);
    if (answer) return source.answered(answer);
    await sleep(300);
  }
}

async function inquire(inquiry: LiveInquiry, to: Address, secret: Buffer | null): Promise<'runs' | 'gone' | null> {
  try {
    const socket = await connect(to, secret);
    socket.on('error', () => {});
    socket.setTimeout(5000, () => socket.destroy());
    const done = new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      socket.on('data', (data) => {
        inquiry.receive(data);
        if (inquiry.answer || inquiry.reason) resolve();
      });
    });
    for (const bytes of inquiry.output) socket.write(bytes);
    await done;
    socket.destroy();
  } catch {
    // Nobody there: asked again.
  }
  return inquiry.answer;
}
