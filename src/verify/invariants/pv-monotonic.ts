/** The PV counter never steps back (DEN0057A; pv-time.md). */
import { invariant, notApplicable } from './invariant.js';
import { pv } from './models/pv.js';
import { stepsBack } from './offences.js';

export const pvMonotonic = invariant({
  name: 'pv-monotonic',
  model: pv,
  verdict({ reads, back }) {
    if (!reads) return notApplicable('the guest does not use LPT');
    return stepsBack(back, `${reads} reads`);
  },
});
