/**
 * The event stream as the guest programs it: a period of 2^(EVNTI + 1) counts of the frequency that it believes in. A WFE
 * ends within a period, and the events that end WFEs are whole periods apart.
 */
import { EVNTEN, eventBit } from '../../../arch/timer/event-stream.js';
import { PS_PER_SECOND, type Ps } from '../../../arch/timer/time.js';
import type { Model } from '../invariant.js';
import { Offences } from '../offences.js';

/** What the host's other work may delay a wake by, and a crystal's 50 ppm of the interval. */
export const STREAM_BOUND: Ps = 10_000_000n;
const DRIFT_PART = 20_000n;

interface Stream {
  cntkctl: bigint;
  /** Guest time of the last event that ended a WFE; null where none did. */
  last: Ps | null;
  waiting: Ps | null;
}

export interface EventStreamState {
  readonly streams: readonly Stream[];
  readonly believed: number[];
  hidden: Ps;
  wakes: number;
  worst: Ps;
  readonly wrong: Offences;
}

export const eventStream: Model<EventStreamState> = {
  create: ({ vcpus, freqHz }) => ({
    streams: Array.from({ length: vcpus }, () => ({ cntkctl: 0n, last: null, waiting: null })),
    believed: new Array<number>(vcpus).fill(freqHz),
    hidden: 0n,
    wakes: 0,
    worst: 0n,
    wrong: new Offences(),
  }),
  on: {
    'event-stream-written': (s, e) => {
      Object.assign(s.streams[e.vcpu]!, { cntkctl: e.cntkctl, last: null });
    },
    'frequency-read': (s, e) => {
      s.believed[e.vcpu] = e.freqHz;
    },
    wait: (s, e) => {
      const stream = s.streams[e.vcpu]!;
      stream.waiting = e.instruction === 'wfe' && stream.cntkctl & EVNTEN ? e.time - s.hidden : null;
    },
    wake: (s, e) => {
      const stream = s.streams[e.vcpu]!;
      const { waiting, last } = stream;
      stream.waiting = null;
      if (waiting === null || e.cause !== 'event-stream') return;
      const now = e.time - s.hidden;
      const period = (PS_PER_SECOND << (eventBit(stream.cntkctl) + 1n)) / BigInt(s.believed[e.vcpu]!);
      const late = now - waiting - period;
      const phase = last === null ? 0n : (now - last) % period;
      const off = phase < period - phase ? phase : period - phase;
      const drift = last === null ? 0n : (now - last) / DRIFT_PART;
      const worst = late > off ? late : off;
      s.wakes++;
      stream.last = now;
      if (worst > s.worst) s.worst = worst;
      if (late > STREAM_BOUND || off > STREAM_BOUND + drift) s.wrong.add(worst, e);
    },
    'migration-resume': (s, e) => {
      s.hidden += e.hidden;
    },
  },
};
