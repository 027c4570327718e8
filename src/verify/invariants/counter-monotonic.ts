/** No read of a counter is below an earlier one, by the same vCPU or by another (Arm ARM D11.1: one time line for all). */
import { invariant, notApplicable } from './invariant.js';
import { counters } from './models/counters.js';

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
    return {
      ...back.status,
      value: back.count,
      bound: 0,
      unit: 'steps',
      text: back.count
        ? `${back.count} steps back, the largest of ${back.worst} ticks`
        : `0 steps back in ${reads} reads on ${vcpus} vCPU${vcpus > 1 ? 's' : ''}`,
    };
  },
});
