/**
 * No timer interrupt reaches the guest before the instant that it meant by the frequency it believes in: a tick and what a
 * crystal may be off by (50 ppm of the interval) are allowed.
 */
import { invariant, notApplicable } from './invariant.js';
import { timers } from './models/timers.js';
import { ns } from './offences.js';

export const timerEarly = invariant({
  name: 'timer-early',
  model: timers,
  verdict({ early, fired }) {
    if (!fired) return notApplicable('no timer interrupt');
    return {
      ...early.status,
      value: early.count,
      bound: 0,
      unit: 'interrupts',
      text: early.count ? `${early.count} of ${fired} early, at most by ${ns(early.worst)} ns` : `0 of ${fired} early`,
    };
  },
});
