/**
 * The events that a stream hands out: one object a kind, filled anew each time, so that emitting allocates nothing. Time
 * and pc are asked of the source when a listener asks for them, and are right only during the call.
 */
import type {
  AcknowledgedEvent,
  Activity,
  ActivityEvent,
  CounterReadEvent,
  CounterRegister,
  EndOfInterruptEvent,
  EventStreamEvent,
  ExitEvent,
  FrequencyReadEvent,
  HypercallEvent,
  InterruptLineEvent,
  InterruptPendingEvent,
  InterruptStateEvent,
  ListRegisterEvent,
  LptGivenEvent,
  Place,
  PowerEvent,
  PrioritiesWrittenEvent,
  RtcEvent,
  StolenPublishedEvent,
  TimerName,
  TimerWrittenEvent,
  WaitEvent,
  WakeEvent,
} from './events.js';

/** Answers what events are asked, at the instant of the call. Nothing that it does changes the guest. */
export interface TraceSource {
  now(): bigint;
  pc(): bigint;
  /** The PV counter of a native value; null without LPT. */
  pv(native: bigint): bigint | null;
  /** A counter as the vCPU would read it. */
  counter(vcpu: number, timer: TimerName): bigint;
  timerCondition(vcpu: number, timer: TimerName): boolean;
  timerHeld(vcpu: number, timer: TimerName): bigint;
  masked(vcpu: number): boolean;
  deliverable(vcpu: number, intid: number): boolean;
  priorityOf(vcpu: number, intid: number): number;
}

class Live implements Place {
  vcpu = -1;
  protected readonly source: TraceSource;
  constructor(source: TraceSource) {
    this.source = source;
  }
  get time(): bigint {
    return this.source.now();
  }
  get pc(): bigint {
    return this.source.pc();
  }
}

class LiveActivity extends Live implements ActivityEvent {
  readonly kind = 'activity';
  activity: Activity = 'off';
  from = 0n;
  to = 0n;
  executed = false;
  override get time(): bigint {
    return this.to;
  }
  get masked(): boolean {
    return this.source.masked(this.vcpu);
  }
  deliverable(intid: number): boolean {
    return this.source.deliverable(this.vcpu, intid);
  }
  timerHeld(timer: TimerName): bigint {
    return this.source.timerHeld(this.vcpu, timer);
  }
}

class LiveCounterRead extends Live implements CounterReadEvent {
  readonly kind = 'counter-read';
  register: CounterRegister = 'CNTVCT_EL0';
  value = 0n;
  offset = 0n;
  pv(): bigint | null {
    return this.source.pv(this.value);
  }
}

class LiveFrequencyRead extends Live implements FrequencyReadEvent {
  readonly kind = 'frequency-read';
  freqHz = 0;
}

class LiveTimerWritten extends Live implements TimerWrittenEvent {
  readonly kind = 'timer-written';
  timer: TimerName = 'virtual';
  ctl = 0;
  cval = 0n;
  get view(): bigint {
    return this.source.counter(this.vcpu, this.timer);
  }
}

class LiveEventStream extends Live implements EventStreamEvent {
  readonly kind = 'event-stream-written';
  cntkctl = 0n;
}

class LiveLine extends Live implements InterruptLineEvent {
  readonly kind = 'interrupt-line';
  intid = 0;
  level = false;
  edge = false;
}

class LivePending extends Live implements InterruptPendingEvent {
  readonly kind = 'interrupt-pending';
  intid = 0;
  sender = -1;
}

class LiveState extends Live implements InterruptStateEvent {
  readonly kind = 'interrupt-state';
  intid = 0;
  change: InterruptStateEvent['change'] = 'unpended';
}

class LiveListRegister extends Live implements ListRegisterEvent {
  readonly kind = 'list-register';
  intid = 0;
  lr = 0;
  state = 0;
}

class LiveAcknowledged extends Live implements AcknowledgedEvent {
  readonly kind = 'acknowledged';
  intid = 0;
  priority = 0;
  running = 0;
  timerCondition(timer: TimerName): boolean {
    return this.source.timerCondition(this.vcpu, timer);
  }
  priorityOf(intid: number): number {
    return this.source.priorityOf(this.vcpu, intid);
  }
}

class LiveEnd extends Live implements EndOfInterruptEvent {
  readonly kind = 'end-of-interrupt';
  intid = 0;
  drops = false;
  deactivates = false;
}

class LivePriorities extends Live implements PrioritiesWrittenEvent {
  readonly kind = 'priorities-written';
}

class LiveExit extends Live implements ExitEvent {
  readonly kind = 'exit';
  cause = '';
  cost = 0n;
}

class LiveHypercall extends Live implements HypercallEvent {
  readonly kind = 'hypercall';
  function = 0;
  result: bigint | null = null;
}

class LiveLptGiven extends Live implements LptGivenEvent {
  readonly kind = 'lpt-given';
}

class LiveStolen extends Live implements StolenPublishedEvent {
  readonly kind = 'stolen-published';
  value = 0n;
}

class LiveWait extends Live implements WaitEvent {
  readonly kind = 'wait';
  instruction: WaitEvent['instruction'] = 'wfi';
}

class LiveWake extends Live implements WakeEvent {
  readonly kind = 'wake';
  cause: WakeEvent['cause'] = 'interrupt';
}

class LivePower extends Live implements PowerEvent {
  readonly kind = 'power';
  on = false;
}

class LiveRtc extends Live implements RtcEvent {
  kind: RtcEvent['kind'] = 'rtc-read';
  seconds = 0;
}

/** One of each. */
export const liveEvents = (source: TraceSource) => ({
  activity: new LiveActivity(source),
  counterRead: new LiveCounterRead(source),
  frequencyRead: new LiveFrequencyRead(source),
  timerWritten: new LiveTimerWritten(source),
  eventStream: new LiveEventStream(source),
  line: new LiveLine(source),
  pending: new LivePending(source),
  state: new LiveState(source),
  listRegister: new LiveListRegister(source),
  acknowledged: new LiveAcknowledged(source),
  end: new LiveEnd(source),
  priorities: new LivePriorities(source),
  exit: new LiveExit(source),
  hypercall: new LiveHypercall(source),
  lptGiven: new LiveLptGiven(source),
  stolen: new LiveStolen(source),
  wait: new LiveWait(source),
  wake: new LiveWake(source),
  power: new LivePower(source),
  rtc: new LiveRtc(source),
});
