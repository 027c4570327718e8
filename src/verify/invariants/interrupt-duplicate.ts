/** No interrupt is acknowledged that is active already, or that nothing made pending since it last was. */
import { invariant, notApplicable } from './invariant.js';
import { interrupts } from './models/interrupts.js';

export const interruptDuplicate = invariant({
  name: 'interrupt-duplicate',
  model: interrupts,
  verdict({ acknowledged, duplicates }) {
    if (!acknowledged) return notApplicable('no interrupt');
    return {
      ...duplicates.status,
      value: duplicates.count,
      bound: 0,
      unit: 'interrupts',
      text: `${duplicates.count} of ${acknowledged} acknowledged twice or out of nothing`,
    };
  },
});
