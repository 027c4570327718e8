/** The counters of all vCPUs are the same function of time: the offset behind a read does not depend on the vCPU. */
import { invariant, notApplicable } from './invariant.js';
import { counters } from './models/counters.js';

export const counterAgreement = invariant({
  name: 'counter-agreement',
  model: counters,
  verdict({ disagreements, vcpus }) {
    if (vcpus < 2) return notApplicable('one vCPU');
    const { count, worst } = disagreements;
    return {
      ...disagreements.status,
      value: Number(worst),
      bound: 0,
      unit: 'ticks',
      text: count ? `${count} times apart, at most by ${worst} ticks` : `the same on ${vcpus} vCPUs`,
    };
  },
});
