/** The event stream (CNTKCTL_EL1.EVNTI) ends a WFE at the period that the guest programmed, by its own frequency. */
import { invariant, notApplicable } from './invariant.js';
import { eventStream as model, STREAM_BOUND } from './models/event-stream.js';
import { ns } from './offences.js';

export const eventStream = invariant({
  name: 'event-stream',
  model,
  verdict({ wakes, wrong, worst }) {
    if (!wakes) return notApplicable('no WFE was ended by the event stream');
    return {
      ...wrong.status,
      value: ns(worst),
      bound: ns(STREAM_BOUND),
      unit: 'ns',
      text: wrong.count
        ? `${wrong.count} of ${wakes} events away from the period programmed, at most by ${ns(worst)} ns`
        : `${wakes} events, all within ${ns(worst)} ns of the period programmed`,
    };
  },
});
