// A conformance campaign of any size, with figures: `npx tsc -p test/conformance`, then
// `node out/conformance/test/conformance/campaign.js --cases 20000000 [--seed n] [--profile p] [--from round]`, or with
// `--kind k --index n` one batch again. Ends 1 where something differs.
import { parseArgs } from 'node:util';
import { TABLE } from '../../src/arch/semantics/index.js';
import { BATCH_KINDS, type BatchId, type BatchKind, campaignBatches } from './campaign-batches.js';
import { ProfileRun, summary } from './campaign-run.js';
import { CLASSES } from './classes.js';
import { NOT_GENERATED, ORACLE_LIMITS } from './exclusions.js';
import { OracleProgram } from './oracle.js';

const SOURCE = new URL('../../../../test/conformance/oracle.c', import.meta.url).pathname;
/** Share of the cases of each profile: the second's instructions are a subset of the first's. */
const SHARES: Readonly<Record<string, number>> = { 'neoverse-n1': 0.8, 'cortex-a57': 0.2 };
const PROGRESS = 100;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000000' },
    seed: { type: 'string', default: '20' },
    profile: { type: 'string' },
    from: { type: 'string', default: '0' },
    kind: { type: 'string' },
    index: { type: 'string' },
  },
});
const seed = Number(values.seed);

/** The batches asked for, with a line on stderr now and then. */
function* wanted(profile: string, share: number, run: ProfileRun): Generator<BatchId> {
  if (values.kind !== undefined) {
    const kind = BATCH_KINDS.find((k) => k === values.kind) as BatchKind;
    return yield { profile, kind, seed, index: Number(values.index) };
  }
  let count = 0;
  for (const id of campaignBatches(profile, seed, Number(values.cases) * share, Number(values.from))) {
    if (++count % PROGRESS === 0) console.error(`${profile}: ${run.cases} cases, ${run.mismatches} mismatches`);
    yield id;
  }
}

const program = new OracleProgram(SOURCE);
let mismatches = 0;
for (const [profile, share] of Object.entries(SHARES)) {
  if (values.profile !== undefined && values.profile !== profile) continue;
  const run = new ProfileRun(profile, TABLE, program, console.error);
  await run.run(wanted(profile, values.profile === undefined ? share : 1, run));
  run.close();
  mismatches += run.mismatches;
  console.log(
    `${profile}: ${run.cases} cases, ${run.instructions} instructions; compared on the interpreter ` +
      `${run.compared.interpreter}, with inlined handlers ${run.compared.inline}, pairs ${run.compared.pairs}, on blocks ${run.compared.blocks}; ` +
      `${run.mismatches} mismatches`,
  );
  console.log(summary(run, CLASSES).join('\n'));
  console.log('left out (CONSTRAINED UNPREDICTABLE and others, see exclusions.ts), words drawn by reason:');
  for (const [n, reason] of excludedByReason(run)) console.log(`  ${n}  ${reason}`);
}
console.log('never generated:');
for (const text of NOT_GENERATED) console.log(`  ${text}`);
console.log('held against the manual, not the oracle:');
for (const text of ORACLE_LIMITS) console.log(`  ${text}`);
program.close();
process.exitCode = mismatches ? 1 : 0;

function excludedByReason(run: ProfileRun): [number, string][] {
  const out = new Map<string, number>();
  for (const [key, n] of run.source.excluded) {
    const reason = key.slice(key.indexOf(': ') + 2);
    out.set(reason, (out.get(reason) ?? 0) + n);
  }
  return [...out].map(([reason, n]): [number, string] => [n, reason]).sort(([a], [b]) => b - a);
}
