/**
 * A timer interrupt is acknowledged only where the timer's condition is met (enabled, not masked, counter at or beyond
 * CVAL), or was since the last acknowledge. A line that never goes down makes a storm of these.
 */
import { invariant, notApplicable } from './invariant.js';
import { timers } from './models/timers.js';

export const timerSpurious = invariant({
  name: 'timer-spurious',
  model: timers,
  verdict({ spurious, fired }) {
    if (!fired && !spurious.count) return notApplicable('no timer interrupt');
    return {
      ...spurious.status,
      value: spurious.count,
      bound: 0,
      unit: 'interrupts',
      text: spurious.count
        ? `${spurious.count} acknowledged without the timer's condition`
        : `0 of ${fired} without the timer's condition`,
    };
  },
});
