/**
 * A migration neither sets a counter back nor moves it on by more than the time that truly passed. In between it is the
 * downtime policy's affair (`downtime`).
 */
import { invariant, notApplicable } from './invariant.js';
import { type Crossing, crossings, isStep, migrations, PS } from './models/migrations.js';
import { ns, Offences } from './offences.js';

/** Picoseconds by which the counter is off true time, signed, by the scale that the guest has. */
const jump = ({ ticks, migration: { stop, resume } }: Crossing): bigint => {
  const seen = (ticks * PS) / BigInt(stop.freqHz);
  return ticks < 0n ? seen : seen - (resume.time - stop.time);
};

export const counterStep = invariant({
  name: 'counter-step',
  model: migrations,
  verdict(s) {
    const all = crossings(s);
    if (!all.length) return notApplicable('no migration');
    const steps = all.filter(isStep);
    const judged = steps.filter((c) => !c.migration.aware);
    if (steps.length && !judged.length) {
      const largest = largestOf(steps);
      return notApplicable(
        `the guest converts through LPT (pv-continuity); the native counter stepped ${say(largest)}`,
      );
    }
    const offences = new Offences();
    for (const c of judged) offences.add(1n, { ...c.migration.resume, vcpu: c.vcpu });
    const worst = judged.length ? largestOf(judged) : 0n;
    const migrated = s.done.length;
    return {
      ...offences.status,
      value: ns(worst),
      bound: 0,
      unit: 'ns',
      text: judged.length
        ? `stepped ${say(worst)}, over ${new Set(judged.map((c) => c.migration)).size} of ${migrated} migrations`
        : `no step over ${migrated} migration${migrated > 1 ? 's' : ''}`,
    };
  },
});

const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

const largestOf = (list: readonly Crossing[]): bigint =>
  list.map(jump).reduce((a, b) => (magnitude(b) > magnitude(a) ? b : a));

const say = (ps: bigint): string => `${ps < 0n ? 'back by' : 'forward by'} ${ns(magnitude(ps))} ns`;
