/** The picture of what each vCPU did: running, stolen, paused, idle, one row a vCPU. */
import type { VcpuAccount } from '../../../host/host.js';
import { formatDuration } from '../../../host/time-spec.js';
import { table } from '../../html.js';
import { ACTIVITIES, type Bands } from '../bands.js';
import { at, LEFT, scale, svg, timeAxis } from './svg.js';

const ROW = 30;
const BAR = 24;
const TOP = 8;

/** Rectangles of one activity in one row as one path; equal neighbours are one. */
function pathOf(stretches: Bands['vcpus'][number], kind: number, width: number, y: number, x: (v: number) => number) {
  let path = '';
  let open: { from: number; top: number; height: number } | null = null;
  const close = (until: number): void => {
    if (open && open.height > 0.05) {
      path += `M${at(x(open.from))} ${at(open.top)}H${at(x(until))}v${at(open.height)}H${at(x(open.from))}z`;
    }
  };
  for (const [i, column] of stretches.entries()) {
    const whole = column.reduce((a, b) => a + b, 0) || 1;
    const below = column.slice(0, kind).reduce((a, b) => a + b, 0) / whole;
    const height = (column[kind]! / whole) * BAR;
    const top = y + BAR - below * BAR - height;
    if (open && Math.abs(open.top - top) < 0.05 && Math.abs(open.height - height) < 0.05) continue;
    close((i * width) / 1e9);
    open = { from: (i * width) / 1e9, top, height };
  }
  close((stretches.length * width) / 1e9);
  return path;
}

/** @param end host time at the end of the run, seconds */
export function bandsPicture({ vcpus, width }: Bands, accounts: readonly Readonly<VcpuAccount>[], end: number): string {
  const x = scale(0, end);
  const bottom = TOP + vcpus.length * ROW;
  const rows = vcpus.map((stretches, v) => {
    const y = TOP + v * ROW;
    const paths = ACTIVITIES.slice(0, -1).map((name, kind) => {
      const path = pathOf(stretches, kind, width, y, x);
      return path && `<path class="${name}" d="${path}"/>`;
    });
    return `<text x="${LEFT - 6}" y="${y + BAR - 7}" text-anchor="end">${v}</text>${paths.join('')}`;
  });
  const legend = ACTIVITIES.slice(0, -1).map((name) => `<span class="key ${name}">${name}</span>`);
  const sums = ['running', 'idle', 'stolen', 'paused', 'off'] as const;
  const cells = accounts.map(
    (a, v) => `<tr><td>${v}</td>${sums.map((k) => `<td class="n">${formatDuration(a[k])}</td>`).join('')}</tr>`,
  );
  return (
    `<section><h3>What each vCPU did</h3>` +
    svg(bottom + 36, 'activity of each vCPU', `${timeAxis(0, end, TOP, bottom, 'host time')}${rows.join('')}`) +
    `<p class="legend">${legend.join(' ')}</p>${table(['vCPU', ...sums], cells)}</section>`
  );
}
