import { test } from 'vitest';
import { Decoder } from '../../src/arch/a64/decoder.js';
import { PROFILES } from '../../src/arch/profiles.js';
import { ARITHMETIC } from '../../src/arch/semantics/integer/arithmetic.js';
import { BRANCHES } from '../../src/arch/semantics/integer/branches.js';
import { LOGICAL } from '../../src/arch/semantics/integer/logical.js';
import { MULTIPLY } from '../../src/arch/semantics/integer/multiply.js';
import { CACHE } from '../../src/arch/semantics/memory/cache.js';
import { EXCLUSIVE } from '../../src/arch/semantics/memory/exclusive.js';
import { PAIR } from '../../src/arch/semantics/memory/pair.js';
import { SINGLE } from '../../src/arch/semantics/memory/single.js';
import { SIMD } from '../../src/arch/semantics/simd/index.js';
import { CRYPTO } from '../../src/arch/semantics/crypto.js';
import { compareBatch, normalize } from './compare.js';
import { Core } from './core.js';
import { Generator } from './generator.js';
import { disassemble, Oracle, OracleProgram } from './oracle.js';
import { Random } from './random.js';
import { BLOCK, B, differences } from './state.js';

const table = [...ARITHMETIC, ...LOGICAL, ...MULTIPLY, ...BRANCHES, ...SINGLE, ...PAIR, ...EXCLUSIVE, ...CACHE, ...(process.env.SIMD ? [...SIMD, ...CRYPTO] : [])];
test('first', async () => {
  const program = new OracleProgram(new URL('oracle.c', import.meta.url).pathname);
  const profile = process.env.PROFILE ?? 'neoverse-n1';
  const oracle = new Oracle(program, profile);
  const decoder = new Decoder(table, PROFILES[profile]!.features);
  const g = new Generator({ decoder, fp16: profile !== 'cortex-a57' });
  const N = Number(process.env.N ?? 10);
  const seen = new Map<string, number>();
  const t: Record<string, number> = { gen: 0, oracle: 0 };
  let cases = 0;
  const cores = (process.env.KINDS ?? 'interpreter,blocks').split(',').map((k) => new Core(profile, table, k as 'interpreter'));
  const mode = process.env.MODE ?? 'single';
  for (let i = 0; i < N; i++) {
    const r = new Random(Number(process.env.SEED ?? 1), i);
    let t0 = performance.now();
    const batch = mode === 'single' ? g.singles(r, Array.from({ length: 1024 }, () => r.pick(decoder.encodings))) : mode === 'sweep' ? g.sweep(r, 1024, decoder.encodings) : g.sequences(r, 600, decoder.encodings);
    let t1 = performance.now();
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
        if (n > 1 || !c) continue;
        const diff: string[] = [];
        if (m.what === 'registers' && c.lines.length === 1) {
          core.load(batch.ownCode, batch.window);
          state.set(batch.states.subarray(m.index * BLOCK, m.index * BLOCK + BLOCK));
          core.run(state, 0, 1);
          diff.push(...differences(state, 0, reply.states, m.index * BLOCK));
        }
        console.log(name, i, m.index, disassemble(program, c.words, c.start).join('\n'), diff.join('\n'), 'sig', reply.states[m.index*BLOCK+B.SIGNAL]);
      }
    }
  }
  console.log(cases, t, [...seen]);
  oracle.close();
  program.close();
});
