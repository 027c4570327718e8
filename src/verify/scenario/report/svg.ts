/** Parts that the report's pictures share. Their width is a phone's, so that their letters can be read on one. */
import { ticks } from '../../plot.js';

export const WIDTH = 420;
export const LEFT = 44;
export const RIGHT = 10;

export const at = (v: number): string => String(Number(v.toFixed(1)));
export const figure = (n: number): string => String(Number(n.toPrecision(4)));

/** Seconds of host time to the picture's x. */
export const scale =
  (from: number, to: number): ((v: number) => number) =>
  (v) =>
    LEFT + ((v - from) / (to - from || 1)) * (WIDTH - LEFT - RIGHT);

/** The unit in which a length of seconds reads well. */
export function unitOf(seconds: number): { readonly name: string; readonly per: number } {
  if (seconds >= 1) return { name: 's', per: 1 };
  if (seconds >= 1e-3) return { name: 'ms', per: 1e3 };
  return seconds >= 1e-6 ? { name: 'us', per: 1e6 } : { name: 'ns', per: 1e9 };
}

/** Grid lines and figures along x, from `top` to `bottom`. */
export function timeAxis(from: number, to: number, top: number, bottom: number, label: string): string {
  const x = scale(from, to);
  const unit = unitOf(Math.max(Math.abs(from), Math.abs(to)));
  const lines = ticks(from * unit.per, to * unit.per).map((t) => {
    const px = at(x(t / unit.per));
    return (
      `<line class="grid" x1="${px}" x2="${px}" y1="${top}" y2="${bottom}"/>` +
      `<text x="${px}" y="${bottom + 14}" text-anchor="middle">${figure(t)}</text>`
    );
  });
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  return `${lines.join('')}<text x="${middle}" y="${bottom + 30}" text-anchor="middle">${label}, ${unit.name}</text>`;
}

export const svg = (height: number, title: string, body: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">${body}</svg>`;
