import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { Decoder } from '../../src/arch/a64/decoder.js';
import { PROFILES } from '../../src/arch/profiles.js';
import { INTEGER, MEMORY } from '../../src/arch/semantics/index.js';
import { Generator } from './generator.js';
import { Random } from './random.js';

test('dump', () => {
  const decoder = new Decoder([...INTEGER, ...MEMORY], PROFILES['neoverse-n1']!.features);
  const g = new Generator({ decoder, fp16: true });
  const r = new Random(1, 0);
  const t = performance.now();
  const b = g.singles(
    r,
    Array.from({ length: 1024 }, () => r.pick(decoder.encodings)),
  );
  console.log('gen', performance.now() - t, b.cases.length);
  const h = Buffer.alloc(16);
  const one = Number(process.env.COUNT ?? b.cases.length);
  [0x31464e43, one, b.code.length].forEach((n, i) => h.writeUInt32LE(n, i * 4));
  writeFileSync(
    '/tmp/req.bin',
    Buffer.concat([h, b.window, b.code, new Uint8Array(b.states.slice(0, one * 200).buffer)]),
  );
  writeFileSync(
    '/tmp/names.txt',
    b.cases
      .map((c) => c.lines[0]?.instruction.name + ' ' + c.words[0]!.toString(16) + ' ' + c.start.toString(16))
      .join('\n'),
  );
});
