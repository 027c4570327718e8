/** Stolen time: what the host took, added up here, against what the guest's structures say. */
import type { Ps } from '../../../arch/timer/time.js';
import type { Attention } from '../../../trace/index.js';
import type { Model } from '../invariant.js';
import { Offences } from '../offences.js';

export interface StolenState {
  readonly call: number | null;
  /** vCPUs of which something was taken that has not been published. */
  readonly attention: Attention;
  /** Taken from each vCPU so far. */
  readonly taken: Ps[];
  /** Something was taken since the vCPU's structure was written. */
  readonly unpublished: boolean[];
  readonly told: (bigint | null)[];
  readonly published: number[];
  /** Whether PV_TIME_ST gave the vCPU a structure; null: it did not ask. */
  readonly given: (boolean | null)[];
  /** Published values that fall. */
  readonly falls: Offences;
  /** Published values that are not what was taken, in ns of difference. */
  readonly wrong: Offences;
  /** Slices that a vCPU ran without being told of what was taken before, in ns. */
  readonly stale: Offences;
  /** vCPUs that asked for a structure and got none where others did. */
  readonly refused: Offences;
}

function published(s: StolenState, vcpu: number): void {
  if (!s.unpublished[vcpu]) return;
  s.unpublished[vcpu] = false;
  s.attention.wanted--;
}

export const stolen: Model<StolenState> = {
  attention: (s) => s.attention,
  create: ({ vcpus, stolen, stolenTimeCall }) => ({
    attention: { wanted: 0 },
    call: stolenTimeCall,
    taken: [...stolen],
    unpublished: new Array<boolean>(vcpus).fill(false),
    told: new Array<bigint | null>(vcpus).fill(null),
    published: new Array<number>(vcpus).fill(0),
    given: new Array<boolean | null>(vcpus).fill(null),
    falls: new Offences(),
    wrong: new Offences(),
    stale: new Offences(),
    refused: new Offences(),
  }),
  on: {
    activity: (s, e) => {
      const { vcpu } = e;
      if (e.activity === 'stolen') {
        const before = s.taken[vcpu]!;
        s.taken[vcpu] = before + e.to - e.from;
        // The structure has whole nanoseconds.
        if (s.taken[vcpu]! / 1000n === before / 1000n || s.unpublished[vcpu]) return;
        s.unpublished[vcpu] = true;
        s.attention.wanted++;
      } else if (e.executed && s.unpublished[vcpu]) {
        s.stale.add(s.taken[vcpu]! / 1000n - (s.told[vcpu] ?? 0n), e);
        published(s, vcpu);
      }
    },
    'stolen-published': (s, e) => {
      const { vcpu, value } = e;
      const before = s.told[vcpu]!;
      if (before !== null && value < before) s.falls.add(before - value, e);
      const should = s.taken[vcpu]! / 1000n;
      if (value !== should) s.wrong.add(value > should ? value - should : should - value, e);
      s.told[vcpu] = value;
      s.published[vcpu]!++;
      published(s, vcpu);
    },
    hypercall: (s, e) => {
      if (e.function !== s.call || e.result === null) return;
      const given = BigInt.asIntN(64, e.result) >= 0n;
      s.given[e.vcpu] = given;
      if (!given && s.given.includes(true)) s.refused.add(1n, e);
    },
  },
};
