/** What the guest reads of its counters: order, offsets, and first and last read on each host. */
import type { Ps } from '../../../arch/timer/time.js';
import type { CounterReadEvent, CounterRegister, Place, TracedHost } from '../../../trace/index.js';
import type { Model } from '../invariant.js';
import { Offences } from '../offences.js';

/** Reads on one host. */
export interface Segment {
  readonly host: TracedHost;
  /** Whether the guest could convert through LPT when the segment began. */
  readonly aware: boolean;
  readonly firstTime: Ps;
  readonly firstValue: bigint;
  readonly firstPlace: Place;
  lastTime: Ps;
  lastValue: bigint;
}

export interface RegisterReads {
  reads: number;
  /** The last value read by anybody, and by each vCPU. */
  last: bigint | null;
  readonly lastBy: (bigint | null)[];
  /** The offset behind the last read, and whose it was; -1 behind a migration. */
  offset: bigint;
  offsetOf: number;
  readonly segments: Segment[];
}

export interface CounterState {
  readonly registers: Record<CounterRegister, RegisterReads>;
  readonly firstHost: TracedHost;
  readonly vcpus: number;
  host: TracedHost;
  aware: boolean;
  /** Steps back: of a guest that cannot convert, and of one that can. */
  readonly back: Offences;
  readonly backAware: Offences;
  /** vCPUs whose counters are not the same function of time, in ticks of difference. */
  readonly disagreements: Offences;
}

const none = (vcpus: number): RegisterReads => ({
  reads: 0,
  last: null,
  lastBy: new Array<bigint | null>(vcpus).fill(null),
  offset: 0n,
  offsetOf: -1,
  segments: [],
});

function read(s: CounterState, e: CounterReadEvent): void {
  const r = s.registers[e.register];
  const { value, vcpu, offset } = e;
  r.reads++;
  const mine = r.lastBy[vcpu]!;
  // One vCPU's last is everybody's: no second comparison.
  if (r.last !== null && (value < r.last || (mine !== null && mine !== r.last && value < mine))) {
    const before = mine !== null && mine > r.last ? mine : r.last;
    (s.aware ? s.backAware : s.back).add(before - value, e);
  }
  r.last = value;
  r.lastBy[vcpu] = value;
  if (r.offsetOf !== vcpu) {
    if (r.offsetOf >= 0 && offset !== r.offset) s.disagreements.add(magnitude(offset - r.offset), e);
    r.offsetOf = vcpu;
  }
  r.offset = offset;
  const segment = r.segments[r.segments.length - 1];
  if (segment && segment.host === s.host) {
    segment.lastTime = e.time;
    segment.lastValue = value;
    return;
  }
  const { time, pc } = e;
  const place = { time, vcpu, pc };
  const first = { host: s.host, aware: s.aware, firstTime: time, firstValue: value, firstPlace: place };
  r.segments.push({ ...first, lastTime: time, lastValue: value });
}

/** Of a difference of 64-bit registers. */
const magnitude = (difference: bigint): bigint => {
  const d = BigInt.asIntN(64, difference);
  return d < 0n ? -d : d;
};

export const counters: Model<CounterState> = {
  create: ({ vcpus, host }) => ({
    registers: { CNTVCT_EL0: none(vcpus), CNTPCT_EL0: none(vcpus) },
    firstHost: host,
    vcpus,
    host,
    aware: false,
    back: new Offences(),
    backAware: new Offences(),
    disagreements: new Offences(),
  }),
  on: {
    'counter-read': read,
    'lpt-given': (s) => {
      s.aware = true;
    },
    'migration-resume': (s, e) => {
      // A new object even where the hosts are equal: what follows is a segment of its own.
      s.host = { ...e.to };
      for (const r of Object.values(s.registers)) r.offsetOf = -1;
      const [first] = e.counters;
      for (const [vcpu, view] of e.counters.entries()) {
        if (view.virtual !== first!.virtual) {
          s.disagreements.add(magnitude(view.virtual - first!.virtual), { ...e, vcpu });
        } else if (view.physical !== first!.physical) {
          s.disagreements.add(magnitude(view.physical - first!.physical), { ...e, vcpu });
        }
      }
    },
  },
};
