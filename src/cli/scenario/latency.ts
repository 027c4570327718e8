/**
 * The table of runs whose guest measured interrupt latency (guests/latency): what each vGIC policy costs in kicks and exits,
 * how late a neighbour's interrupts are, and how many of the guest's accesses gave what the architecture does not.
 */
import { formatPolicies, resolvePolicies } from '../../hypervisor/vgic/index.js';
import type { RunPlan } from '../../verify/scenario/index.js';
import type { RunResult } from './messages.js';

const LATENCY = /^LATENCY samples (\d+) min (\d+) median (\d+) p99 (\d+) max (\d+) ns/m;
const ACCESSES = /^ACCESSES (\d+) wrong (\d+) aborted (\d+)/m;

const HEADS = [
  'policies',
  'kicks',
  'maintenance',
  'exits',
  'samples',
  'min',
  'median',
  'p99',
  'max ns',
  'wrong',
  'aborted',
];

/** What differs from the default policies, as `--gic` takes it. */
function policiesOf({ listRegisters, gic }: RunPlan['machine']['config']): string {
  const defaults = formatPolicies(resolvePolicies(4, {})).split(',');
  const own = formatPolicies(resolvePolicies(listRegisters, gic ?? {})).split(',');
  return own.filter((part) => !defaults.includes(part)).join(',') || 'default';
}

function rowOf(plan: RunPlan, result: RunResult): string[] | null {
  if (result.kind !== 'done') return null;
  const { console, exits } = result.outcome;
  const latency = LATENCY.exec(console);
  const accesses = ACCESSES.exec(console);
  if (!latency || !accesses) return null;
  // An EOI is the hardware's: no exit.
  const all = Object.entries(exits).reduce((sum, [kind, n]) => (kind === 'eoi' ? sum : sum + n), 0);
  const counts = [exits.kick, exits.maintenance, all].map(String);
  const wrong = `${accesses[2]} of ${accesses[1]}`;
  return [`${plan.name}: ${policiesOf(plan.machine.config)}`, ...counts, ...latency.slice(1), wrong, accesses[3]!];
}

/** Empty where no guest measured. */
export function latencyTable(plans: readonly RunPlan[], results: readonly RunResult[]): string[] {
  const rows = plans.flatMap((plan, i) => {
    const row = rowOf(plan, results[i]!);
    return row ? [row] : [];
  });
  if (rows.length === 0) return [];
  const widths = HEADS.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return ['', line(HEADS), ...rows.map(line)];
}
