/** What the guest reads of its PL031 is UTC (from its own setting on, if it sets it), to a second. */
import { invariant, notApplicable } from './invariant.js';
import { RTC_BOUND, rtc } from './models/rtc.js';

export const rtcAgreement = invariant({
  name: 'rtc-agreement',
  model: rtc,
  verdict({ reads, wrong, worst }) {
    if (!reads) return notApplicable('the RTC was not read');
    return {
      ...wrong.status,
      value: Number(worst),
      bound: Number(RTC_BOUND),
      unit: 's',
      text: `${wrong.count} of ${reads} reads off true time by more than ${RTC_BOUND} s; at most ${worst} s`,
    };
  },
});
