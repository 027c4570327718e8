/**
 * Every interrupt that became pending and could be taken is acknowledged within 1 ms of the vCPU's running or idle time.
 * The timers' own are `timer-lost`'s affair.
 */
import { invariant, notApplicable } from './invariant.js';
import { interrupts, LOST_BOUND } from './models/interrupts.js';
import { ns, Offences } from './offences.js';

export const interruptLost = invariant({
  name: 'interrupt-lost',
  model: interrupts,
  verdict({ acknowledged, lost, worst, waiting }, end) {
    const stuck = end.stalled ? [...waiting.values()].filter((w) => w.undelivered <= LOST_BOUND) : [];
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
