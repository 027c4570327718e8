/**
 * The stream of events of one machine. The platform calls a method where something happens; where nobody listens to that
 * kind, that is a test of one field. Listeners of a kind are called in the order in which they came.
 */
import type {
  Activity,
  CounterRegister,
  InterruptStateEvent,
  Listeners,
  MigrationResumeEvent,
  MigrationStopEvent,
  RtcEvent,
  TimerName,
  TraceKind,
  WaitEvent,
  WakeEvent,
} from './events.js';
import { liveEvents, type TraceSource } from './live.js';

export type { TraceSource } from './live.js';

/** What a listener counts up while it must see slices: most of the time none must, and then they cost nothing. */
export interface Attention {
  wanted: number;
}

/** For each kind what calls its listeners; null where there is none. */
type Table = { [K in TraceKind]: NonNullable<Listeners[K]> | null };

const emptyTable = (): Table => ({
  activity: null,
  'counter-read': null,
  'frequency-read': null,
  'timer-written': null,
  'event-stream-written': null,
  'interrupt-line': null,
  'interrupt-pending': null,
  'interrupt-state': null,
  'list-register': null,
  acknowledged: null,
  'end-of-interrupt': null,
  'priorities-written': null,
  exit: null,
  hypercall: null,
  'lpt-given': null,
  'stolen-published': null,
  wait: null,
  wake: null,
  power: null,
  'rtc-read': null,
  'rtc-written': null,
  'migration-stop': null,
  'migration-resume': null,
});

export const TRACE_KINDS = Object.keys(emptyTable()) as readonly TraceKind[];

type Call = (event: never) => void;

/** One function for several: the common cases without a loop. */
function joined(calls: readonly Call[]): Call | null {
  const [a, b, c] = calls;
  if (!a) return null;
  if (!b) return a;
  if (!c) {
    return (event) => {
      a(event);
      b(event);
    };
  }
  const rest = joined(calls.slice(2))!;
  return (event) => {
    a(event);
    b(event);
    rest(event);
  };
}

export class TraceStream {
  #on: Table = emptyTable();
  readonly #live: ReturnType<typeof liveEvents>;
  #listeners: { readonly listeners: Listeners; readonly attention: Attention | null }[] = [];
  /** Of those who listen to activity; null: one of them wants it always. */
  #attentions: readonly Attention[] | null = null;

  constructor(source: TraceSource) {
    this.#live = liveEvents(source);
  }

  /**
   * Adds listeners; the function that is returned takes them away.
   * @param attention given: while nobody wants any, they may be told of no activity but stolen time
   */
  listen(listeners: Listeners, attention: Attention | null = null): () => void {
    const entry = { listeners, attention };
    this.#listeners.push(entry);
    this.#rebuild();
    return () => {
      this.#listeners = this.#listeners.filter((l) => l !== entry);
      this.#rebuild();
    };
  }

  /** Does something that no listener shall see: a debugger's look. */
  silently<T>(work: () => T): T {
    const on = this.#on;
    this.#on = emptyTable();
    try {
      return work();
    } finally {
      this.#on = on;
    }
  }

  /** Whether anybody listens to a kind: for emitters whose events cost something to make. */
  hears(kind: TraceKind): boolean {
    return this.#on[kind] !== null;
  }

  #rebuild(): void {
    const table: Record<string, Call | null> = emptyTable();
    for (const kind of TRACE_KINDS) {
      table[kind] = joined(this.#listeners.flatMap(({ listeners }) => (listeners[kind] as Call | undefined) ?? []));
    }
    this.#on = table as Table;
    const attentions = this.#listeners.flatMap(({ listeners, attention }) => (listeners.activity ? [attention] : []));
    this.#attentions = attentions.includes(null) ? null : (attentions as Attention[]);
  }

  #wanted(activity: Activity): boolean {
    if (this.#attentions === null || activity === 'stolen') return true;
    for (const { wanted } of this.#attentions) if (wanted > 0) return true;
    return false;
  }

  activity(vcpu: number, activity: Activity, from: bigint, to: bigint, executed: boolean): void {
    const call = this.#on.activity;
    if (call === null || !this.#wanted(activity)) return;
    const event = this.#live.activity;
    event.vcpu = vcpu;
    event.activity = activity;
    event.from = from;
    event.to = to;
    event.executed = executed;
    call(event);
  }

  counterRead(vcpu: number, register: CounterRegister, value: bigint, offset: bigint): void {
    const call = this.#on['counter-read'];
    if (call === null) return;
    const event = this.#live.counterRead;
    event.vcpu = vcpu;
    event.register = register;
    event.value = value;
    event.offset = offset;
    call(event);
  }

  frequencyRead(vcpu: number, freqHz: number): void {
    const call = this.#on['frequency-read'];
    if (call === null) return;
    const event = this.#live.frequencyRead;
    event.vcpu = vcpu;
    event.freqHz = freqHz;
    call(event);
  }

  timerWritten(vcpu: number, timer: TimerName, ctl: number, cval: bigint): void {
    const call = this.#on['timer-written'];
    if (call === null) return;
    const event = this.#live.timerWritten;
    event.vcpu = vcpu;
    event.timer = timer;
    event.ctl = ctl;
    event.cval = cval;
    call(event);
  }

  eventStreamWritten(vcpu: number, cntkctl: bigint): void {
    const call = this.#on['event-stream-written'];
    if (call === null) return;
    const event = this.#live.eventStream;
    event.vcpu = vcpu;
    event.cntkctl = cntkctl;
    call(event);
  }

  interruptLine(vcpu: number, intid: number, level: boolean, edge: boolean): void {
    const call = this.#on['interrupt-line'];
    if (call === null) return;
    const event = this.#live.line;
    event.vcpu = vcpu;
    event.intid = intid;
    event.level = level;
    event.edge = edge;
    call(event);
  }

  interruptPending(vcpu: number, intid: number, sender: number): void {
    const call = this.#on['interrupt-pending'];
    if (call === null) return;
    const event = this.#live.pending;
    event.vcpu = vcpu;
    event.intid = intid;
    event.sender = sender;
    call(event);
  }

  interruptState(vcpu: number, intid: number, change: InterruptStateEvent['change']): void {
    const call = this.#on['interrupt-state'];
    if (call === null) return;
    const event = this.#live.state;
    event.vcpu = vcpu;
    event.intid = intid;
    event.change = change;
    call(event);
  }

  listRegister(vcpu: number, lr: number, intid: number, state: number): void {
    const call = this.#on['list-register'];
    if (call === null) return;
    const event = this.#live.listRegister;
    event.vcpu = vcpu;
    event.lr = lr;
    event.intid = intid;
    event.state = state;
    call(event);
  }

  acknowledged(vcpu: number, intid: number, priority: number, running: number): void {
    const call = this.#on.acknowledged;
    if (call === null) return;
    const event = this.#live.acknowledged;
    event.vcpu = vcpu;
    event.intid = intid;
    event.priority = priority;
    event.running = running;
    call(event);
  }

  endOfInterrupt(vcpu: number, intid: number, drops: boolean, deactivates: boolean): void {
    const call = this.#on['end-of-interrupt'];
    if (call === null) return;
    const event = this.#live.end;
    event.vcpu = vcpu;
    event.intid = intid;
    event.drops = drops;
    event.deactivates = deactivates;
    call(event);
  }

  prioritiesWritten(vcpu: number): void {
    const call = this.#on['priorities-written'];
    if (call === null) return;
    this.#live.priorities.vcpu = vcpu;
    call(this.#live.priorities);
  }

  exit(vcpu: number, cause: string, cost: bigint): void {
    const call = this.#on.exit;
    if (call === null) return;
    const event = this.#live.exit;
    event.vcpu = vcpu;
    event.cause = cause;
    event.cost = cost;
    call(event);
  }

  hypercall(vcpu: number, id: number, result: bigint | null): void {
    const call = this.#on.hypercall;
    if (call === null) return;
    const event = this.#live.hypercall;
    event.vcpu = vcpu;
    event.function = id;
    event.result = result;
    call(event);
  }

  lptGiven(vcpu: number): void {
    const call = this.#on['lpt-given'];
    if (call === null) return;
    this.#live.lptGiven.vcpu = vcpu;
    call(this.#live.lptGiven);
  }

  stolenPublished(vcpu: number, value: bigint): void {
    const call = this.#on['stolen-published'];
    if (call === null) return;
    const event = this.#live.stolen;
    event.vcpu = vcpu;
    event.value = value;
    call(event);
  }

  wait(vcpu: number, instruction: WaitEvent['instruction']): void {
    const call = this.#on.wait;
    if (call === null) return;
    const event = this.#live.wait;
    event.vcpu = vcpu;
    event.instruction = instruction;
    call(event);
  }

  wake(vcpu: number, cause: WakeEvent['cause']): void {
    const call = this.#on.wake;
    if (call === null) return;
    const event = this.#live.wake;
    event.vcpu = vcpu;
    event.cause = cause;
    call(event);
  }

  power(vcpu: number, on: boolean): void {
    const call = this.#on.power;
    if (call === null) return;
    const event = this.#live.power;
    event.vcpu = vcpu;
    event.on = on;
    call(event);
  }

  rtc(vcpu: number, kind: RtcEvent['kind'], seconds: number): void {
    const call = this.#on[kind];
    if (call === null) return;
    const event = this.#live.rtc;
    event.vcpu = vcpu;
    event.kind = kind;
    event.seconds = seconds;
    call(event);
  }

  /** Migrations are rare: their events are made by whoever migrates. */
  migration(event: MigrationStopEvent | MigrationResumeEvent): void {
    (this.#on[event.kind] as ((e: typeof event) => void) | null)?.(event);
  }
}
