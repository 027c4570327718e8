/**
 * An acknowledged interrupt is of higher priority than everything active on its vCPU, and nothing that could have been
 * acknowledged instead is of higher priority than it (IHI 0069H, 4.8).
 */
import { invariant, notApplicable } from './invariant.js';
import { interrupts } from './models/interrupts.js';

export const interruptPriority = invariant({
  name: 'interrupt-priority',
  model: interrupts,
  verdict({ acknowledged, priority }) {
    if (!acknowledged) return notApplicable('no interrupt');
    return {
      ...priority.status,
      value: priority.count,
      bound: 0,
      unit: 'interrupts',
      text: `${priority.count} of ${acknowledged} against the order of priorities`,
    };
  },
});
