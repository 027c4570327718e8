/** The report of a suite: an overview page, and a page for each run that was made. */
import { formatDuration } from '../../../host/time-spec.js';
import { escaped, page, table } from '../../html.js';
import { describeDifference } from '../expect.js';
import type { RunPlan } from '../parse.js';
import type { RunOutcome } from '../run.js';
import { runPage } from './run-page.js';
import { STYLE } from './style.js';

/** One run: its outcome, or why there is none. */
export interface ReportedRun {
  readonly plan: RunPlan;
  readonly outcome: RunOutcome | null;
  /** Why there is no outcome, and whether that is a failure. */
  readonly reason: string;
  readonly failed: boolean;
}

export interface ReportFile {
  readonly name: string;
  readonly html: string;
}

const OVERVIEW = 'index.html';

/** What a run's files are called, without their suffix. @param index of the run in its suite, from 0 */
export function fileStem(plan: RunPlan, index: number): string {
  const words = plan.title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return `${String(index + 1).padStart(3, '0')}-${words.join('-').slice(0, 60)}`;
}

function row({ plan, outcome, reason, failed }: ReportedRun, name: string): string {
  const title = outcome ? `<a href="${name}">${escaped(plan.title)}</a>` : escaped(plan.title);
  const cells = (verdict: string, style: string, end: string, time: string, seen: string): string =>
    `<tr><td class="title">${title}</td><td class="${style}">${verdict}</td><td>${end}</td><td class="n">${time}</td><td class="words">${seen}</td></tr>`;
  if (!outcome) return cells(failed ? 'failed' : 'skipped', failed ? 'bad' : 'soft', '', '', escaped(reason));
  const { differences, status, code, hostTime, verdicts } = outcome;
  const end = status === 'exit' ? `exit ${code}` : status;
  const seen = differences.length
    ? differences.map((d) => escaped(describeDifference(d))).join('<br>')
    : escaped(
        verdicts
          .filter((v) => v.status === 'fail')
          .map((v) => v.name)
          .join(', '),
      );
  const time = formatDuration((hostTime / 1_000_000n) * 1_000_000n);
  return cells(differences.length ? 'differs' : 'as expected', differences.length ? 'bad' : 'good', end, time, seen);
}

function overview(runs: readonly ReportedRun[], names: readonly string[], summary: string): string {
  const good = runs.every((r) => !r.failed && !r.outcome?.differences.length);
  const files = [...new Set(runs.map((r) => r.plan.file))];
  const tables = files.map((file) => {
    const rows = runs.flatMap((r, i) => (r.plan.file === file ? [row(r, names[i]!)] : []));
    const heads = ['run', 'verdict', 'end', 'host time', 'differences, or verdicts that fail as expected'];
    return `<h2>${escaped(file)}</h2>${table(heads, rows)}`;
  });
  return page(
    'Chronovisor scenarios',
    `<p class="lead ${good ? 'good' : 'bad'}">${escaped(summary)}</p>\n${tables.join('\n')}`,
    STYLE,
  );
}

/** @param summary one sentence for the top */
export function reportFiles(runs: readonly ReportedRun[], summary: string): ReportFile[] {
  const names = runs.map(({ plan }, i) => `${fileStem(plan, i)}.html`);
  const pages = runs.flatMap(({ plan, outcome }, i) =>
    outcome ? [{ name: names[i]!, html: runPage(plan, outcome, OVERVIEW) }] : [],
  );
  return [{ name: OVERVIEW, html: overview(runs, names, summary) }, ...pages];
}
