/**
 * The guest's counter shows as much of the time between stop and resume as the downtime policy says: none of what is
 * hidden, all of the rest. A counter that steps is `counter-step`'s affair.
 */
import { invariant, notApplicable } from './invariant.js';
import { type Crossing, crossings, isStep, migrations, PS } from './models/migrations.js';
import { ns, Offences } from './offences.js';

/** A guest that uses LPT looks at no native counter over a change of frequency: `pv-continuity` judges what it sees. */
const rebased = ({ migration: { stop, resume } }: Crossing): boolean => stop.freqHz !== resume.freqHz;

/** By how much the guest saw more (or less) than it should, ps; by the scale that fits better. */
function error({ ticks, migration: { stop, resume } }: Crossing): { error: bigint; bound: bigint; seen: bigint } {
  const meant = resume.time - stop.time - resume.hidden;
  const slower = BigInt(Math.min(stop.freqHz, resume.freqHz, resume.to.freqHz));
  // A tick at each end.
  const bound = (2n * PS) / slower;
  const [a, b] = [stop.freqHz, resume.freqHz].map((f) => {
    const seen = (ticks * PS) / BigInt(f);
    return { error: seen > meant ? seen - meant : meant - seen, bound, seen };
  }) as [ReturnType<typeof error>, ReturnType<typeof error>];
  return a.error < b.error ? a : b;
}

export const downtime = invariant({
  name: 'downtime',
  model: migrations,
  verdict(s) {
    const all = crossings(s).filter((c) => !isStep(c) && !(c.migration.aware && rebased(c)));
    if (!s.done.length) return notApplicable('no migration');
    if (s.done.every((m) => m.aware && m.stop.freqHz !== m.resume.freqHz)) {
      return notApplicable('the guest converts through LPT (pv-continuity)');
    }
    if (!all.length) return notApplicable('every counter stepped (counter-step)');
    const measured = all.map((crossing) => ({ crossing, ...error(crossing) }));
    const offences = new Offences();
    for (const { crossing, error, bound } of measured) {
      if (error > bound) offences.add(error, { ...crossing.migration.resume, vcpu: crossing.vcpu });
    }
    const worst = measured.reduce((a, b) => (b.error > a.error ? b : a));
    const stopped = s.done.reduce((sum, m) => sum + m.resume.time - m.stop.time, 0n);
    const hidden = s.done.reduce((sum, m) => sum + m.resume.hidden, 0n);
    const off = offences.first
      ? `seen as ${ns(worst.seen)} ns, ${ns(worst.error)} ns off`
      : `seen to ${ns(worst.error)} ns`;
    return {
      ...offences.status,
      value: ns(worst.error),
      bound: ns(worst.bound),
      unit: 'ns',
      text: `stopped for ${ns(stopped)} ns, of which ${ns(hidden)} ns are no guest time; ${off}`,
    };
  },
});
