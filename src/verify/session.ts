/**
 * One run of a machine with what shall happen in it: migrations, typed input, saves, an end. The session runs the
 * machine from event to event and records what happened.
 */
import type { IdentityRegister } from '../arch/system/identity.js';
import { PS_PER_MILLISECOND, type Ps } from '../arch/timer/time.js';
import type { HostSpec } from '../host/frequency.js';
import type { RunLimit } from '../host/host.js';
import type { DowntimePolicy, StrategyName } from '../hypervisor/strategy/index.js';
import { BadSnapshot } from '../migration/errors.js';
import { type MigrationRecord, migrate } from '../migration/migrate.js';
import type { Machine } from '../migration/snapshot.js';
import type { When } from './when.js';

/** Something that a session does to its machine between two slices. */
export type SessionAction =
  | {
      readonly kind: 'migrate';
      readonly to: HostSpec;
      readonly strategy: StrategyName;
      /** Identification registers that may differ from what the guest has read. */
      readonly allow?: readonly IdentityRegister[];
      /** How long the stop is, and what guest time makes of it (absent: `paused`). */
      readonly downtime: Ps;
      readonly policy?: DowntimePolicy;
    }
  | { readonly kind: 'type'; readonly text: string }
  /** Characters for the console, as a terminal sends them. */
  | { readonly kind: 'receive'; readonly bytes: readonly number[] }
  /** Jumps to a later instant, as the wall clock does where the pace is real. */
  | { readonly kind: 'follow'; readonly to: Ps }
  /** Presses the power key, or lets it go; pressed without `hold`, it goes up by itself. */
  | { readonly kind: 'power-key'; readonly down: boolean; readonly hold?: boolean }
  | { readonly kind: 'stop' }
  /** Goes on with the machine that `make` makes of this one. */
  | { readonly kind: 'replace'; make(machine: Machine): Machine }
  /** Looks at the machine; it must not change it. Of what is due at one instant, this comes last.
   * `what`: what it is, in case it is never reached. */
  | { readonly kind: 'call'; run(): void; readonly what?: string };

/** Something to do at an instant, once. */
export interface SessionEvent {
  readonly when: When;
  readonly action: SessionAction;
  /** The platform's own, of which no one need hear where it does not happen. */
  readonly own?: boolean;
}

/** How a session ended, or why it has stopped for now. */
export type SessionStatus =
  | 'poweroff'
  | 'reset'
  | 'exit'
  /** --until was reached. */
  | 'stopped'
  | 'stalled'
  /** The caller's poll asked for control. */
  | 'yielded'
  | 'debug';

/** How long the power key stays down: longer than drivers debounce. */
const KEY_HELD: Ps = 100n * PS_PER_MILLISECOND;

/** The longest line that patterns are matched against. */
const LINE_LIMIT = 4096;

export class Session {
  #machine: Machine;
  readonly migrations: MigrationRecord[] = [];
  /** Messages of migrations and restores that were refused. */
  readonly refusals: string[] = [];
  #pending: SessionEvent[];
  #due: SessionEvent[] = [];
  #line = '';
  #stopped = false;
  #paused = false;
  /** Called behind every migration. */
  onMigration: (record: MigrationRecord) => void = () => {};
  onRefusal: (message: string) => void = () => {};
  /** Called with the machine that has taken the place of the one before. */
  onReplace: (machine: Machine) => void = () => {};
  /** Called before everything that the session does, at the instant at which it does it. */
  readonly beforeAction: ((action: SessionAction) => void)[] = [];
  /** Called with every character that the guest sends. */
  readonly onTransmit: ((byte: number) => void)[] = [];

  /** @param transmit takes the guest's console */
  constructor(machine: Machine, events: readonly SessionEvent[], transmit: (byte: number) => void) {
    this.#machine = machine;
    this.#pending = [...events];
    machine.host.onTransmit = (byte) => {
      transmit(byte);
      for (const listener of this.onTransmit) listener(byte);
      this.#watch(byte);
    };
  }

  /** The machine that runs; a 'replace' puts another in its place. */
  get machine(): Machine {
    return this.#machine;
  }

  /** Characters for the guest's console, now. */
  type(bytes: Uint8Array): void {
    this.machine.vm.board.uart.receive(bytes);
  }

  /** The line that the guest is printing, up to now: it moves with a guest that moves. */
  get line(): string {
    return this.#line;
  }
  set line(text: string) {
    this.#line = text.slice(0, LINE_LIMIT);
  }

  /**
   * Something from outside, which no one planned: it happens at the next instant that the run has, so that a run in which
   * it is planned for that instant is the same run.
   */
  inject(action: SessionAction): void {
    this.schedule({ when: { kind: 'time', at: this.machine.host.now() + 1n }, action, own: true });
  }

  /** Has `run` return 'yielded' behind the instruction that runs now. */
  pause(): void {
    this.#paused = true;
    this.machine.host.interrupt();
  }

  /** Events that have not happened. */
  get pending(): readonly SessionEvent[] {
    return this.#pending.filter((event) => !event.own);
  }

  /** Adds an event while the session runs. */
  schedule(event: SessionEvent): void {
    this.#pending.push(event);
  }

  /**
   * Runs until the guest or an event ends it, or control is wanted: by `poll` (asked between slices) or because `until`
   * has come. A debugger's stop comes back as 'debug'.
   */
  run(poll?: () => boolean, until: Ps | null = null): SessionStatus {
    for (;;) {
      this.#settle();
      if (this.#stopped) return 'stopped';
      if (this.#paused) {
        this.#paused = false;
        return 'yielded';
      }
      const { host, vm } = this.machine;
      const limit = this.#limit();
      if (until !== null && host.now() >= until) {
        if (vm.end) return vm.end.kind;
        return limit.until === null && host.stalled ? 'stalled' : 'yielded';
      }
      if (until !== null && (limit.until === null || until < limit.until!)) limit.until = until;
      const stop = host.run({ ...limit, ...(poll && { poll }) });
      if (stop === 'ended') return vm.end!.kind;
      if (stop === 'stalled' || stop === 'debug') return stop;
      if (stop === 'polled') return 'yielded';
    }
  }

  #limit(): RunLimit {
    let until: Ps | null = null;
    let instructions: number | null = null;
    for (const { when } of this.#pending) {
      if (when.kind === 'time' && (until === null || when.at < until)) until = when.at;
      if (when.kind === 'instructions' && (instructions === null || when.count < instructions)) {
        instructions = when.count;
      }
    }
    return { until, instructions };
  }

  /** Does all that is due: first what does something, also what that makes due, then what only looks. */
  #settle(): void {
    for (;;) {
      this.#collectDue();
      const next = this.#due.findIndex(({ action }) => action.kind !== 'call');
      if (next < 0) break;
      this.#act(this.#due.splice(next, 1)[0]!);
    }
    for (const event of this.#due.splice(0)) this.#act(event);
  }

  #collectDue(): void {
    const { host } = this.machine;
    const now = host.now();
    this.#take(
      ({ when }) =>
        (when.kind === 'time' && now >= when.at) || (when.kind === 'instructions' && host.instructions >= when.count),
    );
  }

  #take(due: (event: SessionEvent) => boolean): void {
    this.#due.push(...this.#pending.filter(due));
    this.#pending = this.#pending.filter((event) => !due(event));
  }

  /** Looks for console events in the line that the guest prints. */
  #watch(byte: number): void {
    if (byte === 10 || byte === 13) {
      this.#line = '';
      return;
    }
    if (this.#line.length < LINE_LIMIT) this.#line += String.fromCharCode(byte);
    const before = this.#due.length;
    this.#take(({ when }) => when.kind === 'console' && when.pattern.test(this.#line));
    if (this.#due.length > before) this.machine.host.interrupt();
  }

  #act({ action }: SessionEvent): void {
    for (const listener of this.beforeAction) listener(action);
    switch (action.kind) {
      case 'type':
        return this.type(new TextEncoder().encode(action.text));
      case 'receive':
        return this.type(Uint8Array.from(action.bytes));
      case 'follow':
        return this.machine.host.follow(action.to);
      case 'power-key':
        this.machine.vm.board.powerKey(action.down);
        if (action.down && !action.hold) this.#releasePowerKey();
        return;
      case 'call':
        return action.run();
      case 'replace':
        return this.#replace(action.make);
      case 'stop':
        this.#stopped = true;
        return;
      case 'migrate':
        return this.#migrate(action);
    }
  }

  #replace(make: (machine: Machine) => Machine): void {
    let machine: Machine;
    try {
      machine = make(this.machine);
    } catch (error) {
      if (!(error instanceof BadSnapshot)) throw error;
      return this.#refuse(`restore refused: ${error.message}`);
    }
    machine.host.onTransmit = this.machine.host.onTransmit;
    this.#machine = machine;
    this.onReplace(machine);
  }

  #refuse(message: string): void {
    this.refusals.push(message);
    this.onRefusal(message);
  }

  #releasePowerKey(): void {
    const at = this.machine.host.now() + KEY_HELD;
    this.schedule({ when: { kind: 'time', at }, action: { kind: 'power-key', down: false } });
  }

  #migrate({ to, strategy, downtime, policy, allow }: SessionEvent['action'] & { kind: 'migrate' }): void {
    let record: MigrationRecord;
    try {
      record = migrate(this.machine, to, strategy, downtime, policy, allow);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#refuse(error.message);
    }
    this.migrations.push(record);
    this.onMigration(record);
  }
}
