/** The PL031 as the guest reads it, against true time (UTC goes on over a migration, whatever guest time does). */
import { PS_PER_SECOND } from '../../../arch/timer/time.js';
import type { Model } from '../invariant.js';
import { Offences } from '../offences.js';

/** Seconds that a read may be off: one, for the reading and the setting are whole seconds. */
export const RTC_BOUND = 1n;

export interface RtcState {
  /** Count at host time 0. */
  epoch: bigint;
  reads: number;
  worst: bigint;
  readonly wrong: Offences;
}

export const rtc: Model<RtcState> = {
  create: ({ rtcEpoch }) => ({ epoch: BigInt(rtcEpoch), reads: 0, worst: 0n, wrong: new Offences() }),
  on: {
    'rtc-read': (s, e) => {
      s.reads++;
      const off = BigInt.asIntN(32, BigInt(e.seconds) - s.epoch - e.time / PS_PER_SECOND);
      const magnitude = off < 0n ? -off : off;
      if (magnitude > s.worst) s.worst = magnitude;
      if (magnitude > RTC_BOUND) s.wrong.add(magnitude, e);
    },
    'rtc-written': (s, e) => {
      s.epoch = BigInt(e.seconds) - e.time / PS_PER_SECOND;
    },
  },
};
