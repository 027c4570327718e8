/** The report of one run: verdicts, migrations, and a picture of the guest's time against true time. */
import { PS_PER_SECOND, type Ps } from '../arch/timer/time.js';
import type { VcpuAccount } from '../host/host.js';
import { formatDuration, formatFrequency } from '../host/time-spec.js';
import type { MigrationRecord } from '../migration/migrate.js';
import { escaped, page, table } from './html.js';
import type { Interrupts } from './interrupt-marks.js';
import { interruptPicture } from './interrupt-picture.js';
import { plot } from './plot.js';
import type { CounterSample } from './samples.js';
import type { Bands } from './scenario/bands.js';
import { bandsPicture } from './scenario/report/bands.js';
import { latenessPicture } from './scenario/report/lateness.js';
import { STYLE } from './scenario/report/style.js';
import type { Verdict } from './verdict.js';

export interface RunReport {
  readonly image: string;
  readonly status: string;
  readonly verdicts: readonly Verdict[];
  readonly migrations: readonly MigrationRecord[];
  readonly samples: readonly CounterSample[];
  /** Frequency that the guest began with, Hz. */
  readonly firstHz: number;
  readonly accounts: readonly Readonly<VcpuAccount>[];
  readonly hostTime: Ps;
  readonly bands: Bands;
  readonly interrupts: Interrupts;
  /** [n] counts timer interrupts late by less than 2^n ns and not by less than 2^(n-1). */
  readonly lateness: readonly number[];
  /** Misbehaviours that were asked for. */
  readonly faults: readonly string[];
}

const seconds = (t: Ps): number => Number(t) / Number(PS_PER_SECOND);

const STATUS = {
  pass: '<td class="good">pass</td>',
  fail: '<td class="bad">FAIL</td>',
  'not-applicable': '<td>-</td>',
};

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((v) => {
    const place = v.first ? `${v.first.timeNs} ns, vCPU ${v.first.vcpu}, pc ${v.first.pc}` : '';
    const judged = v.status !== 'not-applicable';
    const status = STATUS[v.status];
    return (
      `<tr><td>${v.name}</td>${status}<td class="words">${escaped(v.text)}</td><td>${place}</td>` +
      `<td class="n">${judged ? `${v.value} ${escaped(v.unit)}` : ''}</td><td class="n">${judged ? (v.bound ?? '') : ''}</td></tr>`
    );
  });
  return table(['check', 'verdict', 'in words', 'first seen', 'value', 'bound'], rows);
}

function migrationTable(migrations: readonly MigrationRecord[]): string {
  const rows = migrations.map(
    (m) =>
      `<tr><td class="n">${formatDuration(m.stop)}</td><td>${formatFrequency(m.from.freqHz)}</td>` +
      `<td>${formatFrequency(m.to.freqHz)}</td><td>${m.strategy}</td><td class="n">${formatDuration(m.resume - m.stop)}</td>` +
      `<td class="n">${m.virtualBefore}</td><td class="n">${m.virtualAfter}</td></tr>`,
  );
  const heads = ['at', 'from', 'to', 'strategy', 'stopped for', 'virtual counter before', 'after'];
  return rows.length ? `<h2>Migrations</h2>${table(heads, rows)}` : '';
}

function picture({ samples, migrations, firstHz }: RunReport): string {
  const [first] = samples;
  if (samples.length < 2 || !first) return '';
  const origin = seconds(first.time);
  const points = samples.map((s): [number, number] => [
    seconds(s.time),
    origin + Number(s.value - first.value) / firstHz,
  ]);
  const bands = migrations.map((m): [number, number] => [seconds(m.stop), seconds(m.resume)]);
  const title = 'guest time against true time';
  return (
    `<section><h3>Guest time against true time</h3>${plot([{ name: 'virtual counter', style: 'native', points }], bands, title)}` +
    '<p class="legend"><span class="native">virtual counter by its first frequency</span> ' +
    '<span class="truth">true time</span> <span class="band">migration</span></p></section>'
  );
}

/** The whole page. */
export function runPage(report: RunReport): string {
  const failed = report.verdicts.filter((v) => v.status === 'fail');
  const lead = failed.length
    ? `This guest did not keep time: ${failed.map((v) => v.name).join(', ')}.`
    : 'This guest kept time.';
  // --verdicts off: nobody looked.
  const judged = report.verdicts.length > 0;
  return page(
    `Chronovisor: ${report.image}`,
    `<p class="lead ${judged ? (failed.length ? 'bad' : 'good') : ''}">${judged ? lead : 'Run without verdicts: nobody looked.'}</p>
<p>Ended with status ${report.status} after ${formatDuration(report.hostTime)} of host time.</p>${report.faults.length ? `\n<p>With faults on: ${report.faults.join(', ')}.</p>` : ''}
${judged ? `<h2>Verdicts</h2>${verdictTable(report.verdicts)}` : ''}
${migrationTable(report.migrations)}
<h2>Pictures</h2>
<div class="grid-2">${picture(report)}${latenessPicture(report.lateness)}${bandsPicture(report.bands, report.accounts, seconds(report.hostTime))}</div>
${interruptPicture(report.interrupts, seconds(report.hostTime))}`,
    STYLE,
  );
}
