/**
 * On every vCPU running + idle + stolen + paused + off = wall, and the guest is told of stolen time what the host took: in
 * the structure, at each entry, to the nanosecond.
 */
import { invariant } from './invariant.js';
import { stolen } from './models/stolen.js';
import { ns, Offences } from './offences.js';

const sum = (list: readonly bigint[]): bigint => list.reduce((a, b) => a + b, 0n);

export const stolenIdentity = invariant({
  name: 'stolen-identity',
  model: stolen,
  verdict(s, { accounts, told, published, time }) {
    const offences = new Offences();
    // Without such structures there is nothing to be stale.
    const stale = published ? s.stale : new Offences();
    for (const o of [s.wrong, s.refused, stale]) if (o.first) offences.add(o.worst, o.first);
    const texts: string[] = [];
    let wrong = 0;
    for (const [vcpu, a] of accounts.entries()) {
      const broken = a.running + a.idle + a.stolen + a.paused + a.off !== time;
      const untold = a.stolen !== told[vcpu]!;
      const overwritten = published !== null && s.told[vcpu] !== null && published[vcpu] !== s.told[vcpu];
      if (!broken && !untold && !overwritten) continue;
      wrong++;
      offences.add(1n, { time, vcpu, pc: 0n });
      if (overwritten) texts.push(`vCPU ${vcpu} reads ${published[vcpu]} ns where ${s.told[vcpu]} ns were stored`);
    }
    if (s.refused.count) texts.push(`${s.refused.count} vCPUs asked for a structure and got none`);
    if (stale.count) texts.push(`${stale.count} slices ran without being told, at most of ${stale.worst} ns`);
    if (s.wrong.count) texts.push(`${s.wrong.count} values published are wrong, at most by ${s.wrong.worst} ns`);
    const taken = sum(accounts.map((a) => a.stolen));
    return {
      ...offences.status,
      value: Math.max(wrong, offences.count),
      bound: 0,
      unit: 'vCPUs',
      text: `${ns(taken)} ns stolen by the host, ${ns(sum(told))} ns told to the guest; identity ${wrong ? 'broken' : 'exact'}${texts.map((t) => `; ${t}`).join('')}`,
    };
  },
});
