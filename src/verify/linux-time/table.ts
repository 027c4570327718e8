/** The table strategy x what an unmodified Linux saw of time. */
import type { LinuxTimeCase, LinuxTimeRun } from './run.js';

export const LINUX_TIME_HEADS = [
  'strategy',
  'downtime',
  'clock rate behind each migration',
  'step at each',
  'timers early',
  'late at most',
  'CLOCK_REALTIME - UTC',
  'steal seen',
] as const;

/** A length of time with a unit that fits, signed. */
function time(ns: number): string {
  const abs = Math.abs(ns);
  const [value, unit] =
    abs >= 1e9 ? [ns / 1e9, 's'] : abs >= 1e6 ? [ns / 1e6, 'ms'] : abs >= 1e3 ? [ns / 1e3, 'us'] : [ns, 'ns'];
  return `${Number(value.toPrecision(4))} ${unit}`;
}

function rate(rate: number | null): string {
  if (rate === null) return 'stopped';
  const ppm = (rate - 1) * 1e6;
  if (Math.abs(ppm) < 0.005) return '0.00 ppm';
  return Math.abs(ppm) > 1000 ? `x${rate.toPrecision(5)}` : `${ppm >= 0 ? '+' : ''}${ppm.toFixed(2)} ppm`;
}

/** One row of cells; a refusal says so in place of what was not measured. */
export function linuxTimeRow({ strategy, policy }: LinuxTimeCase, run: LinuxTimeRun): string[] {
  if (run.refusals.length) {
    return [strategy, policy, 'refused before the source stops', '-', '-', '-', '-', '-'];
  }
  const [, ...rates] = run.rates;
  return [
    strategy,
    policy,
    rates.map(rate).join(', '),
    run.stepsNs.map((ns) => (ns === null ? '-' : time(ns))).join(', '),
    run.early ? `${run.early} of ${run.waits}, by ${time(run.earlyNs)}` : `0 of ${run.waits}`,
    run.ended ? time(run.lateNs) : 'the program never ends',
    run.realtimeOffNs === null ? '-' : time(run.realtimeOffNs),
    `${run.stealMs} ms of ${Math.round(run.stolenMs)} ms`,
  ];
}
