/**
 * What the guest is owed by the interrupt controller, kept beside it from the events at its edges: lines, SGIs, writes of
 * pending and active state, acknowledges and ends. The timers' own interrupts are in `timers`; here they count only for
 * priority and activity.
 */
import type { Ps } from '../../../arch/timer/time.js';
import { PPI } from '../../../machine/virt.js';
import type { AcknowledgedEvent, ActivityEvent, Attention } from '../../../trace/index.js';
import type { Facts, Model } from '../invariant.js';
import { Offences } from '../offences.js';

/** Running or idle time in which a deliverable interrupt may stay undelivered. */
export const LOST_BOUND: Ps = 1_000_000_000n;

const LATCH = 1;
const LINE = 2;
const ACTIVE = 4;
/** INTIDs below the special ones; LPIs are not judged. */
const INTIDS = 1020;

/** An interrupt that a slice has left undelivered. */
interface Waiting {
  readonly vcpu: number;
  readonly intid: number;
  takeable: boolean;
  undelivered: Ps;
}

export interface InterruptState {
  /** As many as are owed. */
  readonly attention: Attention;
  /** LATCH, LINE and ACTIVE by INTID: of each vCPU up to 31, one table for the others. */
  readonly privates: readonly Uint8Array[];
  readonly shared: Uint8Array;
  /** How many are owed: of each vCPU, and shared. */
  readonly owedPrivate: number[];
  owedShared: number;
  readonly waiting: Map<number, Waiting>;
  /** Priorities of what is active, by vCPU, in the order of the acknowledges. */
  readonly active: number[][];
  acknowledged: number;
  worst: Ps;
  readonly lost: Offences;
  readonly duplicates: Offences;
  readonly priority: Offences;
}

const isTimer = (intid: number): boolean => intid === PPI.virtualTimer || intid === PPI.physicalTimer;

const isOwed = (flags: number): boolean => (flags & ACTIVE) === 0 && (flags & (LATCH | LINE)) !== 0;

/** Key of `waiting`. */
export const keyOf = (vcpu: number, intid: number): number => (intid < 32 ? vcpu * 32 + intid : 4096 + intid);

/** Changes the flags of an interrupt, and the counts with them. */
function set(s: InterruptState, vcpu: number, intid: number, on: number, off: number): void {
  if (intid >= INTIDS) return;
  const table = intid < 32 ? s.privates[vcpu]! : s.shared;
  const before = table[intid]!;
  const after = (before | on) & ~off;
  table[intid] = after;
  if (isTimer(intid) || isOwed(before) === isOwed(after)) return;
  const change = isOwed(after) ? 1 : -1;
  if (intid < 32) s.owedPrivate[vcpu]! += change;
  else s.owedShared += change;
  s.attention.wanted += change;
  if (change < 0) s.waiting.delete(keyOf(vcpu, intid));
}

function create({ vcpus, interrupts }: Facts): InterruptState {
  const state: InterruptState = {
    attention: { wanted: 0 },
    privates: Array.from({ length: vcpus }, () => new Uint8Array(32)),
    shared: new Uint8Array(INTIDS),
    owedPrivate: new Array<number>(vcpus).fill(0),
    owedShared: 0,
    waiting: new Map(),
    active: Array.from({ length: vcpus }, () => []),
    acknowledged: 0,
    worst: 0n,
    lost: new Offences(),
    duplicates: new Offences(),
    priority: new Offences(),
  };
  for (const { vcpu, intid, pending, active, line } of interrupts) {
    set(state, Math.max(vcpu, 0), intid, (pending ? LATCH : 0) | (active ? ACTIVE : 0) | (line ? LINE : 0), 0);
  }
  return state;
}

function acknowledged(s: InterruptState, e: AcknowledgedEvent): void {
  const { vcpu, intid, priority } = e;
  s.acknowledged++;
  const stack = s.active[vcpu]!;
  // Only a higher priority preempts (IHI 0069H, 4.8.5). Running: what the interface had as active.
  if (priority >= e.running || (stack.length > 0 && priority >= stack[stack.length - 1]!)) s.priority.add(1n, e);
  stack.push(priority);
  if (intid >= INTIDS) return;
  const flags = (intid < 32 ? s.privates[vcpu]! : s.shared)[intid]!;
  if (flags & ACTIVE || (!(flags & (LATCH | LINE)) && !isTimer(intid))) s.duplicates.add(1n, e);
  set(s, vcpu, intid, ACTIVE, LATCH);
  if (s.owedPrivate[vcpu]! + s.owedShared > 0) checkHighest(s, e);
}

/** Nothing of higher priority was there to be acknowledged instead. */
function checkHighest(s: InterruptState, e: AcknowledgedEvent): void {
  for (const intid of owedTo(s, e.vcpu)) {
    if (e.priorityOf(intid) < e.priority) {
      s.priority.add(1n, e);
      return;
    }
  }
}

/** Interrupts of the vCPU, or shared, that are pending and not active, but for the timers'. */
export function* owedTo(s: InterruptState, vcpu: number): Generator<number> {
  if (s.owedPrivate[vcpu]! > 0) {
    const table = s.privates[vcpu]!;
    for (let intid = 0; intid < 32; intid++) if (isOwed(table[intid]!) && !isTimer(intid)) yield intid;
  }
  if (s.owedShared > 0) {
    for (let intid = 32; intid < INTIDS; intid++) if (isOwed(s.shared[intid]!)) yield intid;
  }
}

function activity(s: InterruptState, e: ActivityEvent): void {
  const { vcpu } = e;
  if (s.owedPrivate[vcpu]! + s.owedShared === 0) return;
  if (e.activity === 'running' ? !e.executed : e.activity !== 'idle') return;
  for (const intid of owedTo(s, vcpu)) look(s, e, intid);
}

/** An interrupt that is owed at the end of a slice: was there a time in which it could have been taken and was not? */
function look(s: InterruptState, e: ActivityEvent, intid: number): void {
  if (!e.deliverable(intid)) return;
  const key = keyOf(e.vcpu, intid);
  const it = s.waiting.get(key);
  if (!it || it.vcpu !== e.vcpu) {
    // Since when within this slice is not known: it counts from the next.
    s.waiting.set(key, { vcpu: e.vcpu, intid, takeable: e.activity === 'idle' || !e.masked, undelivered: 0n });
    return;
  }
  if (it.takeable) it.undelivered += e.to - e.from;
  it.takeable = e.activity === 'idle' || !e.masked;
  if (it.undelivered > s.worst) s.worst = it.undelivered;
  if (it.undelivered > LOST_BOUND && it.undelivered - (e.to - e.from) <= LOST_BOUND) s.lost.add(it.undelivered, e);
}

export const interrupts: Model<InterruptState> = {
  create,
  attention: (s) => s.attention,
  on: {
    activity,
    acknowledged,
    'interrupt-line': (s, e) => {
      if (!e.edge) set(s, e.vcpu, e.intid, e.level ? LINE : 0, e.level ? 0 : LINE);
    },
    'interrupt-pending': (s, e) => set(s, e.vcpu, e.intid, LATCH, 0),
    'interrupt-state': (s, e) => {
      if (e.change === 'unpended') set(s, e.vcpu, e.intid, 0, LATCH);
      else if (e.change === 'activated') set(s, e.vcpu, e.intid, ACTIVE, 0);
      else set(s, e.vcpu, e.intid, 0, ACTIVE);
    },
    'end-of-interrupt': (s, e) => {
      if (e.drops) s.active[e.vcpu]!.pop();
      if (e.deactivates) set(s, e.vcpu, e.intid, 0, ACTIVE);
    },
    'priorities-written': (s, e) => {
      s.active[e.vcpu] = [];
    },
  },
};
