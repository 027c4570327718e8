/** A picture as SVG text: guest time against true time, with the migration as a band. */

export interface Series {
  readonly name: string;
  /** CSS class that colours it. */
  readonly style: 'native' | 'pv';
  /** [true time, guest time] in seconds. */
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 420;
const HEIGHT = 260;
const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 40;

/** About five round numbers from `low` to `high`. */
export function ticks(low: number, high: number): number[] {
  const raw = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw)!;
  const out: number[] = [];
  for (let t = Math.ceil(low / step) * step; t <= high + step * 1e-9; t += step) out.push(t);
  return out;
}

const number = (n: number): string => String(Number(n.toPrecision(6)));

/** @param bands each migration's stop and resume in seconds of true time */
export function plot(series: readonly Series[], bands: readonly (readonly [number, number])[], title: string): string {
  const all = series.flatMap((s) => s.points);
  const [x0, x1] = [Math.min(0, ...all.map(([x]) => x)), Math.max(...all.map(([x]) => x))];
  const [y0, y1] = [Math.min(0, ...all.map(([, y]) => y)), Math.max(...all.map(([, y]) => y), x1)];
  const x = (v: number): number => LEFT + ((v - x0) / (x1 - x0 || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (v: number): number => HEIGHT - BOTTOM - ((v - y0) / (y1 - y0 || 1)) * (HEIGHT - TOP - BOTTOM);
  const at = (v: number): string => v.toFixed(1);
  const lines = [
    ...ticks(x0, x1).map(
      (t) =>
        `<line class="grid" x1="${at(x(t))}" x2="${at(x(t))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>` +
        `<text x="${at(x(t))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${number(t)}</text>`,
    ),
    ...ticks(y0, y1).map(
      (t) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(t))}" y2="${at(y(t))}"/>` +
        `<text x="${LEFT - 6}" y="${at(y(t) + 4)}" text-anchor="end">${number(t)}</text>`,
    ),
  ];
  const truth = `<line class="truth" x1="${at(x(x0))}" y1="${at(y(x0))}" x2="${at(x(x1))}" y2="${at(y(x1))}"/>`;
  const shade = ([from, to]: readonly [number, number]): string => {
    const width = Math.max(x(to) - x(from), 2);
    return `<rect class="band" x="${at(x(from))}" y="${TOP}" width="${at(width)}" height="${HEIGHT - TOP - BOTTOM}"/>`;
  };
  const path = (s: Series): string =>
    `<polyline class="${s.style}" points="${s.points.map(([px, py]) => `${at(x(px))},${at(y(py))}`).join(' ')}"/>`;
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">` +
    `${bands.map(shade).join('')}${lines.join('')}${truth}${series.map(path).join('')}` +
    `<text class="axis" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">true time, s</text>` +
    `<text class="axis" transform="translate(14 ${(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">guest time, s</text>` +
    '</svg>'
  );
}
