/** The import-direction rule: imports go down only, and the model imports neither Node nor a package. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/** Folders from the bottom up; a folder may import its own level and those below it, except its peers on the same line. */
const LEVELS = [
  ['trace'],
  ['arch'],
  ['machine'],
  ['hypervisor', 'loader'],
  ['host'],
  ['migration'],
  ['verify'],
  ['debug'],
  ['cli', 'web'],
  ['testing'],
];
/** These run in a browser tab, too. */
const PURE = ['trace', 'arch', 'machine', 'hypervisor', 'host', 'migration', 'verify'];

const level = (folder: string): number => LEVELS.findIndex((l) => l.includes(folder));

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (f) => /(?<!\.test)\.ts$/.test(f) && !f.endsWith('.d.ts'),
);

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|^import '([^']+)'/gm)].map((m) => m[1] ?? m[2]!);
}

test('there is something to check', () => {
  expect(files.length).toBeGreaterThan(100);
  for (const folder of new Set(files.map((f) => f.split('/')[0]!).filter((f) => !f.endsWith('.ts')))) {
    expect(level(folder), `src/${folder} has a level`).toBeGreaterThanOrEqual(0);
  }
});

test('imports go down only', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const from = file.split('/')[0]!;
    if (from.endsWith('.ts')) continue;
    for (const specifier of importsOf(file).filter((s) => s.startsWith('.'))) {
      const to = relative(SRC, resolve(SRC, dirname(file), specifier)).split('/')[0]!;
      if (to !== from && level(to) >= level(from)) wrong.push(`${file} imports ${specifier}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('the model imports no Node module and no package', () => {
  const wrong = files
    .filter((file) => PURE.includes(file.split('/')[0]!))
    .flatMap((file) =>
      importsOf(file)
        .filter((s) => !s.startsWith('.'))
        .map((s) => `${file} imports ${s}`),
    );
  expect(wrong).toEqual([]);
});
