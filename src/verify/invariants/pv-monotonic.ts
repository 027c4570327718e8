/** The PV counter never steps back (DEN0057A; pv-time.md). */
import { invariant, notApplicable } from './invariant.js';
import { pv } from './models/pv.js';

export const pvMonotonic = invariant({
  name: 'pv-monotonic',
  model: pv,
  verdict({ reads, back }) {
    if (!reads) return notApplicable('the guest does not use LPT');
    return {
      ...back.status,
      value: back.count,
      bound: 0,
      unit: 'steps',
      text: back.count
        ? `${back.count} steps back, the largest of ${back.worst} ticks`
        : `0 steps back in ${reads} reads`,
    };
  },
});
