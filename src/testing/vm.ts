/** A guest under test: run it as far as a test wants, do things to it, and look at it from outside. */
import type { Ps } from '../arch/timer/time.js';
import { stateHash } from '../cli/state-hash.js';
import { readMemory } from '../debug/machine-memory.js';
import { MachineRegisters } from '../debug/machine-registers.js';
import type { HostSpec } from '../host/frequency.js';
import { formatDuration, parseDuration } from '../host/time-spec.js';
import { parseIdentityRegister } from '../hypervisor/identity/index.js';
import { type DowntimePolicy, parseDowntime, parseStrategy, type StrategyName } from '../hypervisor/strategy/index.js';
import type { GuestEnd } from '../hypervisor/vm/host.js';
import { type ImageSymbol, symbolize } from '../loader/index.js';
import type { MigrationRecord } from '../migration/migrate.js';
import { type Machine, saveSnapshot } from '../migration/snapshot.js';
import { Session, type SessionAction } from '../verify/session.js';
import type { Verdict } from '../verify/verdict.js';
import { Watch } from '../verify/watch.js';
import { parseWhen } from '../verify/when.js';
import { GuestError } from './error.js';
import { hostSpec, type VmOptions } from './options.js';
import { Transcript } from './transcript.js';

/** Wall milliseconds of running between two turns of the event loop, so that a test's own time limit can act. */
const TURN = 50;

export interface MigrateOptions {
  readonly strategy?: StrategyName;
  /** How guest time sees the pause. Default 'paused'. */
  readonly downtime?: DowntimePolicy;
  /** Identification registers that may differ from what the guest has read. */
  readonly allow?: readonly string[];
  /** How long the guest is stopped. Default '10 ms'. */
  readonly pause?: string;
}

export interface WithinOptions {
  /** Guest time that the wait may take: '5 s'. Never wall time: a slow machine changes no test. */
  readonly within?: string;
}

export class TestVm {
  /** The machine itself, for what has no method here. */
  readonly machine: Machine;
  readonly migrations: readonly MigrationRecord[];
  readonly #session: Session;
  readonly #watch: Watch;
  readonly #transcript = new Transcript();
  readonly #symbols: readonly ImageSymbol[];
  readonly #options: VmOptions;
  readonly #registers: MachineRegisters;
  #stalled = false;

  constructor(machine: Machine, symbols: readonly ImageSymbol[], options: VmOptions) {
    this.machine = machine;
    this.#symbols = symbols;
    this.#options = options;
    this.#watch = new Watch(machine);
    this.#session = new Session(machine, [], (byte) => this.#transcript.add(byte));
    this.migrations = this.#session.migrations;
    this.#registers = new MachineRegisters(machine.vm);
  }

  /** All that the guest has printed (the last 4 MiB), without carriage returns. */
  get output(): string {
    return this.#transcript.text;
  }

  /** Host time, in picoseconds. */
  get time(): Ps {
    return this.machine.host.now();
  }

  /** Instructions retired by all vCPUs. */
  get instructions(): number {
    return this.machine.host.instructions;
  }

  /** How the guest ended; null while it runs. */
  get end(): GuestEnd | null {
    return this.machine.vm.end;
  }

  /**
   * Runs until the guest prints a line that matches, behind what the last `console` found; at once where it has already.
   * @returns the match
   * @throws GuestError where it ends, waits for ever or does not print it in time, with its last lines
   */
  async console(pattern: RegExp, options: WithinOptions = {}): Promise<RegExpMatchArray> {
    const what = `vm.console(${pattern})`;
    let match = this.#transcript.take(pattern);
    if (match) return match;
    // The line may have begun before.
    const listener = (): void => {
      match ??= this.#transcript.take(pattern);
      if (match) this.#session.pause();
    };
    this.#session.onTransmit.push(listener);
    try {
      await this.#run(what, options, 'it printed that', () => match !== null);
    } finally {
      this.#session.onTransmit.splice(this.#session.onTransmit.indexOf(listener), 1);
    }
    return match!;
  }

  /** Types at the guest's console; it is there when the guest next runs. */
  type(text: string): void {
    this.#session.inject({ kind: 'type', text });
  }

  /** Presses the power key and lets it go 100 ms later. */
  pressPowerKey(): void {
    this.#session.inject({ kind: 'power-key', down: true });
  }

  /**
   * Moves the guest to another host, now.
   * @throws GuestError where the migration is refused
   */
  async migrate(host: HostSpec | string, options: MigrateOptions = {}): Promise<MigrationRecord> {
    const policy = parseDowntime(options.downtime ?? 'paused', 'downtime');
    const allow = (options.allow ?? []).map((name) => parseIdentityRegister(name, 'allow'));
    const strategy = parseStrategy(options.strategy ?? this.#options.strategy ?? 'offset', 'strategy');
    const downtime = parseDuration(options.pause ?? '10ms', 'pause');
    const [done, refused] = [this.migrations.length, this.#session.refusals.length];
    await this.#do({ kind: 'migrate', to: hostSpec(host, 'vm.migrate'), strategy, downtime, policy, allow });
    const refusal = this.#session.refusals[refused];
    if (refusal !== undefined) throw new GuestError(`vm.migrate: ${refusal}`);
    return this.migrations[done]!;
  }

  /**
   * Runs for so much host time: '2 s'.
   * @throws GuestError where the guest ends before
   */
  async runFor(duration: string): Promise<void> {
    const until = this.time + parseDuration(duration, 'vm.runFor');
    await this.#run(`vm.runFor('${duration}')`, { until }, 'that time was over', () => this.time >= until);
  }

  /**
   * Runs to an instant ('t=2.5s', 'insn=1e9', 'console=/text/'), or until the predicate, asked between slices, holds.
   * @throws GuestError where the guest ends, waits for ever or does not get there in time
   */
  async runUntil(when: string | (() => boolean), options: WithinOptions = {}): Promise<void> {
    if (typeof when === 'function') return this.#run('vm.runUntil', options, 'the predicate held', when);
    let there = false;
    const run = (): void => {
      there = true;
      this.#session.pause();
    };
    this.#session.schedule({ when: parseWhen(when, 'vm.runUntil'), action: { kind: 'call', run }, own: true });
    return this.#run(`vm.runUntil('${when}')`, options, 'that instant', () => there);
  }

  /**
   * Runs until the guest ends by itself.
   * @throws GuestError where it waits for ever or does not end in time
   */
  async runToEnd(options: WithinOptions = {}): Promise<GuestEnd> {
    await this.#run('vm.runToEnd()', options, 'its end', () => this.end !== null);
    return this.end!;
  }

  /** The machine as the bytes of a snapshot file; `restore` goes on from it. */
  save(): Uint8Array {
    return saveSnapshot(this.machine);
  }

  /** 64 hexadecimal digits, equal exactly where two machines are in the same state. */
  stateHash(): string {
    return stateHash(this.machine);
  }

  /** What the invariants say of the run so far. */
  verdicts(): readonly Verdict[] {
    return this.#watch.verdicts(this.#stalled);
  }

  /** @throws RangeError naming those that there are */
  verdict(name: string): Verdict {
    const all = this.verdicts();
    const found = all.find((v) => v.name === name);
    if (found) return found;
    throw new RangeError(
      `vm.verdict('${name}'): no such verdict of this run; there are ${all.map((v) => v.name).join(', ')}`,
    );
  }

  /**
   * A register of a vCPU by name: 'x0', 'sp', 'pc', 'cpsr', 'v3' or a system register such as 'VBAR_EL1'. Reading has no
   * effect on the guest.
   * @throws RangeError where there is none of the name
   */
  register(name: string, vcpu = 0): bigint {
    const index = this.#registers.list.findIndex((r) => r.name === name);
    const value = index < 0 || !this.machine.vm.vcpus[vcpu] ? null : this.#registers.read(vcpu, index);
    if (value === null) throw new RangeError(`vm.register('${name}', ${vcpu}): no such register`);
    return value;
  }

  /**
   * Bytes of RAM at a virtual address, as a vCPU's tables map it now.
   * @throws RangeError where not all of them are RAM
   */
  memory(address: bigint | string, length: number, vcpu = 0): Uint8Array {
    const at = typeof address === 'string' ? this.symbol(address) : address;
    const bytes = readMemory(this.machine.vm, vcpu, at, length);
    if (bytes?.length === length) return bytes;
    throw new RangeError(`vm.memory(0x${at.toString(16)}, ${length}): ${bytes?.length ?? 0} bytes of that are RAM`);
  }

  /**
   * A little-endian number of 1, 2, 4 or 8 bytes at an address or a symbol.
   * @throws RangeError where it is not RAM
   */
  value(address: bigint | string, bytes: 1 | 2 | 4 | 8 = 8, vcpu = 0): bigint {
    return this.memory(address, bytes, vcpu).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }

  /** The address of a symbol of the image. @throws RangeError where there is none */
  symbol(name: string): bigint {
    const symbol = this.#symbols.find((s) => s.name === name);
    if (!symbol) throw new RangeError(`vm.symbol('${name}'): the image has no such symbol`);
    return symbol.value;
  }

  /** An address as '0x40201234 (function+0x10)'. */
  place(address: bigint): string {
    const symbol = symbolize(this.#symbols, address);
    return `0x${address.toString(16)}${symbol ? ` (${symbol.name}+0x${symbol.offset.toString(16)})` : ''}`;
  }

  async #do(action: SessionAction): Promise<void> {
    let done = false;
    this.#session.inject(action);
    const run = (): void => {
      done = true;
      this.#session.pause();
    };
    this.#session.inject({ kind: 'call', run });
    await this.#run(`vm.${action.kind}`, {}, 'it', () => done);
  }

  /** Runs until `done`, and no further than the limit. */
  async #run(what: string, limit: WithinOptions & { until?: Ps }, aim: string, done: () => boolean): Promise<void> {
    const within = limit.within ?? this.#options.within ?? '60 s';
    const until = limit.until ?? this.time + parseDuration(within, 'within');
    while (!done()) {
      const turnEnds = performance.now() + TURN;
      const status = this.#session.run(() => done() || performance.now() >= turnEnds, until);
      if (done()) return;
      this.#stalled = status === 'stalled';
      if (status !== 'yielded') {
        const how = status === 'stalled' ? 'waits for an interrupt that nothing will raise' : `ended (${status})`;
        throw new GuestError(
          `${what}: the guest ${how} before ${aim}, at ${formatDuration(this.time)}; ${this.#last()}`,
        );
      }
      if (this.time >= until) {
        const pc = this.place(this.register('pc', this.machine.vm.engine.cpu.vcpu));
        throw new GuestError(
          `${what}: ${aim} did not come within ${within} of guest time (within: '...' sets it); pc ${pc}; ${this.#last()}`,
        );
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #last(): string {
    return `its last lines:\n${this.#transcript.tail()}`;
  }
}
