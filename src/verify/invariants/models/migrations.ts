/** Each migration: what every vCPU would read of its counters at the stop and at the resume. */
import type { MigrationResumeEvent, MigrationStopEvent } from '../../../trace/index.js';
import type { Model } from '../invariant.js';

export interface MigrationState {
  readonly pvFreqHz: number | null;
  aware: boolean;
  stop: MigrationStopEvent | null;
  readonly done: {
    readonly stop: MigrationStopEvent;
    readonly resume: MigrationResumeEvent;
    readonly aware: boolean;
  }[];
}

export const migrations: Model<MigrationState> = {
  create: ({ pvFreqHz }) => ({ pvFreqHz, aware: false, stop: null, done: [] }),
  on: {
    'lpt-given': (s) => {
      s.aware = true;
    },
    'migration-stop': (s, e) => {
      s.stop = e;
    },
    'migration-resume': (s, e) => {
      if (s.stop) s.done.push({ stop: s.stop, resume: e, aware: s.aware });
      s.stop = null;
    },
  },
};

/** A counter of a vCPU over one migration. */
export interface Crossing {
  readonly migration: MigrationState['done'][number];
  readonly vcpu: number;
  readonly counter: 'virtual' | 'physical';
  /** Advance, ticks. */
  readonly ticks: bigint;
}

export const crossings = ({ done }: MigrationState): Crossing[] =>
  done.flatMap((migration) =>
    migration.stop.counters.flatMap((before, vcpu) =>
      (['virtual', 'physical'] as const).map((counter) => {
        const ticks = BigInt.asIntN(64, migration.resume.counters[vcpu]![counter] - before[counter]);
        return { migration, vcpu, counter, ticks };
      }),
    ),
  );

export const PS = 1_000_000_000_000n;

/**
 * The most that a counter may advance in the host time between stop and resume, by the faster scale: and a tick, of the
 * new host where that makes a counter of higher frequency out of its own.
 */
export const mostTicks = ({ migration: { stop, resume } }: Crossing): bigint => {
  const freqHz = BigInt(Math.max(stop.freqHz, resume.freqHz));
  const hostHz = BigInt(resume.to.freqHz);
  return ((resume.time - stop.time) * freqHz) / PS + (freqHz + hostHz - 1n) / hostHz;
};

/** Whether a crossing is a stop of the guest's time or less: anything else is a step. */
export const isStep = (c: Crossing): boolean => c.ticks < 0n || c.ticks > mostTicks(c);
