/**
 * A host that runs one VM: the scheduler of its vCPUs, its clock and counter, and the time that its other load steals.
 *
 * All decisions are functions of host time and of the VM's state, so the same inputs give the same run.
 */
import { Exit } from '../arch/engine/layout.js';
import { PS_PER_MICROSECOND, PS_PER_MILLISECOND, type Ps } from '../arch/timer/time.js';
import type { HostCpu } from '../hypervisor/identity/host-cpu.js';
import type { ExitKind, VmHost } from '../hypervisor/vm/host.js';
import type { Vm } from '../hypervisor/vm/vm.js';
import { costOf, type ExitCosts } from './costs.js';
import { HostCounter } from './counter.js';
import type { HostSpec } from './frequency.js';
import type { StealSchedule } from './steal.js';
import { Timeline, type TimelineState } from './timeline.js';

/** Bounds of `quantum`. */
export const MIN_QUANTUM: Ps = PS_PER_MICROSECOND / 10n;
export const MAX_QUANTUM: Ps = 100n * PS_PER_MILLISECOND;

export interface HostOptions {
  readonly spec: HostSpec;
  readonly ips: number;
  readonly costs: ExitCosts;
  readonly steal: StealSchedule;
  /** A vCPU's turn where several are runnable, in picoseconds. */
  readonly quantum: Ps;
}

/** How long a vCPU has been in each state; their sum is the wall time since the VM began (experience: the identity). */
export interface VcpuAccount {
  running: Ps;
  idle: Ps;
  stolen: Ps;
  paused: Ps;
  off: Ps;
}

/** Plain state of the scheduler and the clock. */
export interface HostState {
  timeline: TimelineState;
  /** The vCPU whose turn it is, and the slots left of it. */
  turn: number;
  left: number;
  accounts: VcpuAccount[];
  /** When each vCPU's timers next want attention. One that is due and not seen to yet is in the past. */
  alarms: (Ps | null)[];
}

/** Why `run` returned. */
export type RunStop =
  /** The instant or the instruction count asked for is reached. */
  | 'limit'
  /** `interrupt` was called. */
  | 'interrupted'
  /** The guest has ended (vm.end). */
  | 'ended'
  /** Every vCPU waits and nothing will ever wake one. */
  | 'stalled'
  /** A debugger's stop. */
  | 'debug'
  /** `poll` asked for control. */
  | 'polled';

export interface RunLimit {
  /** Host time to stop at. */
  until?: Ps | null;
  /** Retired instructions of all vCPUs together to stop at, exactly. */
  instructions?: number | null;
  /** Asked between slices whether to return; it does not cut a slice short, so it cannot change the run. */
  poll?: () => boolean;
}

type Activity = keyof VcpuAccount;

/** What a debugger lets a vCPU do: run, one instruction behind which `run` returns 'debug', or nothing. */
export type Allowance = 'run' | 'step' | 'hold';

/** Slots of a turn where only one vCPU is runnable: short enough for V8 to swap in optimised code. */
const LONE_TURN = 100_000;

export class Host implements VmHost {
  readonly options: HostOptions;
  #counter: HostCounter;
  readonly #timeline: Timeline;
  readonly #quantumSlots: number;
  readonly #accounts: VcpuAccount[] = [];
  #turn = 0;
  #left: number;
  #interrupted = false;
  #vm: Vm | null = null;
  readonly #alarms: readonly (Ps | null)[] = [];
  /** By vCPU; null: all run. No part of the state. What is held stands still; time goes on by the others' work. */
  allowances: readonly Allowance[] | null = null;
  /** Exits with a modelled cost since this object was made. No part of the state. */
  readonly exits: Record<ExitKind, number> = noExits(0);
  /** What they cost, in whole instructions' time. No part of the state. */
  readonly exitTime: Record<ExitKind, Ps> = noExits(0n);
  /** Takes what the guest transmits. */
  onTransmit: (byte: number) => void = () => {};
  /** Takes what the guest prints on its virtio console. */
  onVirtioConsole: (bytes: Uint8Array) => void = () => {};
  /** Takes what `refused` is told. */
  onRefused: (what: string) => void = () => {};

  constructor(options: HostOptions, state?: HostState) {
    this.options = options;
    this.#counter = new HostCounter(options.spec);
    this.#timeline = new Timeline(options.ips, state?.timeline);
    this.#quantumSlots = Math.max(1, Number(options.quantum / this.#timeline.slotPs));
    this.#left = state?.left ?? this.#quantumSlots;
    this.#turn = state?.turn ?? 0;
    if (state) this.#accounts = state.accounts.map((a) => ({ ...a }));
    if (state) this.#alarms = [...state.alarms];
  }

  /** Takes the VM that this host runs. */
  attach(vm: Vm): void {
    this.#vm = vm;
    for (const [v, alarm] of this.#alarms.entries()) vm.vcpus[v]!.deadline = alarm;
    while (this.#accounts.length < vm.vcpus.length) {
      this.#accounts.push({ running: 0n, idle: 0n, stolen: 0n, paused: 0n, off: 0n });
    }
  }

  save(): HostState {
    return {
      timeline: this.#timeline.save(),
      turn: this.#turn,
      left: this.#left,
      accounts: this.#accounts.map((a) => ({ ...a })),
      alarms: this.#vm!.vcpus.map((v) => v.deadline),
    };
  }

  get counter(): HostCounter {
    return this.#counter;
  }

  get cpu(): HostCpu | undefined {
    return this.#counter.spec.cpu;
  }

  get accounts(): readonly Readonly<VcpuAccount>[] {
    return this.#accounts;
  }

  now(): Ps {
    return this.#timeline.now(this.#vm?.engine.consumed ?? 0);
  }

  utc(): Ps {
    return this.now();
  }

  charge(kind: ExitKind): void {
    this.exits[kind]++;
    const cost = costOf(this.options.costs, kind);
    const vm = this.#vm!;
    vm.trace.exit(vm.engine.cpu.vcpu, kind, cost);
    if (!cost) return;
    const slots = (cost + this.#timeline.slotPs - 1n) / this.#timeline.slotPs;
    this.exitTime[kind] += slots * this.#timeline.slotPs;
    vm.engine.charge(Number(slots));
  }

  refused(what: string): void {
    this.onRefused(what);
  }

  transmit(byte: number): void {
    this.onTransmit(byte);
  }

  transmitVirtio(bytes: Uint8Array): void {
    this.onVirtioConsole(bytes);
  }

  /** Makes `run` return behind the instruction that runs now. */
  interrupt(): void {
    this.#interrupted = true;
    if (this.#vm && this.#vm.running >= 0) this.#vm.engine.cpu.requestExit(Exit.Event);
  }

  /**
   * The VM goes on behind a machine of another counter, having been stopped for `downtime`.
   * @param stolenFrom by vCPU, where the time counts as stolen: the instant from which it has had something to do
   */
  becomes(spec: HostSpec, downtime: Ps, stolenFrom: readonly Ps[] | null = null): void {
    if (stolenFrom) this.#steal(downtime, stolenFrom);
    else this.pause(downtime);
    this.#counter = new HostCounter(spec);
  }

  /** Lets time pass in which no vCPU runs and those that could are stolen from. */
  #steal(duration: Ps, stolenFrom: readonly Ps[]): void {
    const from = this.now();
    const to = from + duration;
    const before = stolenFrom.map((_, v) => this.#activity(v));
    this.#timeline.advanceTo(to);
    for (const [vcpu, at] of stolenFrom.entries()) {
      const state = before[vcpu]!;
      if (state === 'off') this.#book(vcpu, 'off', from, to);
      const since = state === 'idle' ? clamp(at, from, to) : from;
      if (state === 'idle') this.#book(vcpu, 'idle', from, since);
      if (state !== 'off') this.#book(vcpu, 'stolen', since, to);
    }
  }

  /** Lets time pass in which the VM is paused. */
  pause(duration: Ps): void {
    const from = this.now();
    this.#timeline.advanceTo(from + duration);
    for (const [vcpu, account] of this.#accounts.entries()) {
      account.paused += duration;
      this.#vm?.trace.activity(vcpu, 'paused', from, from + duration, false);
    }
  }

  /** Jumps to an instant, as the wall clock does where the pace is real. Vcpus that could run count as stolen from. */
  follow(instant: Ps): void {
    const activities = this.#vm!.vcpus.map((_, v) => (this.#vm!.runnable(v) ? 'stolen' : this.#activity(v)));
    this.#pass(activities, () => this.#timeline.advanceTo(instant));
  }

  /** Whether every vCPU waits and nothing of the machine's will ever wake one. */
  get stalled(): boolean {
    const vm = this.#vm!;
    const waits = (v: number): boolean => !vm.runnable(v) && !vm.wakeable(v) && vm.deadline(v) === null;
    const devices = vm.board.nextDeadline() === null && vm.itsDue === null;
    return devices && vm.vcpus.every((v, n) => v.power === 'off' || waits(n));
  }

  /** Instructions retired by all vCPUs. */
  get instructions(): number {
    return this.#vm!.engine.retired.reduce((sum, n) => sum + n, 0);
  }

  /** Runs the VM until a limit, the guest's end, or `interrupt`. */
  run(limit: RunLimit = {}): RunStop {
    const vm = this.#vm!;
    const until = limit.until ?? null;
    const instructions = limit.instructions ?? null;
    this.#interrupted = false;
    for (;;) {
      if (vm.end) return 'ended';
      if (this.#interrupted) return 'interrupted';
      const now = this.now();
      if (until !== null && now >= until) return 'limit';
      const quota = instructions === null ? Number.POSITIVE_INFINITY : instructions - this.instructions;
      if (quota <= 0) return 'limit';
      this.#fireDue(now);
      const activities = vm.vcpus.map((_, v) => this.#activity(v));
      const running = activities.filter((a) => a === 'running').length;
      const horizon = this.#horizon(now, until);
      const mayRun = (v: number): boolean => activities[v] === 'running' && this.allowances?.[v] !== 'hold';
      if (!activities.some((_, v) => mayRun(v))) {
        if (horizon === null) return 'stalled';
        const still = activities.map((a) => (a === 'running' ? 'paused' : a));
        this.#pass(still, () => this.#timeline.advanceTo(horizon));
        if (limit.poll?.()) return 'polled';
        continue;
      }
      this.#timeline.setParallel(running);
      while (!mayRun(this.#turn)) this.#nextTurn();
      const turn = running === 1 ? LONE_TURN : this.#left;
      const toHorizon = horizon === null ? turn : Math.min(turn, Number(this.#timeline.slotsUntil(horizon)));
      const vcpu = this.#turn;
      const stepFrom = this.allowances?.[vcpu] === 'step' ? vm.engine.retired[vcpu]! : null;
      const most = stepFrom === null ? Math.min(toHorizon, quota) : 1;
      let exit: Exit = Exit.Budget;
      this.#pass(
        activities,
        () => {
          vm.publishStolenTime(vcpu);
          exit = vm.enter(vcpu, Math.max(1, most));
          const used = vm.engine.takeConsumed();
          this.#timeline.spend(used);
          // A vCPU that runs alone has its whole turn before it when another wakes, wherever slices were cut.
          this.#left = running === 1 ? this.#quantumSlots : this.#left - used;
        },
        vcpu,
      );
      if (this.#left <= 0 || exit === (Exit.Wfe as Exit)) this.#nextTurn();
      const stepped = stepFrom !== null && vm.engine.retired[vcpu] !== stepFrom && !vm.end;
      if (stepped || exit === (Exit.Debug as Exit)) return 'debug';
      if (limit.poll?.()) return 'polled';
    }
  }

  /** Does what is due at `now`: devices' work, timer lines. */
  #fireDue(now: Ps): void {
    const vm = this.#vm!;
    vm.board.fireDue(now);
    if (vm.itsDue !== null && vm.itsDue <= now) vm.runIts();
    for (let v = 0; v < vm.vcpus.length; v++) {
      const deadline = vm.deadline(v);
      if (deadline !== null && deadline <= now) vm.timersDue(v);
      vm.wake(v);
    }
  }

  #activity(vcpu: number): Activity {
    const vm = this.#vm!;
    if (vm.vcpus[vcpu]!.power === 'off') return 'off';
    if (!vm.runnable(vcpu)) return 'idle';
    return this.options.steal.stolenUntil(this.now(), vcpu) === null ? 'running' : 'stolen';
  }

  /** The next instant at which something other than the guest happens. */
  #horizon(now: Ps, until: Ps | null): Ps | null {
    const vm = this.#vm!;
    let next = until;
    const consider = (t: Ps | null): void => {
      if (t !== null && t > now && (next === null || t < next)) next = t;
    };
    consider(vm.board.nextDeadline());
    consider(vm.itsDue);
    for (let v = 0; v < vm.vcpus.length; v++) {
      if (vm.vcpus[v]!.power === 'off') continue;
      consider(vm.deadline(v));
      if (!vm.runnable(v)) continue;
      const end = this.options.steal.stolenUntil(now, v);
      consider(end ?? this.options.steal.nextStealStart(now, v));
    }
    return next;
  }

  /** Books the time that `work` takes to what each vCPU did meanwhile. */
  #pass(activities: readonly Activity[], work: () => void, executed = -1): void {
    const from = this.now();
    work();
    const to = this.now();
    for (let v = 0; v < activities.length; v++) this.#book(v, activities[v]!, from, to, v === executed);
  }

  #book(vcpu: number, activity: Activity, from: Ps, to: Ps, executed = false): void {
    if (to === from) return;
    this.#accounts[vcpu]![activity] += to - from;
    if (activity === 'stolen') this.#vm!.vcpus[vcpu]!.stolen += to - from - this.#unseen(vcpu, from, to);
    this.#vm!.trace.activity(vcpu, activity, from, to, executed);
  }

  /** Fault run-delay-gap: how much of stolen time goes unseen. */
  #unseen(vcpu: number, from: Ps, to: Ps): Ps {
    if (!this.#vm!.faults.has('run-delay-gap')) return 0n;
    const end = this.options.steal.stolenUntil(from, vcpu) ?? from;
    const gap = end - PS_PER_MICROSECOND;
    const [first, last] = [gap > from ? gap : from, end < to ? end : to];
    return last > first ? last - first : 0n;
  }

  #nextTurn(): void {
    this.#turn = (this.#turn + 1) % this.#vm!.vcpus.length;
    this.#left = this.#quantumSlots;
  }
}

const noExits = <T>(none: T): Record<ExitKind, T> => ({
  hypercall: none,
  mmioVgic: none,
  mmioUser: none,
  eoi: none,
  ipi: none,
  lpi: none,
  trap: none,
  kick: none,
  maintenance: none,
});

const clamp = (t: Ps, low: Ps, high: Ps): Ps => (t < low ? low : t > high ? high : t);
