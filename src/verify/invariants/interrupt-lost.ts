/**
 * Every interrupt that became pending and could be taken is acknowledged within 1 ms of the vCPU's running or idle time.
 * The timers' own are `timer-lost`'s affair.
 */
import { invariant, notApplicable } from './invariant.js';
import { interrupts, keyOf, LOST_BOUND, owedTo } from './models/interrupts.js';
import { ns, Offences } from './offences.js';

export const interruptLost = invariant({
  name: 'interrupt-lost',
  model: interrupts,
  verdict(s, end) {
    const { acknowledged, lost, worst, waiting } = s;
    const stuckOn = (vcpu: number): { vcpu: number; undelivered: bigint }[] =>
      [...owedTo(s, vcpu)]
        .filter((intid) => end.deliverable(vcpu, intid))
        .map((intid) => ({ vcpu, undelivered: waiting.get(keyOf(vcpu, intid))?.undelivered ?? 0n }))
        .filter(({ undelivered }) => undelivered <= LOST_BOUND);
    // Behind a stall nothing comes any more, since whenever it has been owed.
    const stuck = end.stalled ? end.accounts.flatMap((_, vcpu) => stuckOn(vcpu)) : [];
    if (!acknowledged && !lost.count && !stuck.length) return notApplicable('no interrupt');
    const offences = new Offences();
    offences.count = lost.count;
    offences.first = lost.first;
    for (const { vcpu, undelivered } of stuck) offences.add(undelivered, { time: end.time, vcpu, pc: 0n });
    return {
      ...offences.status,
      value: offences.count,
      bound: 0,
      unit: 'interrupts',
      text: offences.count
        ? `${offences.count} could have been taken and were not, for more than ${ns(LOST_BOUND)} ns or to the end`
        : `0 of ${acknowledged} lost; the longest could have been taken ${ns(worst)} ns before`,
    };
  },
});
