/**
 * A virtual machine: core, interrupt controller, timers, devices and hypercalls wired together. The host layer runs it:
 * it decides which vCPU runs, for how long, and what time it is.
 */
import type { Engine } from '../../arch/engine/engine.js';
import { Exit } from '../../arch/engine/layout.js';
import { PROFILES } from '../../arch/profiles.js';
import { CoreSystem, type Identity } from '../../arch/system/index.js';
import { PS_PER_MICROSECOND, PS_PER_SECOND, type Ps, type SystemCounter } from '../../arch/timer/index.js';
import { Board } from '../../machine/board.js';
import { PPI, SPI, SPI_COUNT, VIRT } from '../../machine/virt.js';
import { TraceStream, type WakeEvent } from '../../trace/index.js';
import type { FaultName } from '../faults.js';
import { guestIdentity, hostIdentity } from '../identity/index.js';
import type { PsciHost } from '../psci/index.js';
import {
  encodeLpt,
  encodeStolenTime,
  type LptState,
  lptAddress,
  STOLEN_TIME_FIELD,
  stolenTimeAddress,
} from '../pvtime/index.js';
import { firstGuestTime, type GuestTimeState, guestCounter } from '../strategy/index.js';
import { type KickReason, TRANSLATER, Vgic } from '../vgic/index.js';
import { type VmclockState, vmclockAt, vmclockPage } from '../vmclock/index.js';
import { nextTimerDeadline, nextTimerEvent, signalsAtExpiry, spoiledTimers, timerLines } from '../vtimer/index.js';
import { checkConfig, type VmConfig } from './config.js';
import { restoreCore, saveCore } from './core-state.js';
import { createEngine } from './create-engine.js';
import { deviceMemory } from './device-memory.js';
import { flashCells } from './flash-cells.js';
import { GuestMemory, stateRegions } from './guest-memory.js';
import type { ExitKind, GuestEnd, VmHost } from './host.js';
import { outsideOf } from './outside.js';
import { psciHostOf } from './psci-host.js';
import { traceSource } from './source.js';
import { tableMemory } from './table-memory.js';
import { programTimerTraps } from './timer-traps.js';
import { resetVcpuState, Vcpu } from './vcpu.js';
import { mpidrOf, offeredLpt, type VmOptions, type VmState } from './vm-state.js';

/** Host time from one turn of the ITS to the next, while its queue is longer than one access may run. */
const ITS_TURN: Ps = 10n * PS_PER_MICROSECOND;

export class Vm {
  readonly config: VmConfig;
  readonly engine: Engine;
  readonly system: CoreSystem;
  readonly vgic: Vgic;
  readonly board: Board;
  readonly vcpus: readonly Vcpu[];
  readonly host: VmHost;
  /** What this hypervisor does wrong, on purpose. */
  readonly faults: ReadonlySet<FaultName>;
  lpt: LptState | null;
  /** Bit n: the guest has been told of config.implementations[n]. */
  implementationsTold: number;
  /** Whether the guest has asked for an interrupt at each migration (beta2018's PV_TIME_LPT, flag bit 0). */
  lptInterrupt: boolean;
  /** What the vmclock page says; null where there is none. */
  vmclock: VmclockState | null;
  /** When the ITS goes on with its queue; null: there is nothing left of it. */
  itsDue: Ps | null;
  /** Set when the guest has ended. */
  end: GuestEnd | null = null;
  /** What can be seen of the guest from outside. */
  readonly trace: TraceStream;
  /** The vCPU that `enter` runs now, or -1. */
  running = -1;
  /** The vCPU that ran last. */
  #last: number;
  #time: GuestTimeState;
  /** What `counter` made last, and of which counter. */
  #view: { of: SystemCounter; counter: SystemCounter } | null = null;
  /** Stolen time as each vCPU's structure has it, ns; -1: not stored by us. */
  readonly #published: bigint[] = [];
  #lpisCharged = 0;

  /**
   * @param options `prepared`: an engine made for this configuration; what it holds but guest memory is lost;
   * `backends`: what its drives hold
   * @param state a saved state; absent: a VM at reset, all vCPUs off
   * @throws RangeError for a configuration that cannot be
   */
  constructor(config: VmConfig, host: VmHost, options: VmOptions, state?: VmState) {
    this.config = checkConfig({ ...config });
    this.host = host;
    this.faults = new Set(config.faults);
    this.trace = new TraceStream(traceSource(this));
    this.#last = state?.last ?? 0;
    this.itsDue = state?.itsDue ?? null;
    this.#time = state?.time ?? firstGuestTime(host.counter.freqHz);
    this.engine = options.prepared ?? createEngine(config, options.engine);
    if (options.prepared) this.engine.reset();
    this.system = new CoreSystem(this.engine);
    const cntvoff = this.counter.count(host.now());
    const indices = Array.from({ length: config.vcpus }, (_, i) => i);
    this.vcpus = indices.map((i) => new Vcpu(state?.vcpus[i] ?? resetVcpuState(cntvoff)));
    this.vgic = new Vgic(
      {
        vcpus: config.vcpus,
        mpidr: indices.map(mpidrOf),
        spis: SPI_COUNT - 32,
        listRegisters: config.listRegisters,
        host: {
          kick: (vcpu, why) => this.#kick(vcpu, why),
          resident: (vcpu) => this.runnable(vcpu),
          trace: this.trace,
          refused: (what) => host.refused?.(what),
        },
        lpis: config.its ? tableMemory(this.engine.cpu, this.system, this.faults) : undefined,
        policies: config.gic ?? {},
        faults: this.faults,
      },
      state?.vgic,
    );
    this.board = new Board(
      {
        transmit: (byte) => host.transmit(byte),
        interrupt: (intid, level) => this.vgic.setSpiLevel(intid, level),
        now: () => host.utc(),
        startEpoch: config.startEpoch,
        ram: deviceMemory(this, () => this.#last),
        msi: (deviceId, address, data) => this.msi(deviceId, address, data),
        attend: () => this.#stopRunning(),
        transmitVirtio: (bytes) => host.transmitVirtio?.(bytes),
      },
      {
        virtio: config.devices ?? [],
        backends: options.backends ?? {},
        ...(config.firmware && {
          firmware: { cpus: config.vcpus, cells: VIRT.flash.map(({ base }) => flashCells(this, base)) },
        }),
      },
      state?.board,
    );
    this.engine.cpu.outside = outsideOf(this);
    this.system.pmu.onInterrupt = (level) => this.vgic.setPpiLevel(this.engine.cpu.vcpu, PPI.pmu, level);
    this.lpt = state ? state.lpt : offeredLpt(this.config, host.counter.freqHz);
    this.lptInterrupt = state?.lptInterrupt ?? false;
    this.implementationsTold = state?.identity?.told ?? 0;
    this.system.identification.become(this.#guestIdentity(), state?.identity?.read);
    for (const i of indices) {
      this.engine.select(i);
      this.engine.retired[i] = state ? state.vcpus[i]!.retired : 0;
      if (state) restoreCore(this.engine.cpu, state.vcpus[i]!.core);
      else this.system.reset({ entry: 0n, x0: 0n, vcpu: i, mpidr: mpidrOf(i) });
      this.system.updateContext();
    }
    if (!state) this.#writePvTime();
    this.vmclock = this.config.vmclock ? (state?.vmclock ?? this.#vmclockNow(0, host.now())) : null;
    this.#publishVmclock();
  }

  /** @param stop the last instant at which a guest could use the page before */
  #vmclockNow(disruptions: number, stop: Ps): VmclockState {
    const { host, counter } = this;
    const { cntvoff } = this.vcpus[0]!.timer.save();
    const now = host.now();
    const utc = BigInt(this.config.startEpoch) * PS_PER_SECOND + host.utc();
    return vmclockAt({ counter, cntvoff, now, utc, notBefore: utc - (now - stop) }, disruptions);
  }

  /** No vCPU may run meanwhile. */
  #publishVmclock(): void {
    const { cpu } = this.engine;
    if (this.vmclock) cpu.u8.set(vmclockPage(this.vmclock), cpu.ram.host(VIRT.vmclock.base));
  }

  /**
   * Tells the guest, by whatever it has asked for, that it runs on another host. Counter and offsets are the new ones.
   * @param stop host time of the stop
   */
  announceMigration(stop: Ps): void {
    if (this.vmclock) {
      this.vmclock = this.#vmclockNow(this.vmclock.disruptions + 1, stop);
      this.#publishVmclock();
      this.#pulse(SPI.vmclock);
    }
    if (this.lptInterrupt) this.#pulse(SPI.lpt);
  }

  /** An edge on a shared interrupt's line. */
  #pulse(intid: number): void {
    this.vgic.setSpiLevel(intid, true);
    this.vgic.setSpiLevel(intid, false);
  }

  /** The guest's memory is what it was when the state was saved. To be called before the machine runs. */
  memoryRestored(): void {
    this.vgic.memoryRestored();
  }

  /**
   * A device's message-signalled interrupt.
   * @param deviceId 16 bits: of a PCI function, its requester id
   * @param address as the guest gave it; anything but GITS_TRANSLATER goes nowhere
   * @param data EventID
   */
  msi(deviceId: number, address: bigint, data: number): void {
    if (address !== BigInt(VIRT.its.base + TRANSLATER)) return;
    this.vgic.msi(deviceId, data, this.running);
    this.itsTouched();
  }

  /** The ITS may have been given commands, or delivered LPIs that the running vCPU pays for. */
  itsTouched(): void {
    for (; this.#lpisCharged < this.vgic.lpisDelivered; this.#lpisCharged++) {
      if (this.running >= 0) this.host.charge('lpi');
    }
    if (this.itsDue !== null || !this.vgic.hasCommands) return;
    this.itsDue = this.host.now() + ITS_TURN;
    if (this.running >= 0) this.engine.cpu.requestExit(Exit.Event);
  }

  /** `itsDue` has come. */
  runIts(): void {
    this.itsDue = null;
    this.vgic.runCommands();
    this.itsTouched();
  }

  /** The counter behind the guest's registers, before its offsets: CNTFRQ_EL0 is its `freqHz`. */
  get counter(): SystemCounter {
    const { counter } = this.host;
    if (this.#view?.of !== counter) this.#view = { of: counter, counter: guestCounter(this.#time, counter) };
    return this.#view!.counter;
  }

  get time(): GuestTimeState {
    return this.#time;
  }

  /** Sets the VM's time on the host that runs it, and EL2's traps to go with it. Between two slices only. */
  setTime(time: GuestTimeState): void {
    this.#time = time;
    this.#view = null;
    for (let v = 0; v < this.vcpus.length; v++) {
      this.engine.select(v);
      programTimerTraps(this.engine.cpu, time);
    }
  }

  #guestIdentity(): Identity {
    const profile = PROFILES[this.config.cpu]!;
    return guestIdentity(profile, hostIdentity(this.host.cpu, profile));
  }

  /** The host's CPU has changed: the guest reads what the new one says. */
  cpuChanged(): void {
    const { identification } = this.system;
    identification.become(this.#guestIdentity());
    for (let i = 0; i < this.vcpus.length; i++) {
      this.engine.select(i);
      identification.load();
    }
  }

  /** Turns vCPU 0 on at the image's entry. */
  boot(entry: bigint, x0: bigint): void {
    this.psci.start(0, entry, x0);
  }

  /** Whether the vCPU has something to do now. */
  runnable(vcpu: number): boolean {
    const v = this.vcpus[vcpu]!;
    return v.power !== 'off' && v.waiting === 'no';
  }

  /** Whether what the vCPU waits for has come. */
  wakeable(vcpu: number): boolean {
    const { waiting } = this.vcpus[vcpu]!;
    return this.vgic.hasPending(vcpu) || (waiting === 'wfe' && this.system.eventPending(vcpu));
  }

  /** Ends a wait that something has ended: an interrupt, or for WFE the event register. */
  wake(vcpu: number): void {
    const v = this.vcpus[vcpu]!;
    if (v.waiting === 'no' || v.power === 'off') return;
    if (v.waiting === 'wfe' && this.system.eventPending(vcpu)) {
      this.system.setEvent(vcpu, false);
      this.#endWait(vcpu, 'event');
    }
    if (this.vgic.hasPending(vcpu)) this.#endWait(vcpu, 'interrupt');
  }

  #endWait(vcpu: number, cause: WakeEvent['cause']): void {
    const v = this.vcpus[vcpu]!;
    if (v.waiting !== 'no') this.trace.wake(vcpu, cause);
    v.waiting = 'no';
  }

  /** The instant at which the vCPU's timers next want attention. */
  deadline(vcpu: number): Ps | null {
    return this.vcpus[vcpu]!.deadline;
  }

  /** Puts a vCPU that CPU_ON has been asked for at its first instruction. It is the loaded one afterwards. */
  start(vcpu: number): void {
    const v = this.vcpus[vcpu]!;
    this.engine.select(vcpu);
    if (!v.start) return;
    this.system.reset({ entry: v.start.entry, x0: v.start.contextId, vcpu, mpidr: mpidrOf(vcpu) });
    programTimerTraps(this.engine.cpu, this.#time);
    v.start = null;
    v.power = 'on';
    this.trace.power(vcpu, true);
  }

  /**
   * Runs a runnable vCPU for at most `budget` slots.
   * @returns why it stopped
   */
  enter(vcpu: number, budget: number): Exit {
    const { engine, system, vgic } = this;
    const v = this.vcpus[vcpu]!;
    engine.select(vcpu);
    // Others may have written to what this vCPU's monitor watches.
    if (vcpu !== this.#last) engine.cpu.clearExclusive();
    this.#last = vcpu;
    this.start(vcpu);
    this.#updateLines(vcpu);
    for (let kicks = v.kicked; kicks > 0; kicks--) this.leave(vcpu, 'kick');
    v.kicked = 0;
    vgic.flush(vcpu);
    this.running = vcpu;
    system.takePendingInterrupt();
    const exit = system.debug.stepping() ? this.#step() : engine.run(Math.min(budget, this.#untilOverflow()));
    this.running = -1;
    system.pmu.sync();
    if (exit === Exit.Wfi) v.waiting = 'wfi';
    // Another vCPU's turn opens a tagged monitor, and that is an event (D1.17.1): such a WFE does not wait, it yields.
    else if (exit === Exit.Wfe && !engine.cpu.clearExclusive()) v.waiting = 'wfe';
    if (v.waiting !== 'no') {
      vgic.exit(vcpu);
      this.trace.wait(vcpu, v.waiting);
      this.#updateLines(vcpu);
    }
    return exit;
  }

  /** One turn of the software step machine: the exception, or one instruction. */
  #step(): Exit {
    const { engine, system } = this;
    if (system.debug.takeStep()) return Exit.Event;
    const exit = engine.run(1);
    // A debugger's stop is before the instruction.
    if (exit !== Exit.Debug) system.debug.stepped();
    return exit;
  }

  /** Slots until a PMU counter overflows with an interrupt. */
  #untilOverflow(): number {
    const { instructions, cycles } = this.system.pmu.nextOverflow();
    if (instructions === null && cycles === null) return Number.POSITIVE_INFINITY;
    const left = [instructions, cycles].filter((n) => n !== null).map(Number);
    return Math.max(1, Math.min(...left));
  }

  /** Stores the vCPU's stolen time where the guest reads it (whole ns, one 64-bit store). */
  publishStolenTime(vcpu: number): void {
    if (this.config.pvTime === 'off') return;
    if (this.faults.has('late-vcpu-forgotten') && vcpu !== 0) return;
    const { cpu } = this.engine;
    const host = cpu.ram.host(stolenTimeAddress(vcpu)) + STOLEN_TIME_FIELD;
    const value = this.vcpus[vcpu]!.stolen / 1000n;
    cpu.view.setBigUint64(host, value, true);
    if (value === this.#published[vcpu]) return;
    this.#published[vcpu] = value;
    this.trace.stolenPublished(vcpu, value);
  }

  /** Stores an LPT structure. No vCPU may run meanwhile. */
  publishLpt(page: Uint8Array): void {
    const { cpu } = this.engine;
    cpu.u8.set(page, cpu.ram.host(lptAddress()));
  }

  /** The memory whose contents are state, live and all in place. */
  memory(): GuestMemory[] {
    const { engine, system } = this;
    engine.cpu.ram.complete();
    return stateRegions(engine.cpu.ram).map(({ name, region: r }) => {
      const place = { base: r.base, host: r.host, size: r.size, firstPage: (r.host - engine.map.ram) / 4096 };
      return new GuestMemory(name, place, engine.memory, system.mmu.dirty);
    });
  }

  /** The state between two slices. */
  save(): VmState {
    const { engine } = this;
    return {
      config: { ...this.config },
      vcpus: this.vcpus.map((v, i) => {
        engine.select(i);
        return { ...v.save(engine.retired[i]!), core: saveCore(engine.cpu) };
      }),
      vgic: this.vgic.save(),
      board: this.board.save(),
      lpt: this.lpt && { ...this.lpt },
      identity: { read: this.system.identification.save(), told: this.implementationsTold },
      time: { ...this.#time, leads: { ...this.#time.leads } },
      ...(this.lptInterrupt && { lptInterrupt: true }),
      ...(this.itsDue !== null && { itsDue: this.itsDue }),
      ...(this.vmclock && { vmclock: { ...this.vmclock } }),
      last: this.#last,
    };
  }

  readonly psci: PsciHost = psciHostOf(this);

  /** The instant that `deadline` named has come. */
  timersDue(vcpu: number): void {
    const v = this.vcpus[vcpu]!;
    const armed = v.deadline;
    const event = v.deadlineIsEvent;
    if (this.faults.has('wfi-not-woken') && v.waiting === 'wfi') {
      v.deadline = null;
      return;
    }
    this.#updateLines(vcpu);
    if (this.faults.size && v.waiting !== 'wfe') this.#signalUnchecked(vcpu, armed);
    if (v.waiting === 'wfe') this.#endWait(vcpu, event ? 'event-stream' : 'interrupt');
  }

  /** What hypervisors with faults make pending when a host timer goes off, whatever the lines say. */
  #signalUnchecked(vcpu: number, armed: Ps | null): void {
    const { timer } = this.vcpus[vcpu]!;
    for (const intid of signalsAtExpiry(this.faults, timer, this.counter, this.host.now(), armed)) {
      this.vgic.setPpiPending(vcpu, intid);
    }
  }

  /** Offsets, comparators or the counter have changed: the vCPU's lines, and when they change next. */
  updateTimers(vcpu: number): void {
    this.#updateLines(vcpu);
    if (vcpu === this.running) this.engine.cpu.requestExit(Exit.Event);
  }

  #updateLines(vcpu: number): void {
    const v = this.vcpus[vcpu]!;
    const { counter } = this;
    const now = this.host.now();
    const seen = this.faults.size
      ? spoiledTimers(this.faults, v.timer, counter, now, v.deadline)
      : { ...timerLines(v.timer, counter, now), deadline: nextTimerDeadline(v.timer, counter, now) };
    this.vgic.setPpiLevel(vcpu, PPI.virtualTimer, seen.virtual);
    if (seen.physical !== null) this.vgic.setPpiLevel(vcpu, PPI.physicalTimer, seen.physical);
    v.deadline = seen.deadline;
    v.deadlineIsEvent = false;
    if (v.waiting === 'wfe') {
      const stream = this.faults.has('event-stream-native') ? this.host.counter : counter;
      const event = nextTimerEvent(v.timer, stream, now);
      if (event !== null && (v.deadline === null || event < v.deadline)) {
        v.deadline = event;
        v.deadlineIsEvent = true;
      }
    }
  }

  /** The loaded vCPU has left the guest, for something that has a price. */
  leave(vcpu: number, kind: ExitKind): void {
    this.host.charge(kind);
    this.vgic.exit(vcpu);
  }

  /**
   * The vGIC wants a vCPU out of the guest. Where it has something to deliver, whichever runs now stops, so that the one
   * concerned is seen to at once.
   */
  #kick(vcpu: number, why: KickReason): void {
    if (why === 'maintenance') this.leave(vcpu, why);
    else if (vcpu !== this.running && this.runnable(vcpu)) {
      const v = this.vcpus[vcpu]!;
      // What is delivered while it is on its way out comes with it; who reads its list registers finds it in the guest again.
      v.kicked = why === 'sync' ? v.kicked + 1 : Math.max(v.kicked, 1);
    }
    if (why !== 'sync') this.#stopRunning();
  }

  /** Ends the slice behind the instruction that runs now. */
  #stopRunning(): void {
    if (this.running >= 0) this.engine.cpu.requestExit(Exit.Event);
  }

  #writePvTime(): void {
    if (this.config.pvTime === 'off') return;
    const { cpu } = this.engine;
    for (let i = 0; i < this.config.vcpus; i++) cpu.u8.set(encodeStolenTime(0n), cpu.ram.host(stolenTimeAddress(i)));
    if (this.lpt) this.publishLpt(encodeLpt(this.lpt));
  }

  /** The guest has ended: nothing of it runs any more. */
  finish(end: GuestEnd): void {
    this.end ??= end;
    if (this.running >= 0) this.engine.cpu.requestExit(Exit.Event);
  }
}
