import { test } from 'vitest';
import { Decoder } from '../../src/arch/a64/decoder.js';
import { PROFILES } from '../../src/arch/profiles.js';
import { TABLE } from '../../src/arch/semantics/index.js';
import { compareBatch, normalize } from './compare.js';
import { Core } from './core.js';
import { Generator } from './generator.js';
import { disassemble, Oracle, OracleProgram } from './oracle.js';
import { Random } from './random.js';
import { B, BLOCK, differences } from './state.js';

const table = TABLE;
const only = new RegExp(process.env.ONLY ?? '.');
test('first', async () => {
  const program = new OracleProgram(new URL('oracle.c', import.meta.url).pathname);
  const profile = process.env.PROFILE ?? 'neoverse-n1';
  const oracle = new Oracle(program, profile);
  const decoder = new Decoder(table, PROFILES[profile]!.features);
  const g = new Generator({ decoder, fp16: profile !== 'cortex-a57' });
  const encodings = decoder.encodings.filter((e) => only.test(e.instruction.name) && (process.env.SYS || !/^(MRS|MSR|SYS|SVC|HLT|WF|BRK|HVC|SMC|DCPS|ERET|DRPS)/.test(e.instruction.name)));
  console.log(encodings.length, decoder.encodings.length);
  const N = Number(process.env.N ?? 10);
  const seen = new Map<string, number>();
  const t: Record<string, number> = { gen: 0, oracle: 0 };
  let cases = 0;
  const cores = (process.env.KINDS ?? 'interpreter,blocks')
    .split(',')
    .map((k) => new Core(profile, table, k as 'interpreter'));
  const mode = process.env.CMODE ?? 'single';
  for (let i = 0; i < N; i++) {
    const r = new Random(Number(process.env.SEED ?? 1), i);
    let t0 = performance.now();
    const batch =
      mode === 'single'
        ? g.singles(
            r,
            Array.from({ length: 1024 }, () => r.pick(encodings)),
          )
        : mode === 'sweep'
          ? g.sweep(r, 1024, encodings)
          : g.sequences(r, 600, encodings);
    const t1 = performance.now();
    t.gen! += t1 - t0;
    const reply = await oracle.exchange(batch);
    t0 = performance.now();
    t.oracle! += t0 - t1;
    const endings = normalize(batch, reply);
    cases += batch.cases.length;
    for (const core of cores) {
      t0 = performance.now();
      const bad = await compareBatch(core, batch, reply, endings);
      t[core.kind] = (t[core.kind] ?? 0) + performance.now() - t0;
      const state = new Uint32Array(BLOCK);
      for (const m of bad) {
        const c = batch.cases[m.index];
        const name = `${m.what} ${m.ours}/${m.oracle} ${c?.lines.length === 1 ? c?.lines[0]?.instruction.name : 'seq'} ${core.kind}`;
        const n = (seen.get(name) ?? 0) + 1;
        seen.set(name, n);
        if ((n > 1 && !process.env.ALL) || !c) continue;
        const diff: string[] = [];
        if (c.lines.length === 1) {
          core.load(batch.ownCode, batch.window);
          state.set(batch.states.subarray(m.index * BLOCK, m.index * BLOCK + BLOCK));
          core.run(state, 0, 1);
          diff.push(...differences(state, 0, reply.states, m.index * BLOCK));
        }
        console.log(
          name,
          i,
          m.index,
          disassemble(program, c.words, c.start).join('\n'),
          diff.join('\n'),
          'sig',
          reply.states[m.index * BLOCK + B.SIGNAL],
        );
      }
    }
  }
  console.log(cases, t, [...seen]);
  oracle.close();
  program.close();
});
