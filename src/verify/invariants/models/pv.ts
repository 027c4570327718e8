/** The PV counter as a guest that has asked for LPT computes it from its reads of CNTVCT_EL0. */
import type { Ps } from '../../../arch/timer/time.js';
import type { Model } from '../invariant.js';
import { Offences } from '../offences.js';

export interface PvState {
  readonly freqHz: number | null;
  aware: boolean;
  reads: number;
  last: bigint | null;
  first: { readonly time: Ps; readonly pv: bigint } | null;
  lastTime: Ps;
  /** Host time that no guest time includes. */
  hidden: Ps;
  /** Of the slowest counter since the first read. */
  slowestHz: number;
  migrations: number;
  readonly back: Offences;
}

export const pv: Model<PvState> = {
  create: ({ pvFreqHz, freqHz }) => ({
    freqHz: pvFreqHz,
    aware: false,
    reads: 0,
    last: null,
    first: null,
    lastTime: 0n,
    hidden: 0n,
    slowestHz: Math.min(freqHz, pvFreqHz ?? freqHz),
    migrations: 0,
    back: new Offences(),
  }),
  applies: ({ pvFreqHz }) => pvFreqHz !== null,
  on: {
    'lpt-given': (s) => {
      s.aware = true;
    },
    'counter-read': (s, e) => {
      if (!s.aware || e.register !== 'CNTVCT_EL0') return;
      const value = e.pv();
      if (value === null) return;
      s.reads++;
      if (s.last !== null && value < s.last) s.back.add(s.last - value, e);
      s.last = value;
      s.lastTime = e.time - s.hidden;
      s.first ??= { time: s.lastTime, pv: value };
    },
    'migration-resume': (s, e) => {
      s.hidden += e.hidden;
      s.slowestHz = Math.min(s.slowestHz, e.freqHz);
      s.migrations++;
    },
  },
};
