/** The page of one run: what was expected, what came, and pictures of the guest's time. */
import { formatDuration } from '../../../host/time-spec.js';
import { escaped, page, table } from '../../html.js';
import { interruptPicture } from '../../interrupt-picture.js';
import { plot } from '../../plot.js';
import type { Verdict } from '../../verdict.js';
import { describeDifference } from '../expect.js';
import type { RunPlan } from '../parse.js';
import type { RunOutcome } from '../run.js';
import { bandsPicture } from './bands.js';
import { latenessPicture } from './lateness.js';
import { migrationsPicture } from './migrations.js';
import { STYLE } from './style.js';

const CONSOLE_LINES = 200;

function verdictTable(verdicts: readonly Verdict[], plan: RunPlan): string {
  const rows = verdicts.map((v) => {
    const place = v.first ? `${v.first.timeNs} ns, vCPU ${v.first.vcpu}, pc ${v.first.pc}` : '';
    const wanted = plan.expect.fails.some((f) => f.name === v.name) ? 'fail' : 'pass';
    const expected = v.status === wanted || (v.status !== 'fail' && wanted === 'pass');
    const shown = v.status === 'fail' ? (expected ? 'FAIL, as expected' : 'FAIL') : v.status;
    const absent = v.status === 'not-applicable';
    const style = expected ? (absent ? 'soft' : 'good') : 'bad';
    const value = absent ? '' : `${v.value} ${escaped(v.unit)}`;
    return (
      `<tr><td>${escaped(v.name)}</td><td class="${style}">${shown}</td>` +
      `<td class="words">${escaped(v.text)}</td><td class="n">${value}</td><td>${place}</td></tr>`
    );
  });
  return `<h2>Verdicts</h2>${table(['check', 'verdict', 'in words', 'value', 'first seen'], rows)}`;
}

function guestTime({ pictures, migrations }: RunOutcome): string {
  if (pictures.samples.length < 2) return '';
  const bands = migrations.map((m): [number, number] => [Number(m.stop) / 1e12, Number(m.resume) / 1e12]);
  const series = [{ name: 'virtual counter', style: 'native' as const, points: pictures.samples }];
  return (
    `<section><h3>Guest time against true time</h3>${plot(series, bands, 'guest time against true time')}` +
    '<p class="legend"><span class="native">virtual counter by its first frequency</span> ' +
    '<span class="truth">true time</span> <span class="band">migration</span></p></section>'
  );
}

function consoleTail(text: string): string {
  const lines = text.replaceAll('\r', '').trimEnd().split('\n');
  const tail = lines.slice(-CONSOLE_LINES).map((line) => escaped(line.slice(0, 400)));
  const lead = lines.length > tail.length ? `the last ${tail.length} of ${lines.length} lines` : 'all lines';
  return `<details><summary>Console, ${lead}</summary><pre>${tail.join('\n')}</pre></details>`;
}

const settings = (plan: RunPlan): string => {
  const { config, spec, engine, seed } = plan.machine;
  const of = plan.caseId ? `case ${escaped(plan.caseId)} · ` : '';
  const fault = plan.fault ? ` · fault ${escaped(plan.fault)}` : '';
  return (
    `${of}${escaped(plan.file)}:${plan.line} · ${escaped(plan.images.image)} · ${escaped(config.cpu)}, ` +
    `${config.vcpus} vCPU${config.vcpus > 1 ? 's' : ''} · host ${escaped(spec.name)} · ${engine}, seed ${seed}${fault}`
  );
};

/** @param index link back to the overview */
export function runPage(plan: RunPlan, outcome: RunOutcome, index: string): string {
  const { differences, status, code, hostTime, stateHash, pictures } = outcome;
  const seconds = Number(hostTime) / 1e12;
  const lead = differences.length ? 'This run is not as expected.' : 'This run is as expected.';
  const list = differences.map((d) => `<li>${escaped(describeDifference(d))}</li>`).join('');
  const end = status === 'exit' ? `exit with code ${code}` : status;
  return page(
    plan.title,
    `<p><a href="${index}">all runs</a></p>
<p class="lead ${differences.length ? 'bad' : 'good'}">${lead}</p>${list && `<ul class="bad">${list}</ul>`}
<p class="soft">${settings(plan)}</p>
<p>Ended with ${end} after ${formatDuration(hostTime)} of host time. State hash <code>${stateHash}</code></p>
${verdictTable(outcome.verdicts, plan)}
<h2>Pictures</h2>
<div class="grid-2">${guestTime(outcome)}${latenessPicture(pictures.lateness)}${bandsPicture(pictures.bands, pictures.accounts, seconds)}</div>
${interruptPicture(pictures.interrupts, seconds)}
${migrationsPicture(outcome.migrations)}
${consoleTail(outcome.console)}`,
    STYLE,
  );
}
