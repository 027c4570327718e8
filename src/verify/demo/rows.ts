/** The demo's rows: what pv-time's table says that a guest sees, and whether the measurement agrees. */

import { formatFrequency } from '../../host/time-spec.js';
import type { StrategyName } from '../../hypervisor/strategy/index.js';
import { rateText } from '../rate.js';
import type { CounterMeasure } from './clock.js';

export interface RowSpec {
  readonly fromHz: number;
  readonly toHz: number;
  readonly aware: boolean;
  readonly strategy: StrategyName;
}

const MHZ = 1_000_000;
const HOSTS: readonly (readonly [number, number])[] = [
  [25 * MHZ, 25 * MHZ],
  [25 * MHZ, 1000 * MHZ],
  [1000 * MHZ, 25 * MHZ],
];

/**
 * {same, other frequency} x {unaware, aware of LPT} x {offset, lpt}; the other frequency both ways, there also {trap, scaled},
 * which need nothing of the guest.
 */
export const ROWS: readonly RowSpec[] = HOSTS.flatMap(([fromHz, toHz]) => [
  ...[false, true].flatMap((aware) =>
    (['offset', 'lpt'] as const).map((strategy) => ({ fromHz, toHz, aware, strategy })),
  ),
  ...(fromHz === toHz
    ? []
    : (['trap', 'scaled'] as const).map((strategy) => ({ fromHz, toHz, aware: false, strategy }))),
]);

/** Whether the guest's counter keeps the frequency that it began with. */
const keepsRate = ({ strategy }: RowSpec): boolean => strategy === 'trap' || strategy === 'scaled';
/** The virtual counter's frequency behind the migration, Hz, but for what 8.24 fixed point leaves. */
export const rateAfter = (row: RowSpec): number => (keepsRate(row) ? row.fromHz : row.toHz);

/** What trapping cost: reads of the counters, exits for them, and the time of these. */
export interface TrapMeasure {
  readonly reads: number;
  readonly exits: number;
  readonly costNs: number;
}

export const hostsOf = (row: RowSpec): string => `${formatFrequency(row.fromHz)} -> ${formatFrequency(row.toHz)}`;
export const nameOf = (row: RowSpec): string =>
  `clock, ${row.aware ? 'aware' : 'unaware'}, ${row.strategy}, ${hostsOf(row)}`;

/** Whether the guest gets a PV counter: it must ask, and only `lpt` offers one. */
export const hasPv = (row: RowSpec): boolean => row.aware && row.strategy === 'lpt';

const milliseconds = (ns: number): string => {
  const abs = Math.abs(ns);
  if (abs >= 1e9) return `${(abs / 1e9).toFixed(3)} s`;
  if (abs >= 1e6) return `${(abs / 1e6).toFixed(3)} ms`;
  return `${abs.toFixed(0)} ns`;
};

/** The native counter in words. */
export function describeNative(row: RowSpec, m: CounterMeasure, pausedNs: number, trap: TrapMeasure): string {
  const parts: string[] = [];
  if (Math.abs(m.stepNs) > m.stepBoundNs) {
    parts.push(m.stepNs > 0 ? `stepped +${milliseconds(m.stepNs)}` : `stepped back ${milliseconds(m.stepNs)}`);
  }
  if (Math.abs(m.rateRatio - 1) > 1e-4) parts.push(`rate x${rateText(m.rateRatio, m.rateRatioBound)}`);
  const text = parts.length ? parts.join(', ') : `continuous, paused ${milliseconds(pausedNs)}`;
  if (row.strategy === 'trap') return `${text}, an exit of ${(trap.costNs / trap.exits).toFixed(0)} ns a read`;
  return row.strategy === 'scaled' ? `${text}, ${m.rateErrorPpb.toFixed(1)} ppb` : text;
}

/** The PV counter in words. */
export function describePv(m: CounterMeasure): string {
  const step = Math.abs(m.stepNs) <= m.stepBoundNs ? 'continuous' : `stepped ${milliseconds(m.stepNs)}`;
  return `${step}, ${m.rateErrorPpb.toFixed(1)} ppb`;
}

/** What differs from the table "What a guest sees" of pv-time; empty where all is as it says. */
export function deviations(
  row: RowSpec,
  native: CounterMeasure,
  pv: CounterMeasure | null,
  trap: TrapMeasure,
  scaleErrorPpb: number,
): string[] {
  const wrong: string[] = [];
  const ratio = rateAfter(row) / row.fromHz;
  if (Math.abs(native.rateRatio / ratio - 1) > 1e-4) wrong.push(`native rate x${native.rateRatio}, not x${ratio}`);
  const jumps = row.strategy === 'lpt' && ratio !== 1;
  const stepped = Math.abs(native.stepNs) > native.stepBoundNs;
  if (jumps !== stepped) wrong.push(`native counter ${stepped ? 'stepped' : 'did not step'} (${native.stepNs} ns)`);
  if (jumps && native.stepNs > 0 !== ratio > 1) wrong.push('native counter stepped the wrong way');
  if (native.backwardSteps > 0 !== (jumps && ratio < 1)) wrong.push(`${native.backwardSteps} native steps back`);
  if (hasPv(row) !== (pv !== null)) wrong.push(pv ? 'a PV counter that nobody offered' : 'no PV counter');
  if (row.strategy === 'trap' ? trap.exits < trap.reads : trap.exits > 0) {
    wrong.push(`${trap.exits} exits for ${trap.reads} reads`);
  }
  if (keepsRate(row) && Math.abs(native.rateErrorPpb - scaleErrorPpb) > native.rateBoundPpb) {
    wrong.push(`native rate off by ${native.rateErrorPpb} ppb, not ${scaleErrorPpb}`);
  }
  if (pv) {
    if (Math.abs(pv.stepNs) > pv.stepBoundNs) wrong.push(`PV counter stepped ${pv.stepNs} ns`);
    if (pv.backwardSteps) wrong.push(`${pv.backwardSteps} PV steps back`);
    if (Math.abs(pv.rateErrorPpb) > pv.rateBoundPpb) wrong.push(`PV rate off by ${pv.rateErrorPpb} ppb`);
  }
  return wrong;
}
