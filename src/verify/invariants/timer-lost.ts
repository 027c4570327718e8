/**
 * Every timer interrupt that is due, enabled, of sufficient priority and not masked is taken, within 10 ms of running or
 * idle time, before the end, and before the guest gives it up. A vCPU in WFI that nothing wakes is the common way to fail.
 */
import { invariant, notApplicable } from './invariant.js';
import { LATE_BOUND, LOST_BOUND, type TimerModel, timers } from './models/timers.js';
import { Offences } from './offences.js';

export const timerLost = invariant({
  name: 'timer-lost',
  model: timers,
  verdict(s, end) {
    const all = s.timers.flat();
    // Behind a stall nothing comes any more, were it due or not.
    const left = all.filter(
      (t) => t.armed && !t.taken && (t.undelivered > LATE_BOUND || (end.stalled && end.deliverable(t.vcpu, t.intid))),
    );
    if (!s.fired && !left.length && !s.lost.count) return notApplicable('no timer interrupt');
    const offences = new Offences();
    offences.count = s.lost.count;
    offences.first = s.lost.first;
    for (const t of left) offences.add(t.undelivered, { time: dueOrEnd(t, end.time), vcpu: t.vcpu, pc: 0n });
    return {
      ...offences.status,
      value: offences.count,
      bound: 0,
      unit: 'interrupts',
      text: offences.count
        ? `${offences.count} lost of ${s.fired + left.length}: ${left.map(say).join(', ') || `given up by the guest, or taken after more than ${LOST_BOUND / 1_000_000_000n} ms`}`
        : `0 of ${s.fired} lost`,
    };
  },
});

const dueOrEnd = (t: TimerModel, end: bigint): bigint => (t.due === null || t.due > end ? end : t.due);

const say = (t: TimerModel): string => `the ${t.timer} timer of vCPU ${t.vcpu} never fired`;
