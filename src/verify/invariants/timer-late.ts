/**
 * A timer interrupt that is due, enabled, of sufficient priority and not masked is taken within 100 us of the vCPU's
 * running (or idle) time. How late it was against the instant meant, masked and stolen time included, is told beside.
 */
import { invariant, notApplicable } from './invariant.js';
import { LATE_BOUND, timers } from './models/timers.js';
import { ns } from './offences.js';

export const timerLate = invariant({
  name: 'timer-late',
  model: timers,
  verdict({ late, fired, latest, worstUndelivered }) {
    if (!fired) return notApplicable('no timer interrupt');
    const all = `at most ${ns(latest)} ns from the instant meant to the acknowledge (masked and stolen time included)`;
    return {
      ...late.status,
      value: ns(worstUndelivered),
      bound: ns(LATE_BOUND),
      unit: 'ns',
      text: late.count
        ? `${late.count} of ${fired} could have been taken and were not, at most for ${ns(late.worst)} ns; ${all}`
        : all,
    };
  },
});
