/**
 * The destination's side: waits for a guest, one at a time, and gives it out when it is ours. The line "the guest runs
 * here" is written before its first instruction.
 */
import type { Server, Socket } from 'node:net';
import type { HostSpec } from '../../host/frequency.js';
import type { HostOptions } from '../../host/host.js';
import {
  type Arrival,
  LiveDestination,
  MigrationFailed,
  type Question,
  reserveRoom,
} from '../../migration/live/index.js';
import { log } from '../log.js';
import { type Address, formatAddress } from './address.js';
import { heldPath, hold } from './held.js';
import { listen } from './link.js';
import type { SpareEngine } from './spare.js';

export interface ArrivalOptions {
  readonly listen: Address;
  readonly secret: Buffer | null;
  readonly spec: HostSpec | null;
  readonly maxMemory: number;
  readonly engine: 'interp' | 'jit';
  readonly spare: SpareEngine;
  /** Host options other than the source's. */
  readonly change: Partial<Omit<HostOptions, 'spec'>>;
  /** Where the guest is kept if the source's word does not come. */
  readonly held: string | undefined;
  /** End at the first migration that comes to nothing. */
  readonly once: boolean;
  /** Wall milliseconds that a guest which is ready waits for the source's word when the link is lost. */
  readonly patience: number;
}

/** How waiting ended. */
export type ArrivalEnd =
  | { readonly kind: 'arrived'; readonly arrival: Arrival; readonly from: string }
  /** `once`, and nothing came of it. */
  | { readonly kind: 'failed' }
  /** The guest is in a file: whether the source has it, too, nobody could say. */
  | { readonly kind: 'held' }
  | { readonly kind: 'interrupted' };

/** Wall milliseconds without a byte after which the source counts as gone. */
const SILENCE = 30_000;

const err = (line: string): void => void process.stderr.write(`${line}\n`);

export class Arrivals {
  readonly #options: ArrivalOptions;
  #server: Server | null = null;
  #current: LiveDestination<Arrival> | null = null;
  #waiting: NodeJS.Timeout | undefined;
  #resolve!: (end: ArrivalEnd) => void;
  readonly end = new Promise<ArrivalEnd>((resolve) => {
    this.#resolve = resolve;
  });

  constructor(options: ArrivalOptions) {
    this.#options = options;
  }

  /** @throws UsageError where that cannot be listened at */
  async open(): Promise<void> {
    const { listen: address, secret } = this.#options;
    this.#server = await listen(
      address,
      secret,
      (socket) => this.#link(socket),
      (why) => err(`chronovisor: a link from outside was refused: ${why}`),
    );
    const bound = this.#server.address();
    const shown =
      typeof bound === 'object' && bound && address.kind === 'tcp' ? { ...address, port: bound.port } : address;
    err(`waiting for a guest on ${formatAddress(shown)}${secret ? ', with a secret' : ''}`);
  }

  interrupt(): void {
    this.#resolve({ kind: 'interrupted' });
  }

  /** Answers questions only while the process has something else to do. */
  rest(): void {
    this.#server?.unref();
  }

  close(): void {
    clearTimeout(this.#waiting);
    this.#server?.close();
  }

  #link(socket: Socket): void {
    const destination = new LiveDestination<Arrival>({
      spec: this.#options.spec,
      maxMemory: this.#options.maxMemory,
      reserve: (offer, spec) => {
        if (this.#busy()) throw new MigrationFailed('another guest is here');
        this.#current = destination;
        err(`migration ${offer.id.slice(0, 8)}: a guest of ${offer.config.ramBytes / 2 ** 20} MiB is coming`);
        const { engine, spare, change } = this.#options;
        return reserveRoom(offer, spec, engine, change, spare.take(offer.config));
      },
      answer: (question) => this.#answer(question),
    });
    const send = (): void => {
      if (socket.writable) for (const bytes of destination.takeOutput()) socket.write(bytes);
    };
    socket.setTimeout(SILENCE, () => socket.destroy());
    socket.on('error', (error) => log.debug({ error: error.message }, 'link'));
    socket.on('data', (bytes) => {
      const before = destination.phase;
      destination.receive(bytes);
      if (before !== 'running' && destination.phase === 'running') {
        this.#arrived(destination);
        destination.confirm();
      }
      send();
      if (destination.damaged !== null) socket.destroy();
      else if (destination.done) socket.end();
    });
    socket.on('close', () => {
      destination.closed();
      this.#closed(destination);
    });
    send();
  }

  #busy(): boolean {
    const phase = this.#current?.phase;
    return phase === 'copying' || phase === 'ready' || phase === 'running' || phase === 'offer';
  }

  #name(destination: LiveDestination<Arrival>): string {
    return `migration ${destination.offer?.id.slice(0, 8) ?? '?'}`;
  }

  #arrived(destination: LiveDestination<Arrival>): void {
    clearTimeout(this.#waiting);
    err(`${this.#name(destination)}: the guest runs here`);
    const { bytes, rounds } = destination.progress;
    log.info({ id: destination.offer?.id, bytes, rounds }, 'arrived');
    this.#resolve({ kind: 'arrived', arrival: destination.arrived!, from: destination.offer!.id });
  }

  #answer({ id, decision }: Question): 'runs' | 'gone' {
    const destination = this.#current;
    if (!destination || destination.offer?.id !== id) return 'gone';
    const before = destination.phase;
    destination.decided(decision);
    if (before === 'ready' && destination.phase === 'running') this.#arrived(destination);
    else if (before === 'ready') this.#came(destination);
    return destination.phase === 'running' ? 'runs' : 'gone';
  }

  /** The link of a migration has ended, one way or another. */
  #closed(destination: LiveDestination<Arrival>): void {
    if (destination.phase === 'ready') {
      err(
        `chronovisor: ${this.#name(destination)}: the link was lost; the guest is complete and waits for the source's word`,
      );
      this.#waiting = setTimeout(() => this.#hold(destination), this.#options.patience);
    } else if (destination.phase === 'failed') this.#came(destination);
  }

  /** Nothing came of it. */
  #came(destination: LiveDestination<Arrival>): void {
    clearTimeout(this.#waiting);
    if (this.#current === destination) this.#current = null;
    else if (destination.offer === null && this.#current) return;
    err(`chronovisor: ${this.#name(destination)}: ${destination.reason}; nothing of it is left here`);
    if (this.#options.once) this.#resolve({ kind: 'failed' });
  }

  #hold(destination: LiveDestination<Arrival>): void {
    const { id } = destination.offer!;
    const kept = hold(destination.arrived!.machine, heldPath(this.#options.held, id));
    err(
      `chronovisor: ${this.#name(destination)}: the source's word has not come. ${kept}. Restore it if the source said 'given up' or its process is gone; never where the source said that the guest goes on there`,
    );
    this.#resolve({ kind: 'held' });
  }
}
