/** No read of a counter is below an earlier one, by the same vCPU or by another (Arm ARM D11.1: one time line for all). */
import { invariant, notApplicable } from './invariant.js';
import { counters } from './models/counters.js';
import { stepsBack } from './offences.js';

export const counterMonotonic = invariant({
  name: 'counter-monotonic',
  model: counters,
  verdict({ registers, back, backAware, vcpus }) {
    const reads = registers.CNTVCT_EL0.reads + registers.CNTPCT_EL0.reads;
    if (!reads) return notApplicable('no counter was read');
    if (!back.first && backAware.first) {
      const { count, worst } = backAware;
      return notApplicable(
        `the guest converts through LPT (pv-monotonic); the native counter stepped back ${count} times, at most by ${worst} ticks`,
      );
    }
    return stepsBack(back, `${reads} reads on ${vcpus} vCPU${vcpus > 1 ? 's' : ''}`);
  },
});
