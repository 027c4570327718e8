/**
 * Every arming of a timer by the guest, from the write to the acknowledge. The instant that the guest means is
 * `written + (CVAL - counter) / frequency`, by the frequency that it believes in: nothing of the platform's own timer
 * arithmetic is in it. What happens between that instant and the acknowledge is judged at the ends of slices.
 */
import { PS_PER_SECOND, type Ps } from '../../../arch/timer/time.js';
import { PPI } from '../../../machine/virt.js';
import type {
  AcknowledgedEvent,
  ActivityEvent,
  Attention,
  TimerName,
  TimerWrittenEvent,
} from '../../../trace/index.js';
import type { Facts, Model } from '../invariant.js';
import { Offences } from '../offences.js';

/** Running (or idle) time in which a deliverable timer interrupt may stay undelivered. */
export const LATE_BOUND: Ps = 100_000_000n;
/** From here on it counts as lost. */
export const LOST_BOUND: Ps = 10_000_000_000n;
/** What a crystal may be off by, as a part of the interval: 50 ppm. */
const DRIFT_PART = 20_000n;

export interface TimerModel {
  readonly vcpu: number;
  readonly timer: TimerName;
  readonly intid: number;
  /** Enabled and not masked. */
  armed: boolean;
  /** Acknowledged since it was armed. */
  taken: boolean;
  written: Ps;
  /** CVAL, and the counter at the write: subtracted only when somebody asks for the instant. */
  cval: bigint;
  view: bigint;
  /** The instant that the guest means; null until somebody asks. */
  due: Ps | null;
  /** Taken, and not before the instant that the guest means: no write behind it needs to ask. */
  takenDue: boolean;
  /** Seen due and not taken at the end of a slice. */
  overdue: boolean;
  /** At the end of the last slice the interrupt could have been taken at once. */
  takeable: boolean;
  /** Time in which it could have been taken and was not. */
  undelivered: Ps;
  /** The line was up at some instant since the last acknowledge, before a write took it down. */
  metBefore: boolean;
}

export interface TimerState {
  /** Timers that are armed and not taken. */
  readonly attention: Attention;
  /** By vCPU: virtual, physical. */
  readonly timers: readonly (readonly [TimerModel, TimerModel])[];
  readonly believed: Frequency[];
  freqHz: number;
  aware: boolean;
  fired: number;
  /** Lateness against the instant meant, by powers of two of nanoseconds: [0] below 1 ns, [n] below 2^n. */
  readonly histogram: number[];
  latest: Ps;
  worstUndelivered: Ps;
  readonly early: Offences;
  readonly late: Offences;
  readonly lost: Offences;
  readonly spurious: Offences;
}

/** What a vCPU believes its counter's frequency to be; the tick where it is whole picoseconds, else 0. */
interface Frequency {
  readonly hz: bigint;
  readonly tick: Ps;
}

const frequency = (freqHz: number): Frequency => {
  const hz = BigInt(freqHz);
  return { hz, tick: PS_PER_SECOND % hz === 0n ? PS_PER_SECOND / hz : 0n };
};

const timerOf = (vcpu: number, timer: TimerName): TimerModel => ({
  vcpu,
  timer,
  intid: timer === 'virtual' ? PPI.virtualTimer : PPI.physicalTimer,
  armed: false,
  taken: false,
  written: 0n,
  cval: 0n,
  view: 0n,
  due: null,
  takenDue: false,
  overdue: false,
  takeable: false,
  undelivered: 0n,
  metBefore: false,
});

function create({ vcpus, freqHz, timers, time }: Facts): TimerState {
  const state: TimerState = {
    attention: { wanted: 0 },
    timers: Array.from({ length: vcpus }, (_, v) => [timerOf(v, 'virtual'), timerOf(v, 'physical')] as const),
    believed: new Array<Frequency>(vcpus).fill(frequency(freqHz)),
    freqHz,
    aware: false,
    fired: 0,
    histogram: [],
    latest: 0n,
    worstUndelivered: 0n,
    early: new Offences(),
    late: new Offences(),
    lost: new Offences(),
    spurious: new Offences(),
  };
  for (const { vcpu, timer, cval, view } of timers) arm(state, pick(state, vcpu, timer), time, cval, view);
  return state;
}

const pick = (s: TimerState, vcpu: number, timer: TimerName): TimerModel =>
  s.timers[vcpu]![timer === 'virtual' ? 0 : 1];

function arm(s: TimerState, t: TimerModel, time: Ps, cval: bigint, view: bigint): void {
  if (!t.armed || t.taken) s.attention.wanted++;
  t.armed = true;
  t.taken = false;
  t.written = time;
  t.cval = cval;
  t.view = view;
  t.due = null;
  t.takenDue = false;
  t.overdue = false;
  t.takeable = false;
  t.undelivered = 0n;
}

function dueOf(s: TimerState, t: TimerModel): Ps {
  if (t.due === null) {
    const { hz, tick } = s.believed[t.vcpu]!;
    if (t.cval <= t.view) t.due = t.written;
    else t.due = t.written + (tick ? (t.cval - t.view) * tick : ((t.cval - t.view) * PS_PER_SECOND) / hz);
  }
  return t.due;
}

function written(s: TimerState, e: TimerWrittenEvent): void {
  const t = pick(s, e.vcpu, e.timer);
  if (t.armed) {
    if (t.takenDue || e.time >= dueOf(s, t)) t.metBefore = true;
    // The guest has given up an interrupt that it could have taken.
    if (!t.taken && t.undelivered > LATE_BOUND) s.lost.add(t.undelivered, e);
    if ((e.ctl & 3) === 1) return arm(s, t, e.time, e.cval, e.view);
    disarm(s, t);
  } else if ((e.ctl & 3) === 1) arm(s, t, e.time, e.cval, e.view);
}

function disarm(s: TimerState, t: TimerModel): void {
  if (t.armed && !t.taken) s.attention.wanted--;
  t.armed = false;
}

function acknowledged(s: TimerState, e: AcknowledgedEvent): void {
  if (e.intid !== PPI.virtualTimer && e.intid !== PPI.physicalTimer) return;
  const t = s.timers[e.vcpu]![e.intid === PPI.virtualTimer ? 0 : 1];
  if (t.armed && !t.taken) {
    take(s, t, e);
  } else if (!t.metBefore && !e.timerCondition(t.timer)) {
    s.spurious.add(1n, e);
  }
  t.metBefore = false;
}

function take(s: TimerState, t: TimerModel, e: AcknowledgedEvent): void {
  const { time } = e;
  const late = time - dueOf(s, t);
  t.taken = true;
  s.attention.wanted--;
  s.fired++;
  if (late >= 0n) {
    t.takenDue = true;
    if (late > s.latest) s.latest = late;
    // Below 1 ns is below one: clz32 drops the fraction.
    const bucket = 32 - Math.clz32(Number(late) / 1000);
    s.histogram[bucket] = (s.histogram[bucket] ?? 0) + 1;
  } else {
    // Where in its tick the counter was at the write is not known.
    const tick = PS_PER_SECOND / s.believed[t.vcpu]!.hz + 1n;
    const drift = (time - t.written) / DRIFT_PART;
    if (-late > tick + drift) s.early.add(-late, e);
    else s.histogram[0] = (s.histogram[0] ?? 0) + 1;
    if (-late > tick && !t.metBefore && !e.timerCondition(t.timer)) s.spurious.add(1n, e);
  }
  if (t.undelivered > LATE_BOUND) (t.undelivered > LOST_BOUND ? s.lost : s.late).add(t.undelivered, e);
}

/** The interrupt is due: was there a time in which it could have been taken and was not? */
function overdue(t: TimerModel, s: TimerState, e: ActivityEvent): void {
  if (e.activity === 'idle') {
    // WFI ends whatever PSTATE.I is; whether the vCPU then takes it, its first slice tells.
    t.takeable = false;
    t.undelivered += idleTime(t, e);
  } else {
    // The slice in which it becomes due tells nothing: the vCPU takes it in the next one.
    if (!t.overdue) {
      t.overdue = true;
      return;
    }
    if (t.takeable) t.undelivered += e.to - e.from;
    t.takeable = !e.masked && e.timerHeld(t.timer) >= 0n && e.deliverable(t.intid);
  }
  if (t.undelivered > s.worstUndelivered) s.worstUndelivered = t.undelivered;
}

/** How much of an idle stretch lay behind both the timer's condition and the instant meant. */
function idleTime(t: TimerModel, e: ActivityEvent): Ps {
  const held = e.timerHeld(t.timer);
  if (held <= 0n || !e.deliverable(t.intid)) return 0n;
  return least(held, least(e.to - e.from, e.to - t.due!));
}

const pends = (t: TimerModel): boolean => t.armed && !t.taken;

const least = (a: Ps, b: Ps): Ps => {
  // Math.min takes no bigint.
  if (a < b) return a;
  return b;
};

function activity(s: TimerState, e: ActivityEvent): void {
  if (e.activity === 'running' ? !e.executed : e.activity !== 'idle') return;
  const both = s.timers[e.vcpu]!;
  if (pends(both[0]) && e.to >= dueOf(s, both[0])) overdue(both[0], s, e);
  if (pends(both[1]) && e.to >= dueOf(s, both[1])) overdue(both[1], s, e);
}

export const timers: Model<TimerState> = {
  create,
  attention: (s) => s.attention,
  on: {
    activity,
    acknowledged,
    'timer-written': written,
    'frequency-read': (s, e) => {
      s.believed[e.vcpu] = frequency(e.freqHz);
    },
    'lpt-given': (s) => {
      s.aware = true;
      s.believed.fill(frequency(s.freqHz));
    },
    power: (s, e) => {
      if (!e.on) for (const t of s.timers[e.vcpu]!) disarm(s, t);
    },
    'migration-resume': (s, e) => {
      for (const t of s.timers.flat()) {
        if (t.armed) dueOf(s, t);
        t.written += e.hidden;
        if (t.due !== null) t.due += e.hidden;
      }
      s.freqHz = e.freqHz;
      if (s.aware) s.believed.fill(frequency(e.freqHz));
    },
  },
};
