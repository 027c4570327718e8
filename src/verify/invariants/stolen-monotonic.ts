/** The stolen time in a vCPU's structure never falls, over migrations neither (DEN0057A; pv-time.md). */
import { invariant, notApplicable } from './invariant.js';
import { stolen } from './models/stolen.js';

export const stolenMonotonic = invariant({
  name: 'stolen-monotonic',
  model: stolen,
  verdict({ falls, published }) {
    const values = published.reduce((a, b) => a + b, 0);
    if (!values) return notApplicable('no stolen time was published');
    return {
      ...falls.status,
      value: falls.count,
      bound: 0,
      unit: 'falls',
      text: falls.count ? `fell ${falls.count} times, at most by ${falls.worst} ns` : `never fell in ${values} values`,
    };
  },
});
