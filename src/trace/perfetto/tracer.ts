/**
 * The event stream as a Perfetto trace. A thread a vCPU carries what it did; below it are its exits, its interrupts, its
 * timers and its counter reads. An interrupt is a flow: line or SGI, pending, list register, acknowledge, end.
 */
import type {
  ActivityEvent,
  ExitEvent,
  InterruptLineEvent,
  InterruptPendingEvent,
  Listeners,
  MigrationResumeEvent,
  Place,
} from '../events.js';
import { hypercallName, interruptName } from './names.js';
import type { Flow, PerfettoWriter } from './writer.js';

interface VcpuTracks {
  readonly main: number;
  readonly exits: number;
  readonly interrupts: number;
  readonly timers: number;
  readonly counter: number;
  readonly stolen: number;
  /** The stretch of one activity that is not written yet. */
  activity: string | null;
  from: bigint;
  to: bigint;
  /** When the exit in progress is paid for; null: none. */
  exitEnd: bigint | null;
}

/** An interrupt on its way, and the instance that is active beside it. */
interface Journey {
  coming: Flow | null;
  active: Flow | null;
  /** The state that its list register was last seen with. */
  loaded: number;
}

export class Tracer {
  readonly #out: PerfettoWriter;
  readonly #vcpus: readonly VcpuTracks[];
  readonly #machine: number;
  readonly #migrations: number;
  readonly #journeys = new Map<number, Journey>();
  #flows = 0;
  #stopped: bigint | null = null;

  /** @param name of what runs */
  constructor(out: PerfettoWriter, vcpus: number, name: string) {
    this.#out = out;
    this.#machine = out.process(name);
    this.#migrations = out.track(this.#machine, 'migrations');
    this.#vcpus = Array.from({ length: vcpus }, (_, v) => {
      const main = out.thread(v + 2, `vCPU ${v}`);
      return {
        main,
        exits: out.track(main, `vCPU ${v} exits`),
        interrupts: out.track(main, `vCPU ${v} interrupts`),
        timers: out.track(main, `vCPU ${v} timers`),
        counter: out.track(main, `vCPU ${v} counter reads`),
        stolen: out.counterTrack(main, `vCPU ${v} stolen time published, ns`),
        activity: null,
        from: 0n,
        to: 0n,
        exitEnd: null,
      };
    });
  }

  /** Writes what is begun and not ended. */
  close(): void {
    for (const v of this.#vcpus) {
      this.#endActivity(v);
      if (v.exitEnd !== null) this.#out.end(v.exits, v.exitEnd);
      v.exitEnd = null;
    }
    this.#out.close();
  }

  get listeners(): Listeners {
    const out = this.#out;
    const at = (vcpu: number): VcpuTracks => this.#vcpus[Math.max(vcpu, 0)]!;
    return {
      activity: (e) => this.#activity(at(e.vcpu), e),
      exit: (e) => this.#exit(at(e.vcpu), e),
      hypercall: (e) => {
        const args = { function: e.function, result: e.result ?? 'does not return', pc: hex(e.pc) };
        out.instant(at(e.vcpu).exits, e.time, hypercallName(e.function), { args });
      },
      'counter-read': (e) => {
        out.instant(at(e.vcpu).counter, e.time, e.register, { args: { value: e.value, pc: hex(e.pc) } });
      },
      'frequency-read': (e) => {
        out.instant(at(e.vcpu).counter, e.time, 'CNTFRQ_EL0', { args: { value: e.freqHz, pc: hex(e.pc) } });
      },
      'timer-written': (e) => {
        const args = { ctl: e.ctl, cval: e.cval, counter: e.view, ticks: e.cval - e.view, pc: hex(e.pc) };
        out.instant(at(e.vcpu).timers, e.time, `${e.timer} ${e.ctl & 1 ? 'armed' : 'off'}`, { args });
      },
      'event-stream-written': (e) => {
        out.instant(at(e.vcpu).timers, e.time, 'CNTKCTL_EL1', { args: { value: e.cntkctl } });
      },
      'interrupt-line': (e) => this.#line(e),
      'interrupt-pending': (e) => this.#pending(e),
      'interrupt-state': (e) => this.#mark(e, e.intid, e.change),
      'list-register': (e) => {
        const journey = this.#journey(e.vcpu, e.intid);
        if (journey.loaded === e.state || !(e.state & 1)) return;
        journey.loaded = e.state;
        journey.coming ??= this.#newFlow();
        const args = { register: e.lr, state: e.state };
        out.instant(at(e.vcpu).interrupts, e.time, `${interruptName(e.intid)} in list register`, {
          args,
          flow: journey.coming,
        });
      },
      acknowledged: (e) => {
        const journey = this.#journey(e.vcpu, e.intid);
        const flow = journey.coming ?? this.#newFlow();
        Object.assign(journey, { coming: null, active: flow, loaded: 0 });
        const args = { priority: e.priority, running: e.running, pc: hex(e.pc) };
        out.begin(at(e.vcpu).interrupts, e.time, interruptName(e.intid), { args, flow });
      },
      'end-of-interrupt': (e) => {
        const journey = this.#journey(e.vcpu, e.intid);
        const { interrupts } = at(e.vcpu);
        const name = `${interruptName(e.intid)} ${e.drops ? 'EOI' : 'deactivated'}`;
        out.instant(interrupts, e.time, name, { flow: journey.active, last: e.deactivates });
        if (e.drops) out.end(interrupts, e.time);
        if (e.deactivates) journey.active = null;
      },
      'lpt-given': (e) => out.instant(at(e.vcpu).counter, e.time, 'LPT given'),
      'stolen-published': (e) => out.counter(at(e.vcpu).stolen, e.time, e.value),
      wait: (e) => out.instant(at(e.vcpu).main, e.time, e.instruction.toUpperCase(), { args: { pc: hex(e.pc) } }),
      wake: (e) => out.instant(at(e.vcpu).main, e.time, `woken by ${e.cause}`),
      power: (e) => out.instant(at(e.vcpu).main, e.time, e.on ? 'on' : 'off'),
      'rtc-read': (e) => out.instant(at(e.vcpu).counter, e.time, 'PL031 read', { args: { seconds: e.seconds } }),
      'rtc-written': (e) => out.instant(at(e.vcpu).counter, e.time, 'PL031 set', { args: { seconds: e.seconds } }),
      'migration-stop': (e) => {
        this.#stopped = e.time;
      },
      'migration-resume': (e) => this.#migration(e),
    };
  }

  #activity(v: VcpuTracks, { activity, from, to }: ActivityEvent): void {
    if (v.exitEnd !== null) {
      this.#out.end(v.exits, v.exitEnd < to ? v.exitEnd : to);
      v.exitEnd = null;
    }
    if (v.activity === activity && v.to === from) {
      v.to = to;
      return;
    }
    this.#endActivity(v);
    Object.assign(v, { activity, from, to });
  }

  #endActivity(v: VcpuTracks): void {
    if (v.activity === null) return;
    this.#out.begin(v.main, v.from, v.activity);
    this.#out.end(v.main, v.to);
    v.activity = null;
  }

  /** An exit takes its cost, or until the next one where vCPUs side by side share the time. */
  #exit(v: VcpuTracks, { time, cause, cost, pc }: ExitEvent): void {
    if (v.exitEnd !== null) this.#out.end(v.exits, v.exitEnd < time ? v.exitEnd : time);
    this.#out.begin(v.exits, time, cause, { args: { 'cost, ps': cost, pc: hex(pc) } });
    v.exitEnd = time + cost;
  }

  #line(e: InterruptLineEvent): void {
    const journey = this.#journey(e.vcpu, e.intid);
    if (e.level) journey.coming ??= this.#newFlow();
    const isTimer = e.intid === 27 || e.intid === 30;
    const v = this.#vcpus[Math.max(e.vcpu, 0)]!;
    const level = e.level ? (isTimer ? 'deadline, line up' : 'line up') : 'line down';
    this.#out.instant(isTimer ? v.timers : v.interrupts, e.time, `${interruptName(e.intid)} ${level}`, {
      flow: e.level ? journey.coming : null,
    });
  }

  #pending(e: InterruptPendingEvent): void {
    const journey = this.#journey(e.vcpu, e.intid);
    journey.coming ??= this.#newFlow();
    const name = interruptName(e.intid);
    const flow = journey.coming;
    // The SGI begins where it is sent; elsewhere an edge or a write of the guest's begins here.
    if (e.sender >= 0) this.#out.instant(this.#vcpus[e.sender]!.interrupts, e.time, `${name} sent`, { flow });
    this.#out.instant(this.#vcpus[Math.max(e.vcpu, 0)]!.interrupts, e.time, `${name} pending`, { flow });
  }

  #mark(place: Place, intid: number, change: string): void {
    const v = this.#vcpus[Math.max(place.vcpu, 0)]!;
    this.#out.instant(v.interrupts, place.time, `${interruptName(intid)} ${change}`);
  }

  #migration(e: MigrationResumeEvent): void {
    const name = `${e.from.name} -> ${e.to.name}, ${e.strategy}`;
    const [counters] = e.counters;
    const args = {
      'hidden, ps': e.hidden,
      'stolen, ps': e.stolen,
      'CNTVCT_EL0 at the resume': counters!.virtual,
      ...(e.pvAfter !== null && { 'PV counter at the resume': e.pvAfter }),
    };
    this.#out.begin(this.#migrations, this.#stopped ?? e.stop, name, { args });
    this.#out.end(this.#migrations, e.time);
    this.#stopped = null;
  }

  #journey(vcpu: number, intid: number): Journey {
    const key = intid < 32 ? Math.max(vcpu, 0) * 32 + intid : 4096 + intid;
    let journey = this.#journeys.get(key);
    if (!journey) {
      journey = { coming: null, active: null, loaded: 0 };
      this.#journeys.set(key, journey);
    }
    return journey;
  }

  #newFlow(): Flow {
    return ++this.#flows;
  }
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
