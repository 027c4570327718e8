/** What an unmodified Linux made of time over migrations: its clocks and timers against true time. */
import { PS_PER_NANOSECOND, PS_PER_SECOND, type Ps } from '../../arch/timer/time.js';
import type { MigrationRecord } from '../../migration/migrate.js';
import type { ClockReading, LinuxTimeLog } from './log.js';

export interface LinuxTimeResult {
  /** CLOCK_MONOTONIC's rate on each host, the first included, in seconds a second; null where too little was read. */
  readonly rates: readonly (number | null)[];
  /** What CLOCK_MONOTONIC did at each migration that the downtime policy does not account for, in ns; null as above. */
  readonly stepsNs: readonly (number | null)[];
  /** CLOCK_REALTIME less UTC at the end, as far as it differs from the beginning, in ns. */
  readonly realtimeOffNs: number | null;
  /** The most by which a sleep or timer was short of what was asked for, and longer, by true time without `hidden`, in ns. */
  readonly earlyNs: number;
  readonly lateNs: number;
  /** How many were short, and of how many. */
  readonly early: number;
  readonly waits: number;
  /** Steal that /proc/stat gained, in ms, and what the host says of all vCPUs. */
  readonly stealMs: number;
  readonly stolenMs: number;
  /** Whether the program came to its end. */
  readonly ended: boolean;
}

/** A wait is early beyond what the kernel's own rounding of cycles to nanoseconds makes of it. */
const EARLY_BOUND: Ps = 200n * PS_PER_NANOSECOND;

const nsOf = (t: Ps): number => Number(t) / Number(PS_PER_NANOSECOND);

/** @param stolen host time stolen from all vCPUs while the program ran */
export function measureLinuxTime(
  log: LinuxTimeLog,
  migrations: readonly MigrationRecord[],
  stolen: Ps,
): LinuxTimeResult {
  const bounds: [Ps, Ps | null][] = [0n, ...migrations.map((m) => m.resume)].map((from, i) => [
    from,
    migrations[i]?.stop ?? null,
  ]);
  const segments = bounds.map(([from, to]) =>
    log.readings.filter((r) => r.time >= from && (to === null || r.time <= to)),
  );
  const rates = segments.map(rateOf);
  const [first, last] = [log.readings[0], log.readings.at(-1)];
  const errors = log.waits.map((w) => {
    const hidden = migrations
      .filter((m) => m.stop >= w.from && m.resume <= w.to)
      .reduce((sum, m) => sum + m.hidden, 0n);
    return w.to - w.from - hidden - w.askedNs * PS_PER_NANOSECOND;
  });
  return {
    rates,
    stepsNs: migrations.map((m, i) => stepAt(m, segments[i]!, segments[i + 1]!, rates[i]!, rates[i + 1]!)),
    realtimeOffNs: first && last ? Number(last.realtime - first.realtime) - nsOf(last.time - first.time) : null,
    earlyNs: worst(errors.map((e) => -e)),
    lateNs: worst(errors),
    early: errors.filter((e) => e < -EARLY_BOUND).length,
    waits: errors.length,
    stealMs: first && last ? (last.steal - first.steal) * 10 : 0,
    stolenMs: (Number(stolen) / Number(PS_PER_SECOND)) * 1000,
    ended: log.ended,
  };
}

/** The largest of the durations, at least 0, in ns. */
const worst = (list: readonly Ps[]): number => Math.max(0, ...list.map(nsOf));

function rateOf(list: readonly ClockReading[]): number | null {
  const [a, b] = [list[0], list.at(-1)];
  if (!a || !b || b.time === a.time) return null;
  return Number(b.monotonic - a.monotonic) / nsOf(b.time - a.time);
}

/** The clock drawn out from either side to the stop and the resume. */
function stepAt(
  { stop, resume, hidden }: MigrationRecord,
  before: readonly ClockReading[],
  after: readonly ClockReading[],
  rateBefore: number | null,
  rateAfter: number | null,
): number | null {
  const [last, next] = [before.at(-1), after[0]];
  if (!last || !next || rateBefore === null || rateAfter === null) return null;
  const change = Number(next.monotonic - last.monotonic);
  const lived = nsOf(stop - last.time) * rateBefore + nsOf(next.time - resume) * rateAfter;
  return change - lived - nsOf(resume - stop - hidden);
}
