/** The table of a suite's runs as text. */
import { formatDuration } from '../../host/time-spec.js';
import { describeDifference, type RunPlan } from '../../verify/scenario/index.js';
import type { RunResult } from './messages.js';
import { verdictOf } from './verdict.js';

export type Paint = (code: number, text: string) => string;

const COLOURS = { 'as expected': 32, differs: 31, failed: 31, skipped: 33 } as const;

/** Host time to the microsecond: a table is read, the JSON has the rest. */
const rounded = (hostTime: bigint): string => formatDuration((hostTime / 1_000_000n) * 1_000_000n);

function ended(result: RunResult): [status: string, time: string] {
  if (result.kind !== 'done') return ['-', '-'];
  const { status, code, hostTime } = result.outcome;
  return [status === 'exit' ? `exit ${code}` : status, rounded(hostTime)];
}

/** The verdicts that failed as they should: what the run was there to show. */
const seen = (result: RunResult): string => {
  if (result.kind !== 'done') return '';
  const failed = result.outcome.verdicts.filter((v) => v.status === 'fail').map((v) => v.name);
  return failed.length ? `, ${failed.join(' and ')} FAIL` : '';
};

/** One line a run, and below a run that is not as expected one for each difference. */
export function tableOf(plans: readonly RunPlan[], results: readonly RunResult[], paint: Paint): string[] {
  const rows = plans.map((plan, i) => [plan.title, ...ended(results[i]!)]);
  const heads = ['scenario', 'end', 'host time'];
  const widths = heads.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]!.length)));
  const line = (cells: readonly string[]): string => cells.map((c, i) => c.padEnd(widths[i]!)).join('   ');
  const lines = [`${line(heads)}   verdict`];
  for (const [i, plan] of plans.entries()) {
    const result = results[i]!;
    const verdict = verdictOf(result);
    const note = verdict === 'as expected' ? seen(result) : result.kind === 'skipped' ? `: ${result.text}` : '';
    lines.push(`${line(rows[i]!)}   ${paint(COLOURS[verdict], verdict)}${note}`);
    const where = `${plan.file}:${plan.line}`;
    if (result.kind === 'failed') lines.push(`    ${where}: ${result.text}`);
    if (result.kind !== 'done') continue;
    for (const difference of result.outcome.differences) lines.push(`    ${where}: ${describeDifference(difference)}`);
  }
  return lines;
}

/** '12 runs: 11 as expected, 1 skipped'. */
export function summaryOf(results: readonly RunResult[]): string {
  const counts = (['as expected', 'differs', 'failed', 'skipped'] as const)
    .map((verdict) => [results.filter((r) => verdictOf(r) === verdict).length, verdict] as const)
    .filter(([n]) => n)
    .map(([n, verdict]) => `${n} ${verdict === 'differs' && n > 1 ? 'differ' : verdict}`);
  return `${results.length} run${results.length === 1 ? '' : 's'}: ${counts.join(', ')}`;
}
