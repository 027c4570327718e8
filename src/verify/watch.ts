/** Wires the invariants to a machine: its event stream in, verdicts out. Watching changes nothing of the run. */
import { PROFILE_CALLS, STOLEN_TIME_FIELD, stolenTimeAddress } from '../hypervisor/pvtime/index.js';
import type { Machine } from '../migration/snapshot.js';
import type { Attention, Listeners, TimerName } from '../trace/index.js';
import { type Facts, INVARIANTS, type Invariant, listenersOf, type Model, type RunEnd } from './invariants/index.js';
import { type TimerState, timers } from './invariants/models/timers.js';
import { CounterSamples } from './samples.js';
import type { Verdict } from './verdict.js';

export class Watch {
  /** What the guest read of its virtual counter, for pictures. */
  readonly samples = new CounterSamples();
  #machine: Machine;
  readonly #invariants: readonly Invariant[];
  readonly #states = new Map<Model<unknown>, unknown>();
  readonly #listeners: (readonly [Listeners, Attention | null])[] = [];
  #leave: (() => void)[] = [];

  /** @param invariants none: it listens to nothing, and costs nothing */
  constructor(machine: Machine, invariants: readonly Invariant[] = INVARIANTS) {
    this.#machine = machine;
    this.#invariants = invariants;
    const facts = factsOf(machine);
    for (const { model } of invariants) {
      if (this.#states.has(model)) continue;
      const state = model.create(facts);
      this.#states.set(model, state);
      if (model.applies?.(facts) ?? true)
        this.#listeners.push([listenersOf(model, state), model.attention?.(state) ?? null]);
    }
    if (!invariants.length) return;
    const sampler: Listeners = {
      'counter-read': (e) => {
        if (e.register === 'CNTVCT_EL0') this.samples.add(e);
      },
    };
    this.#listeners.push([sampler, null]);
    this.#listen();
  }

  /** Goes on with a machine that was made of the one before, in the same state. */
  follow(machine: Machine): void {
    for (const leave of this.#leave) leave();
    this.#machine = machine;
    this.#listen();
  }

  #listen(): void {
    this.#leave = this.#listeners.map((l) => this.#machine.vm.trace.listen(...l));
  }

  /** @param stalled whether the run ended because nothing will ever wake a vCPU */
  verdicts(stalled = false): Verdict[] {
    const end = endOf(this.#machine, stalled);
    return this.#invariants.map((it) => ({ name: it.name, ...it.verdict(this.#states.get(it.model), end) }));
  }

  /** How late timer interrupts were: [n] counts those below 2^n ns (and not below 2^(n-1)). */
  get lateness(): readonly number[] {
    const state = this.#states.get(timers as Model<unknown>) as TimerState | undefined;
    return Array.from(state?.histogram ?? [], (n) => n ?? 0);
  }
}

function factsOf({ host, vm }: Machine): Facts {
  const time = host.now();
  const count = vm.counter.count(time);
  const names: readonly TimerName[] = ['virtual', 'physical'];
  return {
    vcpus: vm.vcpus.length,
    time,
    host: host.counter.spec,
    freqHz: vm.counter.freqHz,
    pvFreqHz: vm.lpt?.pvFreqHz ?? null,
    rtcEpoch: vm.config.startEpoch + (vm.board.save().rtc.offset | 0),
    stolenTimeCall: PROFILE_CALLS[vm.config.pvTime]?.stolenTime ?? null,
    stolen: vm.vcpus.map((v) => v.stolen),
    timers: vm.vcpus.flatMap(({ timer }, vcpu) =>
      names.flatMap((name) => {
        const { ctl, cval } = name === 'virtual' ? timer.state.cntv : timer.state.cntp;
        const view = timer.read(name === 'virtual' ? 'CNTVCT_EL0' : 'CNTPCT_EL0', count);
        return (ctl & 3) === 1 ? [{ vcpu, timer: name, cval, view }] : [];
      }),
    ),
    interrupts: vm.vgic.live,
  };
}

function endOf({ host, vm }: Machine, stalled: boolean): RunEnd {
  const { cpu } = vm.engine;
  const field = (vcpu: number): bigint =>
    cpu.view.getBigUint64(cpu.ram.host(stolenTimeAddress(vcpu)) + STOLEN_TIME_FIELD, true);
  return {
    time: host.now(),
    stalled,
    accounts: host.accounts,
    told: vm.vcpus.map((v) => v.stolen),
    published: vm.config.pvTime === 'off' ? null : vm.vcpus.map((_, v) => field(v)),
    deliverable: (vcpu, intid) => vm.vcpus[vcpu]!.power !== 'off' && vm.vgic.deliverable(vcpu, intid),
  };
}
