/** Measures what the `clock` guest saw of time over one migration: its own samples against true time. */
import { PS_PER_SECOND, type Ps } from '../../arch/timer/time.js';
import type { MigrationRecord } from '../../migration/migrate.js';
import type { Machine } from '../../migration/snapshot.js';

/** One sample: true time, and what the guest printed. */
export interface Sample {
  readonly time: Ps;
  readonly native: bigint;
  readonly pv: bigint | null;
}

/** Notes the instant of every counter read, so that a printed value can be given its true time. */
export class ReadRecorder {
  readonly times = new Map<bigint, Ps>();
  reads = 0;
  constructor({ vm }: Machine) {
    vm.trace.listen({
      'counter-read': ({ value, time }) => {
        this.reads++;
        this.times.set(value, time);
      },
    });
  }
}

/** The guest's `S` lines in order; `at` gives a sample's true time as the console hands the line over. */
export function parseSample(line: string, recorder: ReadRecorder): Sample | null {
  const match = /^S \d+ (\d+) \d+ (\d+|-) (?:\d+|-)$/.exec(line);
  if (!match) return null;
  const native = BigInt(match[1]!);
  const time = recorder.times.get(native);
  if (time === undefined) throw new Error(`the guest printed a counter value that it never read: ${line}`);
  return { time, native, pv: match[2] === '-' ? null : BigInt(match[2]!) };
}

/** What a counter did over the migration, as the guest's samples show it. */
export interface CounterMeasure {
  /** Its value at the resume minus that at the stop, in ns of the scale that the guest began with. */
  readonly stepNs: number;
  /** What quantisation leaves uncertain of the step. */
  readonly stepBoundNs: number;
  /** Its rate behind the migration over the rate before. */
  readonly rateRatio: number;
  /** Most by which that can be off. */
  readonly rateRatioBound: number;
  /** Deviation of the rate behind the migration from the scale that the guest began with, and its uncertainty. */
  readonly rateErrorPpb: number;
  readonly rateBoundPpb: number;
  readonly backwardSteps: number;
}

/**
 * @param scaleHz the frequency by which the guest reads the counter
 * @param tickHz the coarsest tick behind the values: what a value can be off by
 */
export function measureCounter(
  samples: readonly Sample[],
  value: (s: Sample) => bigint,
  migration: MigrationRecord,
  scaleHz: number,
  rates: { before: number; after: number },
  tickHz: number,
): CounterMeasure {
  const before = samples.filter((s) => s.time <= migration.stop);
  const after = samples.filter((s) => s.time >= migration.resume);
  if (before.length < 2 || after.length < 2) throw new Error('too few samples around the migration');
  const slope = (list: readonly Sample[]): number => {
    const [a, b] = [list[0]!, list.at(-1)!];
    return (Number(value(b) - value(a)) * Number(PS_PER_SECOND)) / Number(b.time - a.time);
  };
  const [last, first] = [before.at(-1)!, after[0]!];
  const atStop = Number(value(last)) + (Number(migration.stop - last.time) * rates.before) / Number(PS_PER_SECOND);
  const atResume = Number(value(first)) - (Number(first.time - migration.resume) * rates.after) / Number(PS_PER_SECOND);
  const secondsOf = (list: readonly Sample[]): number =>
    Number(list.at(-1)!.time - list[0]!.time) / Number(PS_PER_SECOND);
  const span = secondsOf(after);
  const rate = slope(after);
  const rateRatio = rate / slope(before);
  let backwardSteps = 0;
  for (let i = 1; i < samples.length; i++) if (value(samples[i]!) < value(samples[i - 1]!)) backwardSteps++;
  return {
    stepNs: ((atResume - atStop) / scaleHz) * 1e9,
    stepBoundNs: (2 / scaleHz + 2 / tickHz) * 1e9,
    rateRatio,
    rateRatioBound: rateRatio * (1 / (tickHz * span) + 1 / (tickHz * secondsOf(before))),
    rateErrorPpb: (rate / scaleHz - 1) * 1e9,
    rateBoundPpb: ((1 / tickHz + 1 / scaleHz) / span) * 1e9,
    backwardSteps,
  };
}
