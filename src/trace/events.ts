/**
 * What can be seen of a guest and its platform from outside, at the instant it happens. Plain readonly records: a listener
 * changes nothing. A live event is good only during the call; who keeps something of it copies that.
 */

/** Host time in picoseconds, as everywhere (arch/timer/time). */
type Ps = bigint;

/** What a vCPU did over a stretch of host time; the account's fields. */
export type Activity = 'running' | 'idle' | 'stolen' | 'paused' | 'off';
export type TimerName = 'virtual' | 'physical';
export type CounterRegister = 'CNTVCT_EL0' | 'CNTPCT_EL0';

/** Where an event happened. `pc` is the loaded vCPU's: the instruction that caused it, if one did. */
export interface Place {
  readonly time: Ps;
  /** -1: no vCPU in particular. */
  readonly vcpu: number;
  readonly pc: bigint;
}

/** A vCPU's activity over [from, to). Emitted behind the stretch; vCPUs in ascending order, each stretch for all. */
export interface ActivityEvent extends Place {
  readonly kind: 'activity';
  readonly activity: Activity;
  readonly from: Ps;
  readonly to: Ps;
  /** Of the running ones, the vCPU whose instructions these were: the turns of the others are still to come. */
  readonly executed: boolean;
  /** Whether the vCPU's PSTATE.I is set at `to`; known of the executed one only, and true of the others. */
  readonly masked: boolean;
  /** Whether the interrupt, were it pending, would be signalled to the vCPU at `to`: enabled, of sufficient priority. */
  deliverable(intid: number): boolean;
  /** For how long, at `to`, a timer's counter has been at or beyond its CVAL, whatever its CTL says; -1: it is below. */
  timerHeld(timer: TimerName): Ps;
}

export interface CounterReadEvent extends Place {
  readonly kind: 'counter-read';
  readonly register: CounterRegister;
  readonly value: bigint;
  /** The offset from the host's counter that made the value (CNTVOFF_EL2; for CNTPCT what stands for CNTPOFF_EL2). */
  readonly offset: bigint;
  /** The PV counter that a guest converts the value to; null where the VM has no LPT structure. */
  pv(): bigint | null;
}

/** The guest read CNTFRQ_EL0: from now on it believes that frequency. */
export interface FrequencyReadEvent extends Place {
  readonly kind: 'frequency-read';
  readonly freqHz: number;
}

/** The guest wrote a timer register; the fields are those behind the write. */
export interface TimerWrittenEvent extends Place {
  readonly kind: 'timer-written';
  readonly timer: TimerName;
  /** ENABLE bit 0, IMASK bit 1. */
  readonly ctl: number;
  readonly cval: bigint;
  /** The counter that the timer compares with, as the guest would read it now. */
  readonly view: bigint;
}

/** The guest wrote CNTKCTL_EL1. */
export interface EventStreamEvent extends Place {
  readonly kind: 'event-stream-written';
  readonly cntkctl: bigint;
}

/** An interrupt's input line changed. */
export interface InterruptLineEvent extends Place {
  readonly kind: 'interrupt-line';
  readonly intid: number;
  readonly level: boolean;
  /** Edge-triggered by its configuration. */
  readonly edge: boolean;
}

/** An instance of an edge-triggered interrupt, an SGI, or a write of the guest's made an interrupt pending. */
export interface InterruptPendingEvent extends Place {
  readonly kind: 'interrupt-pending';
  readonly intid: number;
  /** vCPU that sent the SGI, or -1. */
  readonly sender: number;
}

/** A write of the guest's took the pending state, or the active state, away or set the latter. */
export interface InterruptStateEvent extends Place {
  readonly kind: 'interrupt-state';
  readonly intid: number;
  readonly change: 'unpended' | 'activated' | 'deactivated';
}

/** A list register was filled before an entry. */
export interface ListRegisterEvent extends Place {
  readonly kind: 'list-register';
  readonly intid: number;
  readonly lr: number;
  /** ICH_LR<n>_EL2.State: bit 0 pending, bit 1 active. */
  readonly state: number;
}

/** The guest read an ICC_IAR register and got an interrupt. */
export interface AcknowledgedEvent extends Place {
  readonly kind: 'acknowledged';
  readonly intid: number;
  /** The interrupt's priority, and ICC_RPR_EL1 before. */
  readonly priority: number;
  readonly running: number;
  /** Level of a timer's output by its registers and the counter, now. */
  timerCondition(timer: TimerName): boolean;
  /** Priority of an interrupt that is enabled and of an enabled group; 256 for others. */
  priorityOf(intid: number): number;
}

/** The guest wrote an ICC_EOIR (priority drop, and deactivation where EOImode is 0) or ICC_DIR (deactivation). */
export interface EndOfInterruptEvent extends Place {
  readonly kind: 'end-of-interrupt';
  readonly intid: number;
  readonly drops: boolean;
  readonly deactivates: boolean;
}

/** The guest wrote an active priorities register: what is active can no longer be told from acknowledgements. */
export interface PrioritiesWrittenEvent extends Place {
  readonly kind: 'priorities-written';
}

/** The guest left to the hypervisor, which charged the modelled cost. */
export interface ExitEvent extends Place {
  readonly kind: 'exit';
  readonly cause: string;
  readonly cost: Ps;
}

export interface HypercallEvent extends Place {
  readonly kind: 'hypercall';
  /** SMCCC function id. */
  readonly function: number;
  /** X0 behind the call; null where the call does not return. */
  readonly result: bigint | null;
}

/** The guest was given the address of its LPT structure: it can convert from now on. */
export interface LptGivenEvent extends Place {
  readonly kind: 'lpt-given';
}

/** A vCPU's stolen time was stored in the guest's structure. */
export interface StolenPublishedEvent extends Place {
  readonly kind: 'stolen-published';
  /** The value stored, ns. */
  readonly value: bigint;
}

export interface WaitEvent extends Place {
  readonly kind: 'wait';
  readonly instruction: 'wfi' | 'wfe';
}

export interface WakeEvent extends Place {
  readonly kind: 'wake';
  readonly cause: 'interrupt' | 'event' | 'event-stream';
}

export interface PowerEvent extends Place {
  readonly kind: 'power';
  readonly on: boolean;
}

/** The guest read the PL031's data register, or set it through the load register. Seconds since 1970. */
export interface RtcEvent extends Place {
  readonly kind: 'rtc-read' | 'rtc-written';
  readonly seconds: number;
}

/** A host as far as time is concerned. */
export interface TracedHost {
  readonly name: string;
  readonly freqHz: number;
  readonly ppm: number;
}

/** A vCPU's counters as it would read them. */
export interface CounterViews {
  readonly virtual: bigint;
  readonly physical: bigint;
}

/** No vCPU runs any more on the old host. */
export interface MigrationStopEvent extends Place {
  readonly kind: 'migration-stop';
  readonly from: TracedHost;
  readonly to: TracedHost;
  readonly strategy: string;
  /** CNTFRQ_EL0 as a guest would read it. */
  readonly freqHz: number;
  readonly counters: readonly CounterViews[];
}

/** The first instant on the new host. */
export interface MigrationResumeEvent extends Place {
  readonly kind: 'migration-resume';
  readonly from: TracedHost;
  readonly to: TracedHost;
  readonly strategy: string;
  readonly freqHz: number;
  readonly counters: readonly CounterViews[];
  readonly stop: Ps;
  /** Host time that the downtime policy keeps out of guest time. */
  readonly hidden: Ps;
  /** Host time that the guest is told was stolen. */
  readonly stolen: Ps;
  readonly pvBefore: bigint | null;
  readonly pvAfter: bigint | null;
}

export type TraceEvent =
  | ActivityEvent
  | CounterReadEvent
  | FrequencyReadEvent
  | TimerWrittenEvent
  | EventStreamEvent
  | InterruptLineEvent
  | InterruptPendingEvent
  | InterruptStateEvent
  | ListRegisterEvent
  | AcknowledgedEvent
  | EndOfInterruptEvent
  | PrioritiesWrittenEvent
  | ExitEvent
  | HypercallEvent
  | LptGivenEvent
  | StolenPublishedEvent
  | WaitEvent
  | WakeEvent
  | PowerEvent
  | RtcEvent
  | MigrationStopEvent
  | MigrationResumeEvent;

export type TraceKind = TraceEvent['kind'];
export type TraceEventOf<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;
/** RTC events are one record with two kinds. */
export type Listeners = { [K in TraceKind]?: (event: K extends RtcEvent['kind'] ? RtcEvent : TraceEventOf<K>) => void };
