/**
 * What an invariant is: a model that turns the event stream into plain state, and a verdict read off that state at the
 * end. Neither knows the machine; both can be fed events from a test. Several invariants may read one model.
 */
import type { Ps } from '../../arch/timer/time.js';
import type { VcpuAccount } from '../../host/host.js';
import type { Attention, Listeners, TimerName, TracedHost, TraceEvent, TraceKind } from '../../trace/index.js';
import type { Verdict } from '../verdict.js';

/** What is known before the first event. */
export interface Facts {
  readonly vcpus: number;
  readonly time: Ps;
  readonly host: TracedHost;
  /** CNTFRQ_EL0 as the guest would read it. */
  readonly freqHz: number;
  /** Of the PV counter, where the VM has one. */
  readonly pvFreqHz: number | null;
  /** The PL031's count at host time 0, the guest's own setting included; seconds since 1970. */
  readonly rtcEpoch: number;
  /** SMCCC id of PV_TIME_ST in the VM's profile. */
  readonly stolenTimeCall: number | null;
  /** Stolen so far, by vCPU. */
  readonly stolen: readonly Ps[];
  /** Timers that are enabled and not masked. */
  readonly timers: readonly { readonly vcpu: number; readonly timer: TimerName; cval: bigint; view: bigint }[];
  /** Interrupts that are pending, active or whose line is high. */
  readonly interrupts: readonly { vcpu: number; intid: number; pending: boolean; active: boolean; line: boolean }[];
}

/** What is known behind the last event. */
export interface RunEnd {
  readonly time: Ps;
  /** Every vCPU waits, and nothing will ever wake one. */
  readonly stalled: boolean;
  readonly accounts: readonly Readonly<VcpuAccount>[];
  /** Stolen time as the hypervisor counts it, by vCPU. */
  readonly told: readonly Ps[];
  /** Stolen time in the guest's memory, ns; null where the guest has no such structure. */
  readonly published: readonly bigint[] | null;
  deliverable(vcpu: number, intid: number): boolean;
}

type EventOf<K extends TraceKind> = Parameters<NonNullable<Listeners[K]>>[0];

/** State in, event in: the state changes in place, for speed; nothing else does. */
export interface Model<S> {
  create(facts: Facts): S;
  /** Where there is nothing to watch, the model is told nothing. */
  applies?(facts: Facts): boolean;
  /** Given: activity events need not reach the model while it wants no attention, but for those of stolen time. */
  attention?(state: S): Attention;
  readonly on: { readonly [K in TraceKind]?: (state: S, event: EventOf<K>) => void };
}

export interface Invariant<S = unknown> {
  /** As reports and scenario files write it. */
  readonly name: string;
  readonly model: Model<S>;
  verdict(state: S, end: RunEnd): Omit<Verdict, 'name'>;
}

/** Hides the state's type, so that invariants of different models fit one list. */
export const invariant = <S>(it: Invariant<S>): Invariant => it as unknown as Invariant;

/** Listeners that feed a model. */
export const listenersOf = <S>(model: Model<S>, state: S): Listeners =>
  Object.fromEntries(
    Object.entries(model.on).map(([kind, handle]) => [
      kind,
      (handle as (state: S, event: TraceEvent) => void).bind(null, state),
    ]),
  ) as Listeners;

export const notApplicable = (text: string): Omit<Verdict, 'name'> => ({
  status: 'not-applicable',
  value: 0,
  bound: null,
  unit: '',
  text,
});
