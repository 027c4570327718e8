/** The demo's report: one HTML file that needs nothing else. */
import { PS_PER_SECOND, type Ps } from '../../arch/timer/time.js';
import { formatFrequency } from '../../host/time-spec.js';
import { escaped, page, table } from '../html.js';
import { plot, type Series } from '../plot.js';
import { describeNative, describePv, hostsOf } from './rows.js';
import type { ClockResult, StealResult, TicksResult } from './run.js';

export interface DemoResult {
  readonly clock: readonly ClockResult[];
  readonly steal: StealResult;
  readonly ticks: readonly TicksResult[];
}

const seconds = (t: Ps): number => Number(t) / Number(PS_PER_SECOND);
const pausedNs = (r: ClockResult): number => Number((r.migration.resume - r.migration.stop) / 1000n);

/** Whether everything came out as the table of pv-time says. */
export const asExpected = (d: DemoResult): boolean =>
  [...d.clock, d.steal, ...d.ticks].every((r) => r.deviations.length === 0);

const verdictCell = (deviations: readonly string[]): string =>
  deviations.length
    ? `<td class="bad">differs: ${deviations.map(escaped).join('; ')}</td>`
    : '<td class="good">as expected</td>';

function clockTable(d: DemoResult): string {
  const rows = d.clock.map(
    (r, i) =>
      `<tr><td><a href="#row${i}">${escaped(hostsOf(r.row))}</a></td><td>${r.row.aware ? 'aware' : 'unaware'}</td>` +
      `<td>${r.row.strategy}</td><td>${escaped(describeNative(r.row, r.native, pausedNs(r), r.trap))}</td>` +
      `<td>${r.pv ? escaped(describePv(r.pv)) : '-'}</td>${verdictCell(r.deviations)}</tr>`,
  );
  return table(['hosts', 'guest', 'strategy', 'native counter', 'PV counter', 'verdict'], rows);
}

function ticksTable(d: DemoResult): string {
  const rows = d.ticks.map(
    (t) =>
      `<tr><td>${formatFrequency(t.fromHz)} -> ${formatFrequency(t.toHz)}</td><td>${t.strategy}</td>` +
      `<td>${escaped(t.earlyText)}</td>${verdictCell(t.deviations)}</tr>`,
  );
  return table(['hosts', 'strategy', 'interrupts early by true time', 'verdict'], rows);
}

function stealTable({ steal }: DemoResult): string {
  const rows = steal.stolenNs.map(
    (ns, v) => `<tr><td>${v}</td><td class="n">${ns}</td><td class="n">${steal.reportedNs[v]}</td></tr>`,
  );
  return table(['vCPU', 'stolen by the host, ns', 'read by the guest, ns'], rows);
}

function picture(r: ClockResult, index: number): string {
  const [first] = r.samples;
  if (!first) return '';
  const origin = seconds(first.time);
  const guest = (value: bigint, start: bigint, hz: number): number => origin + Number(value - start) / hz;
  const series: Series[] = [
    {
      name: 'native counter',
      style: 'native',
      points: r.samples.map((s) => [seconds(s.time), guest(s.native, first.native, r.row.fromHz)]),
    },
  ];
  if (r.pv) {
    series.push({
      name: 'PV counter',
      style: 'pv',
      points: r.samples.map((s) => [seconds(s.time), guest(s.pv!, first.pv!, 100_000_000)]),
    });
  }
  const title = `${hostsOf(r.row)}, guest ${r.row.aware ? 'aware' : 'unaware'}, ${r.row.strategy}`;
  const band = [seconds(r.migration.stop), seconds(r.migration.resume)] as const;
  const legend = series.map((s) => `<span class="${s.style}">${s.name}</span>`).join(' ');
  const numbers = [
    ['step of the native counter', `${r.native.stepNs.toFixed(1)} ns (+-${r.native.stepBoundNs.toFixed(1)})`],
    ['rate of the native counter', `x${r.native.rateRatio.toFixed(9)}`],
    ...(r.trap.exits
      ? [['reads, exits for them, their time', `${r.trap.reads}, ${r.trap.exits}, ${r.trap.costNs} ns`]]
      : []),
    ['steps back of the native counter', `${r.native.backwardSteps}`],
    ...(r.pv
      ? [
          ['step of the PV counter', `${r.pv.stepNs.toFixed(1)} ns (+-${r.pv.stepBoundNs.toFixed(1)})`],
          ['rate error of the PV counter', `${r.pv.rateErrorPpb.toFixed(1)} ppb (+-${r.pv.rateBoundPpb.toFixed(1)})`],
        ]
      : []),
    ['virtual counter at the stop, at the resume', `${r.migration.virtualBefore}, ${r.migration.virtualAfter}`],
    ['stopped for', `${pausedNs(r)} ns at ${(seconds(r.migration.stop) * 1e3).toFixed(3)} ms`],
  ];
  return (
    `<section id="row${index}"><h3>${escaped(title)}</h3>${plot(series, [band], escaped(title))}` +
    `<p class="legend">${legend} <span class="truth">true time</span> <span class="band">migration</span></p>` +
    `<table>${numbers.map(([k, v]) => `<tr><td>${k}</td><td class="n">${v}</td></tr>`).join('')}</table></section>`
  );
}

/** The whole page. */
export function demoPage(d: DemoResult): string {
  const good = asExpected(d);
  const lead = good
    ? 'Every guest saw of time what the theory says that it sees.'
    : 'Some guests saw something else than the theory says.';
  return page(
    'Chronovisor demo',
    `<p class="lead ${good ? 'good' : 'bad'}">${lead}</p>
<h2>What the guest saw of time across the migration</h2>
${clockTable(d)}
<h2>Timers across the migration</h2>
<p>The guest arms its timers for the frequency that it read at boot.</p>
${ticksTable(d)}
<h2>Stolen time</h2>
${stealTable(d)}
<h2>Guest time against true time</h2>
<p>A straight line is good; a kink is a rate that changed, a step is time that was lost or invented. Guest time is what a guest
computes with the frequency that it read at boot. The yellow band is the migration.</p>
<div class="grid-2">${d.clock.map(picture).join('\n')}</div>`,
  );
}
