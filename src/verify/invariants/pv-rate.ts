/** Over all hosts together the PV counter advances at its frequency; a tick of the slowest host may go at each end and hop. */
import { PS_PER_SECOND } from '../../arch/timer/time.js';
import { invariant, notApplicable } from './invariant.js';
import { pv } from './models/pv.js';
import { ns } from './offences.js';

const BILLION = 1_000_000_000n;

export const pvRate = invariant({
  name: 'pv-rate',
  model: pv,
  verdict({ first, last, lastTime, freqHz, slowestHz, migrations }) {
    if (!first || last === null || freqHz === null) return notApplicable('the guest does not use LPT');
    const hz = BigInt(freqHz);
    const expected = (lastTime - first.time) * hz;
    if (expected <= 0n) return notApplicable('the PV counter was read once');
    const actual = (last - first.pv) * PS_PER_SECOND;
    const error = actual > expected ? actual - expected : expected - actual;
    const slack = PS_PER_SECOND * BigInt(2 * (migrations + 2)) * hz;
    const ppb = (error * BILLION) / expected;
    const bound = (slack * BILLION) / BigInt(slowestHz) / expected + 1n;
    return {
      status: ppb <= bound ? 'pass' : 'fail',
      value: Number(ppb),
      bound: Number(bound),
      unit: 'ppb',
      text: `${ppb} ppb from ${freqHz} Hz over ${ns(lastTime - first.time)} ns`,
    };
  },
});
