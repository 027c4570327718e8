/** The time line of each migration: the guest on its source, stopped, on its destination, and its counters at both ends. */
import { formatDuration, formatFrequency } from '../../../host/time-spec.js';
import type { MigrationRecord } from '../../../migration/migrate.js';
import { escaped, table } from '../../html.js';
import { at, scale, svg, timeAxis } from './svg.js';

const PICTURES = 6;
const TOP = 18;
const ROW = 34;
const BAR = 22;

const seconds = (ps: bigint): number => Number(ps) / 1e12;

function timeLine(m: MigrationRecord, index: number): string {
  const [stop, resume] = [seconds(m.stop), seconds(m.resume)];
  // As much of both sides as of the stop, so that its ends are seen; a migration without a stop gets 1 us.
  const margin = Math.max(resume - stop, 1e-6) * 0.75;
  const [from, to] = [stop - margin, resume + margin];
  const x = scale(-margin, resume - stop + margin);
  const bar = (row: number, start: number, end: number, kind: string, label: string): string => {
    const y = TOP + row * ROW;
    const [x0, x1] = [x(start - stop), x(end - stop)];
    return (
      `<rect class="${kind}" x="${at(x0)}" y="${y}" width="${at(x1 - x0)}" height="${BAR}"/>` +
      `<text class="on" x="${at((x0 + x1) / 2)}" y="${y + 15}" text-anchor="middle">${label}</text>`
    );
  };
  const bottom = TOP + 2 * ROW;
  const bars =
    bar(0, from, stop, 'running', escaped(m.from.name)) +
    bar(1, resume, to, 'running', escaped(m.to.name)) +
    (resume > stop ? bar(0, stop, resume, 'paused', '') + bar(1, stop, resume, 'paused', '') : '') +
    `<text x="${at(x((resume - stop) / 2))}" y="${TOP - 6}" text-anchor="middle">stopped ${formatDuration(m.resume - m.stop)}</text>`;
  const axis = timeAxis(-margin, resume - stop + margin, TOP, bottom, 'host time from the stop');
  return `<div><h4>${index + 1}: at ${formatDuration(m.stop)}</h4>${svg(bottom + 36, `migration ${index + 1}`, axis + bars)}</div>`;
}

export function migrationsPicture(migrations: readonly MigrationRecord[]): string {
  if (!migrations.length) return '';
  const rows = migrations.slice(0, 200).map((m, i) => {
    const rate = `${formatFrequency(m.from.freqHz)} -> ${formatFrequency(m.to.freqHz)}`;
    const pv = m.pvBefore === null ? '' : `${m.pvBefore} -> ${m.pvAfter}`;
    return (
      `<tr><td class="n">${i + 1}</td><td class="n">${formatDuration(m.stop)}</td><td>${rate}</td><td>${m.strategy}</td>` +
      `<td class="n">${formatDuration(m.resume - m.stop)}</td><td class="n">${formatDuration(m.hidden)}</td>` +
      `<td class="n">${formatDuration(m.stolen)}</td><td class="n">${m.virtualBefore} -> ${m.virtualAfter}</td>` +
      `<td class="n">${pv}</td></tr>`
    );
  });
  const heads = ['', 'at', 'counter', 'strategy', 'stopped for', 'left out of guest time', 'told as stolen'];
  const more = migrations.length > rows.length ? `<p>${migrations.length - rows.length} more are in the JSON.</p>` : '';
  const pictures = migrations.slice(0, PICTURES).map(timeLine).join('');
  return (
    `<section class="wide"><h3>Migrations</h3><div class="grid-2">${pictures}</div>` +
    `${table([...heads, 'virtual counter', 'PV counter'], rows)}${more}</section>`
  );
}
