/** The demo's report: one HTML file that needs nothing else. */
import { PS_PER_SECOND, type Ps } from '../../arch/timer/time.js';
import { formatFrequency } from '../../host/time-spec.js';
import { plot, type Series } from './plot.js';
import { describeNative, describePv, hostsOf } from './rows.js';
import type { ClockResult, StealResult, TicksResult } from './run.js';

export interface DemoResult {
  readonly clock: readonly ClockResult[];
  readonly steal: StealResult;
  readonly ticks: readonly TicksResult[];
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
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
      `<td>${r.row.strategy}</td><td>${escaped(describeNative(r.native, pausedNs(r)))}</td>` +
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

const table = (heads: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll"><table><thead><tr>${heads.map((h) => `<th>${h}</th>`).join('')}</tr></thead>` +
  `<tbody>${rows.join('')}</tbody></table></div>`;

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
    `<section id="row${index}"><h3>${escaped(title)}</h3>${plot(series, band, escaped(title))}` +
    `<p class="legend">${legend} <span class="truth">true time</span> <span class="band">migration</span></p>` +
    `<table>${numbers.map(([k, v]) => `<tr><td>${k}</td><td class="n">${v}</td></tr>`).join('')}</table></section>`
  );
}

const STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1b1f24; --soft: #6b7280; --grid: #e5e7eb; --native: #c2410c;
  --pv: #1d4ed8; --band: #facc1566; --good: #15803d; --bad: #b91c1c; --card: #f8fafc; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f141a; --fg: #e6e9ee; --soft: #9aa4b2; --grid: #2a323c;
  --native: #fb923c; --pv: #60a5fa; --band: #facc1540; --good: #4ade80; --bad: #f87171; --card: #161c24; } }
body { background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1080px;
  padding: 16px; }
h1 { font-size: 1.4rem; margin: .2em 0; } h2 { font-size: 1.1rem; margin: 1.6em 0 .4em; } h3 { font-size: 1rem; margin: 0 0 .4em; }
.lead { font-size: 1.1rem; } .good { color: var(--good); } .bad { color: var(--bad); } a { color: inherit; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .92rem; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
td.n { font-variant-numeric: tabular-nums; text-align: right; }
.grid-2 { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
section { background: var(--card); border-radius: 8px; padding: 12px; } svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font-size: 11px; } svg .grid { stroke: var(--grid); }
svg .truth { stroke: var(--soft); stroke-dasharray: 4 4; } svg polyline { fill: none; stroke-width: 2; }
svg .native { stroke: var(--native); } svg .pv { stroke: var(--pv); stroke-dasharray: 7 3; } svg .band { fill: var(--band); }
.legend span { margin-right: 1em; } .legend span::before { content: ''; display: inline-block; width: 1.2em; height: .2em;
  margin-right: .4em; vertical-align: middle; background: currentColor; } .legend .native { color: var(--native); }
.legend .pv { color: var(--pv); } .legend .truth { color: var(--soft); } .legend .band::before { height: .9em; background: var(--band); }
`;

/** The whole page. */
export function demoPage(d: DemoResult): string {
  const good = asExpected(d);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chronovisor demo</title><style>${STYLE}</style></head><body>
<h1>Chronovisor demo</h1>
<p class="lead ${good ? 'good' : 'bad'}">${
    good
      ? 'Every guest saw of time what the theory says that it sees.'
      : 'Some guests saw something else than the theory says.'
  }</p>
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
<div class="grid-2">${d.clock.map(picture).join('\n')}</div>
</body></html>
`;
}
