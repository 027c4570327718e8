/** Pages that need nothing else: no network, dark and light, readable on a phone. */

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

/** A table of rows that are HTML already. */
export const table = (heads: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll"><table><thead><tr>${heads.map((h) => `<th>${h}</th>`).join('')}</tr></thead>` +
  `<tbody>${rows.join('')}</tbody></table></div>`;

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

/** A whole page; `body` is HTML, `style` CSS beyond the common. */
export const page = (title: string, body: string, style = ''): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${STYLE}${style}</style></head><body>
<h1>${escaped(title)}</h1>
${body}
</body></html>
`;
