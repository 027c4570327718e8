/**
 * Over a migration the PV counter goes on where it was, plus the downtime that guest time includes: never less, and at most
 * one tick of the new host's counter and two roundings more (docs/time.md, "How exact lpt is").
 */
import { invariant, notApplicable } from './invariant.js';
import { migrations, PS } from './models/migrations.js';
import { Offences } from './offences.js';

export const pvContinuity = invariant({
  name: 'pv-continuity',
  model: migrations,
  verdict({ done, pvFreqHz }) {
    const crossed = done.filter((m) => m.aware && m.resume.pvBefore !== null && m.resume.pvAfter !== null);
    if (!crossed.length || pvFreqHz === null) return notApplicable('no migration of a guest that uses LPT');
    const hz = BigInt(pvFreqHz);
    const offences = new Offences();
    let worst = { off: 0n, bound: 0n };
    for (const { stop, resume } of crossed) {
      const meant = ((resume.time - stop.time - resume.hidden) * hz) / PS;
      const off = resume.pvAfter! - resume.pvBefore! - meant;
      const tick = (hz + BigInt(resume.to.freqHz) - 1n) / BigInt(resume.to.freqHz);
      const bound = tick + 2n;
      const magnitude = off < 0n ? -off : off;
      if (off < 0n || off > bound) offences.add(magnitude, resume);
      if (magnitude >= worst.off) worst = { off: magnitude, bound };
    }
    const nanoseconds = (ticks: bigint): number => Number((ticks * 1_000_000_000n) / hz);
    return {
      ...offences.status,
      value: nanoseconds(worst.off),
      bound: nanoseconds(worst.bound),
      unit: 'ns',
      text: `${offences.first ? 'stepped by' : 'continuous to'} ${nanoseconds(worst.off)} ns over ${crossed.length} migration${crossed.length > 1 ? 's' : ''}`,
    };
  },
});
