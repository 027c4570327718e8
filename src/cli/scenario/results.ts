/** A suite's results for other programs: JSON and JUnit XML. */
import { describeDifference, type RunPlan } from '../../verify/scenario/index.js';
import type { RunResult } from './messages.js';
import { verdictOf } from './verdict.js';

export interface Suite {
  readonly plans: readonly RunPlan[];
  readonly results: readonly RunResult[];
}

function runJson(plan: RunPlan, result: RunResult): object {
  const { title, name, caseId, file, line, combination, fault } = plan;
  const common = { title, name, case: caseId, file, line, combination, fault, result: verdictOf(result) };
  if (result.kind === 'skipped') return { ...common, reason: result.text };
  if (result.kind === 'failed') return { ...common, reason: result.text, wallMs: result.wallMs };
  const { differences, status, code, stateHash, instructions, hostTime, exits, verdicts, migrations, refusals } =
    result.outcome;
  return {
    ...common,
    differences,
    status,
    code,
    stateHash,
    instructions,
    hostTimeNs: Number(hostTime / 1000n),
    exits,
    verdicts,
    migrations,
    refusals,
    wallMs: result.wallMs,
  };
}

/** All but `wallMs` is the same in every run of the suite, however many jobs. */
export function jsonOf({ plans, results }: Suite): string {
  const count = (verdict: string): number => results.filter((r) => verdictOf(r) === verdict).length;
  const summary = {
    runs: results.length,
    asExpected: count('as expected'),
    differ: count('differs'),
    failed: count('failed'),
    skipped: count('skipped'),
  };
  const runs = plans.map((plan, i) => runJson(plan, results[i]!));
  return `${JSON.stringify({ format: 1, summary, runs }, (_k, v) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`;
}

/** Text for XML 1.0: what it cannot hold becomes U+FFFD. */
const xml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)
    .replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
const wallOf = (result: RunResult): number => (result.kind === 'skipped' ? 0 : result.wallMs);

function caseXml(plan: RunPlan, result: RunResult): string {
  const open = `    <testcase classname="${xml(plan.file)}" name="${xml(plan.title)}" time="${seconds(wallOf(result))}"`;
  if (result.kind === 'skipped') return `${open}><skipped message="${xml(result.text)}"/></testcase>`;
  if (result.kind === 'failed') {
    const [message] = result.text.split('\n');
    return `${open}><error message="${xml(message!)}">${xml(result.text)}</error></testcase>`;
  }
  const { differences } = result.outcome;
  if (!differences.length) return `${open}/>`;
  const lines = differences.map(describeDifference);
  return `${open}><failure message="${xml(lines[0]!)}">${xml(lines.join('\n'))}</failure></testcase>`;
}

/** A `testsuite` for each file, a `testcase` for each run. */
export function junitOf({ plans, results }: Suite): string {
  const files = [...new Set(plans.map((p) => p.file))];
  const counts = (indices: readonly number[]): string => {
    const of = (verdict: string): number => indices.filter((i) => verdictOf(results[i]!) === verdict).length;
    const time = seconds(indices.reduce((sum, i) => sum + wallOf(results[i]!), 0));
    return (
      `tests="${indices.length}" failures="${of('differs')}" errors="${of('failed')}" ` +
      `skipped="${of('skipped')}" time="${time}"`
    );
  };
  const suites = files.map((file) => {
    const indices = plans.flatMap((p, i) => (p.file === file ? [i] : []));
    const cases = indices.map((i) => caseXml(plans[i]!, results[i]!));
    return `  <testsuite name="${xml(file)}" ${counts(indices)}>\n${cases.join('\n')}\n  </testsuite>\n`;
  });
  const all = counts(plans.map((_, i) => i)).replace(/ skipped="\d+"/, '');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="chronovisor" ${all}>\n${suites.join('')}</testsuites>\n`;
}
