/** The histogram of timer lateness: from the instant meant to the acknowledge, in powers of two. */
import { table } from '../../html.js';
import { at, LEFT, RIGHT, svg, WIDTH } from './svg.js';

const HEIGHT = 190;
const TOP = 10;
const BOTTOM = 40;

/** 2^n ns in words. */
function bound(n: number): string {
  const ns = 2 ** n;
  if (ns >= 1e9) return `${Number((ns / 1e9).toPrecision(2))} s`;
  if (ns >= 1e6) return `${Number((ns / 1e6).toPrecision(2))} ms`;
  return ns >= 1e3 ? `${Number((ns / 1e3).toPrecision(2))} us` : `${ns} ns`;
}

/** @param counts [n] counts interrupts late by less than 2^n ns and not by less than 2^(n-1) */
export function latenessPicture(counts: readonly number[]): string {
  const used = counts.flatMap((count, n) => (count ? [n] : []));
  if (!used.length) return '';
  const [first, last] = [Math.max(0, used[0]! - 1), used.at(-1)!];
  const most = Math.max(...counts);
  const bins = last - first + 1;
  const step = (WIDTH - LEFT - RIGHT) / bins;
  const bars = Array.from({ length: bins }, (_, i) => {
    const count = counts[first + i] ?? 0;
    // A lone interrupt beside thousands is what one looks for: it gets a bar that can be seen.
    const height = count ? Math.max(3, (count / most) * (HEIGHT - TOP - BOTTOM)) : 0;
    const [x, y] = [LEFT + i * step, HEIGHT - BOTTOM - height];
    const every = Math.ceil(bins / 6);
    const label =
      (bins - 1 - i) % every === 0
        ? `<text x="${at(x + step)}" y="${HEIGHT - BOTTOM + 14}" text-anchor="${i === bins - 1 ? 'end' : 'middle'}">${bound(first + i)}</text>`
        : '';
    const bar = `<rect class="bar" x="${at(x + 1)}" y="${at(y)}" width="${at(Math.max(1, step - 2))}" height="${at(height)}"><title>${count}</title></rect>`;
    return count ? bar + label : label;
  });
  const frame =
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>` +
    `<text x="${LEFT - 6}" y="${TOP + 8}" text-anchor="end">${most}</text>` +
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">late by less than</text>`;
  const rows = used.map((n) => `<tr><td class="n">${bound(n)}</td><td class="n">${counts[n]}</td></tr>`);
  return (
    `<section><h3>How late timer interrupts were</h3>${svg(HEIGHT, 'timer lateness', frame + bars.join(''))}` +
    `<details><summary>numbers</summary>${table(['late by less than', 'interrupts'], rows)}</details></section>`
  );
}
