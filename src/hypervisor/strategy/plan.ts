/**
 * What a migration does to a VM's time: pure functions from both hosts' counters and the VM's timers to the timers,
 * offsets and LPT structure that it continues with.
 *
 * Guest time is told exactly: X, the counter that the guest would read if counters were continuous. A host's counter
 * can follow it only to a whole tick, so its readings are ahead of X by a `lead` of less than one tick, which stays the
 * same while the VM runs there and is taken out before the next host's is put in. So it never adds up.
 */
import type { TimerState } from '../../arch/timer/generic-timer.js';
import { FINE_BITS, PS_PER_SECOND, type Ps, type SystemCounter } from '../../arch/timer/time.js';
import { encodeLpt } from '../pvtime/layout.js';
import { type LptState, leastNative, migratedLpt, pvCount, pvCountUnbounded } from '../pvtime/lpt.js';
import { type GuestTimeState, guestCounter, guestTimeOn, scaleErrorPpb } from './guest-time.js';
import type { StrategyName } from './names.js';
import { type CounterStep, rebasedTimer, type Scale } from './rebase.js';

export interface MigrationInput {
  /** The counter of the host that the VM leaves. */
  from: SystemCounter;
  /** The counter of the host that it goes to. */
  to: SystemCounter;
  /** The instant, in the source's host time, after which no vCPU runs there. */
  stop: Ps;
  /** The first instant, in the destination's host time, at which vCPUs could run there. */
  resume: Ps;
  /** How much time between the two guest time includes: all of it, or 0 where it stands still. */
  included: Ps;
  /** The VM's time on the source. */
  time: GuestTimeState;
  /** The timers of every vCPU, in order; all have the same CNTVOFF and CNTPOFF. */
  timers: readonly TimerState[];
  /** The VM's LPT, or null where it offers none. */
  lpt: LptState | null;
}

export interface MigrationPlan {
  /**
   * The instant, in the destination's host time, from which vCPUs may run: `resume`, or less than a tick of each counter
   * later, where the destination's counter would read less than the guest has read. Guest time includes that wait.
   */
  resume: Ps;
  time: GuestTimeState;
  /** CNTVOFF_EL2 on the destination, the same on every vCPU. */
  cntvoff: bigint;
  timers: TimerState[];
  lpt: LptState | null;
  /** The LPT structure to store before any vCPU runs; null where the VM has none. */
  lptPage: Uint8Array | null;
  /** CNTVCT at the stop, and at the resume. */
  virtualBefore: bigint;
  virtualAfter: bigint;
  /** The PV counter that a guest derives at the stop, and at the resume; null without LPT. */
  pvBefore: bigint | null;
  pvAfter: bigint | null;
  /** By how much the counter's rate is off on the destination, for it is scaled in 8.24 fixed point. */
  rateErrorPpb: number;
}

/**
 * The plan of a migration that `admitMigration` has let pass.
 * @throws RangeError where the vCPUs' offsets differ, or where a counter would not fit 64 bits or 8.24 fixed point
 */
export function planMigration(strategy: StrategyName, input: MigrationInput): MigrationPlan {
  const { from, to, timers, lpt, time } = input;
  const offsets = commonOffsets(timers);
  const next = guestTimeOn(strategy, time, to.freqHz);
  const source = guestCounter(time, from);
  const destination = guestCounter(next, to);
  const scale = strategy === 'lpt' ? { from: BigInt(source.freqHz), to: BigInt(destination.freqHz) } : null;
  const nextLpt = lpt && migratedLpt(lpt, destination.freqHz);
  // The destination's ticks that pass in the downtime; a counter that is kept goes on at the rate that the guest was
  // told first, by which an unaware guest reckons.
  const passed = ((input.included * (scale ? scale.to : BigInt(time.firstHz))) << FINE_BITS) / PS_PER_SECOND;
  const carry = (offset: bigint, lead: bigint, least: (before: bigint) => bigint): Carried => {
    const before = BigInt.asUintN(64, source.count(input.stop) - offset);
    const exact = BigInt.asUintN(128, source.fine(input.stop) - (offset << FINE_BITS)) - lead;
    const there = (scale ? (exact * scale.to) / scale.from : exact) + passed;
    if (scale && there >> FINE_BITS >= 1n << 64n) throw tooFar(before, scale);
    const arrival = destination.fine(input.resume) - there;
    const nextOffset = arrival >> FINE_BITS;
    const earliest = destination.timeOf(least(before) + nextOffset);
    return { before, offset: nextOffset, lead: BigInt.asUintN(64, arrival), earliest };
  };
  const virtual = carry(offsets.cntvoff, time.leads.virtual, (before) => {
    if (!scale) return before;
    return lpt && nextLpt ? leastNative(nextLpt, pvCountUnbounded(lpt, before)) : 0n;
  });
  const physical = carry(offsets.cntpoff, time.leads.physical, (before) => (scale ? 0n : before));
  const resume = later(input.resume, later(virtual.earliest, physical.earliest));
  const resumeCount = destination.count(resume);
  const step = ({ before, offset, lead }: Carried, leadBefore: bigint): CounterStep => ({
    before,
    after: BigInt.asUintN(64, resumeCount - offset),
    leadBefore,
    leadAfter: lead,
  });
  const steps = { v: step(virtual, time.leads.virtual), p: step(physical, time.leads.physical) };
  const cntvoff = BigInt.asUintN(64, virtual.offset);
  const cntpoff = BigInt.asUintN(64, physical.offset);
  const lptStep = lpt && nextLpt && { before: lpt, after: nextLpt };
  return {
    resume,
    time: { ...next, leads: { virtual: virtual.lead, physical: physical.lead } },
    cntvoff,
    timers: timers.map((timer) => ({
      ...timer,
      cntvoff,
      cntpoff,
      cntv: scale ? rebasedTimer(timer.cntv, steps.v, scale, lptStep) : { ...timer.cntv },
      cntp: scale ? rebasedTimer(timer.cntp, steps.p, scale, null) : { ...timer.cntp },
    })),
    lpt: nextLpt,
    lptPage: nextLpt && encodeLpt(nextLpt),
    virtualBefore: steps.v.before,
    virtualAfter: steps.v.after,
    pvBefore: lpt && pvCount(lpt, steps.v.before),
    pvAfter: nextLpt && pvCount(nextLpt, steps.v.after),
    rateErrorPpb: next.kind === 'scaled' ? scaleErrorPpb(to.freqHz, next.firstHz, next.scaleValue) : 0,
  };
}

/** A counter on its way: its reading at the stop, its offset and lead on the destination, and when that reads enough. */
interface Carried {
  before: bigint;
  offset: bigint;
  lead: bigint;
  earliest: Ps;
}

const later = (a: Ps, b: Ps): Ps => (a < b ? b : a);

const tooFar = (before: bigint, scale: Scale): RangeError =>
  new RangeError(
    `migration refused: counter ${before} at ${scale.from} Hz does not fit 64 bits at ${scale.to} Hz (--strategy offset to go on)`,
  );

function commonOffsets(timers: readonly TimerState[]): { cntvoff: bigint; cntpoff: bigint } {
  const [first] = timers;
  if (!first) throw new RangeError('migration: no vCPU; a VM has at least one');
  for (const [vcpu, timer] of timers.entries()) {
    if (timer.cntvoff !== first.cntvoff || timer.cntpoff !== first.cntpoff) {
      throw new RangeError(`migration: vCPU ${vcpu}'s counter offsets differ from vCPU 0's; one VM has one time`);
    }
  }
  return first;
}
