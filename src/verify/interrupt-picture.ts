/** The time line of interrupts, which zooms: by buttons, and by drawing over the stretch to look at. */
import { PPI } from '../machine/virt.js';
import { table } from './html.js';
import type { Interrupts, Lane } from './interrupt-marks.js';
import { LEFT, RIGHT, unitOf, WIDTH } from './scenario/report/svg.js';

const ROW = 18;
const MARK = 13;
/** Units across the whole run, for the picture's inner coordinates. */
const UNITS = 1_000_000;
/** Of the run that is shown at the least: browsers draw in 24 bits. */
const NEAREST = UNITS / 4096;

const NAMES: Readonly<Record<number, string>> = {
  [PPI.virtualTimer]: 'virtual timer',
  [PPI.physicalTimer]: 'physical timer',
};

function nameOf(intid: number): string {
  if (intid < 16) return `SGI ${intid}`;
  if (NAMES[intid]) return NAMES[intid];
  if (intid < 32) return `PPI ${intid}`;
  return intid < 1020 ? `SPI ${intid}` : `LPI ${intid}`;
}

/** @param shown seconds across, which the unit goes by */
function instant(seconds: number, shown: number): string {
  const unit = unitOf(shown);
  return `${Number((seconds * unit.per).toFixed(2))} ${unit.name}`;
}

function row({ marks }: Lane, i: number, end: number): string {
  const path = marks.map((ns) => `M${Number(((ns / 1e9 / end) * UNITS).toFixed(2))} ${i * ROW + 2}v${MARK}`);
  return `<path d="${path.join('')}"/>`;
}

function picture(lanes: readonly Lane[], end: number): string {
  const height = lanes.length * ROW;
  // LPIs have four digits.
  const left = LEFT + (lanes.some(({ intid }) => intid >= 1000) ? 16 : 0);
  const width = WIDTH - left - RIGHT;
  const names = lanes.map(
    ({ vcpu, intid }, i) => `<text x="${left - 5}" y="${i * ROW + 13}" text-anchor="end">${vcpu}: ${intid}</text>`,
  );
  const labels = ['start', 'middle', 'end'].map(
    (anchor, i) =>
      `<text class="when" x="${left + (i * width) / 2}" y="${height + 16}" text-anchor="${anchor}">${instant((end * i) / 2, end)}</text>`,
  );
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height + 24}" role="img" aria-label="interrupts by vCPU and INTID">${names.join('')}` +
    `<rect class="frame" x="${left}" y="0" width="${width}" height="${height}"/>` +
    `<svg class="marks" x="${left}" y="0" width="${width}" height="${height}" viewBox="0 0 ${UNITS} ${height}" ` +
    `preserveAspectRatio="none"><rect class="touch" width="${UNITS}" height="${height}"/>` +
    `${lanes.map((lane, i) => row(lane, i, end)).join('')}<rect class="choice" height="${height}"/></svg>${labels.join('')}</svg>`
  );
}

const STYLE = `<style>.zoom button { font: inherit; padding: .2em .8em; margin: 0 .3em .4em 0; color: inherit; background: none;
  border: 1px solid var(--soft); border-radius: 6px; } .zoom > svg { max-width: 720px; } .zoom .marks { overflow: hidden; touch-action: pan-y; cursor: crosshair; }
.zoom path { stroke: var(--pv); stroke-width: 1.2px; vector-effect: non-scaling-stroke; fill: none; }
.zoom .frame { fill: none; stroke: var(--grid); } .zoom .touch { fill: transparent; } .zoom .choice { fill: var(--band); }</style>`;

/** Works on the inner viewBox alone; without it the picture is the whole run. The inner picture's own box grows as it zooms. */
const script = (end: number): string => `<script>(() => {
const box = document.querySelector('.zoom'), marks = box.querySelector('.marks'), choice = box.querySelector('.choice');
const when = [...box.querySelectorAll('.when')], height = marks.viewBox.baseVal.height;
let from = 0, span = ${UNITS};
const show = () => {
  span = Math.min(Math.max(span, ${NEAREST}), ${UNITS}); from = Math.min(Math.max(from, 0), ${UNITS} - span);
  marks.setAttribute('viewBox', from + ' 0 ' + span + ' ' + height);
  const across = ${end} * span / ${UNITS};
  const [name, per] = across >= 1 ? ['s', 1] : across >= 1e-3 ? ['ms', 1e3] : across >= 1e-6 ? ['us', 1e6] : ['ns', 1e9];
  when.forEach((t, i) => { t.textContent = +(${end} * (from + span * i / 2) / ${UNITS} * per).toFixed(2) + ' ' + name; });
};
const zoom = (by) => { from += span * (1 - by) / 2; span *= by; show(); };
const acts = { in: () => zoom(.5), out: () => zoom(2), back: () => { from -= span / 2; show(); },
  on: () => { from += span / 2; show(); }, all: () => { span = ${UNITS}; show(); } };
box.addEventListener('click', (e) => acts[e.target.dataset && e.target.dataset.act]?.());
const at = (e) => { const r = box.querySelector('.frame').getBoundingClientRect(); return from + span * Math.min(Math.max((e.clientX - r.left) / r.width, 0), 1); };
let began = null;
marks.addEventListener('pointerdown', (e) => { began = at(e); marks.setPointerCapture(e.pointerId); });
marks.addEventListener('pointermove', (e) => { if (began === null) return;
  choice.setAttribute('x', Math.min(began, at(e))); choice.setAttribute('width', Math.abs(at(e) - began)); });
const end = (e) => { if (began === null) return; const a = Math.min(began, at(e)), b = Math.max(began, at(e)); began = null;
  choice.setAttribute('width', 0); if (e.type === 'pointerup' && b - a > span / 50) { from = a; span = b - a; show(); } };
marks.addEventListener('pointerup', end); marks.addEventListener('pointercancel', end);
})();</script>`;

const BUTTONS = [
  ['in', 'Zoom in'],
  ['out', 'Zoom out'],
  ['back', 'Earlier'],
  ['on', 'Later'],
  ['all', 'All'],
];

/** @param end host time at the end of the run, seconds; no section where no interrupt came */
export function interruptPicture({ lanes, left }: Interrupts, end: number): string {
  if (!lanes.length || end <= 0) return '';
  const rows = lanes.map(({ vcpu, intid, count, first, last, every }) => {
    const shown = every === 1 ? 'all' : `1 of ${every}`;
    const [a, b] = [first, last].map((ns) => `<td class="n">${instant(ns / 1e9, ns / 1e9)}</td>`);
    return `<tr><td>${vcpu}</td><td>${intid}</td><td>${nameOf(intid)}</td><td class="n">${count}</td>${a}${b}<td>${shown}</td></tr>`;
  });
  const thinned = lanes.some((l) => l.every > 1)
    ? ' Of frequent ones not every mark is drawn: the table says how many.'
    : '';
  const more = left ? ` ${left} interrupts of INTIDs beyond the first ${lanes.length} lanes are left out.` : '';
  const buttons = BUTTONS.map(([act, text]) => `<button type="button" data-act="${act}">${text}</button>`);
  return (
    `<section class="zoom"><h3>Interrupts</h3>${STYLE}<p class="soft">A mark for each acknowledge, a row for each vCPU and INTID. ` +
    `Draw over a stretch to look closer.${thinned}${more}</p><div>${buttons.join('')}</div>${picture(lanes, end)}` +
    `${table(['vCPU', 'INTID', 'what', 'times', 'first', 'last', 'marks'], rows)}${script(end)}</section>`
  );
}
