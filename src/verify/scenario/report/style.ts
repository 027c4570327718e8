/** What the report's pages need beyond the common style. */
export const STYLE = `
:root { --running: #2563eb; --stolen: #dc2626; --paused: #f59e0b; --idle: #d1d5db; }
@media (prefers-color-scheme: dark) { :root { --running: #3b82f6; --stolen: #ef4444; --paused: #d97706; --idle: #374151; } }
section { margin-bottom: 16px; } svg { max-width: 560px; } th { white-space: nowrap; }
.legend span { display: inline-block; white-space: nowrap; } .wide { margin-top: 16px; } h4 { margin: .4em 0; font-size: .92rem; }
.soft { color: var(--soft); overflow-wrap: anywhere; } code { overflow-wrap: anywhere; font-size: .85rem; }
pre { overflow-x: auto; background: var(--card); padding: 8px; border-radius: 8px; font-size: .8rem; }
svg .running { fill: var(--running); } svg .stolen { fill: var(--stolen); } svg .paused { fill: var(--paused); }
svg .idle { fill: var(--idle); } svg .bar { fill: var(--running); } svg text.on { fill: #fff; }
.legend .key::before { height: .9em; } .legend .running::before { background: var(--running); }
.legend .stolen::before { background: var(--stolen); } .legend .paused::before { background: var(--paused); }
.legend .idle::before { background: var(--idle); }
td.title { min-width: 12em; } td.words { min-width: 15em; } td.n { white-space: nowrap; } .counts { font-size: 1.1rem; } details { margin: 12px 0; } summary { cursor: pointer; }
`;
