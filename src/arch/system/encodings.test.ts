/** Names and encodings against the GNU assembler. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../profiles.js';
import { SYSTEM_INSTRUCTIONS } from './maintenance.js';
import { NEVER } from './registers/definition.js';
import { registersOf } from './registers/index.js';

/** The instruction words of lines of assembly. */
function assemble(lines: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'encodings-'));
  try {
    const file = (name: string): string => join(folder, name);
    writeFileSync(file('a.s'), `.arch armv8.5-a+memtag+sve\n${lines.join('\n')}\n`);
    execFileSync('aarch64-linux-gnu-as', ['-o', file('a.o'), file('a.s')]);
    execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', '-j', '.text', file('a.o'), file('a.bin')]);
    const bytes = readFileSync(file('a.bin'));
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(Object.values(PROFILES))('$name', (profile) => {
  const { list } = registersOf(profile);

  it('has every register where the assembler has it', () => {
    const lines = list.map((r) => (r.writeEl === NEVER ? `mrs x5, ${r.name}` : `msr ${r.name}, x5`));
    const words = assemble(lines);
    expect(words).toHaveLength(list.length);
    const wrong = list.filter((r, i) => ((words[i]! >>> 5) & 0x7fff) !== (r.encoding & 0x7fff) || r.encoding < 0x8000);
    expect(wrong.map((r) => r.name)).toEqual([]);
    expect(list.length).toBeGreaterThan(180);
  });

  it('has no name twice', () => {
    expect(new Set(list.map((r) => r.name)).size).toBe(list.length);
  });
});

it('has every system instruction where the assembler has it', () => {
  const noOperand = /ALLU|VMALL/;
  const lines = SYSTEM_INSTRUCTIONS.map(({ name }) => (noOperand.test(name) ? name : `${name}, x5`));
  const words = assemble(lines);
  const wrong = SYSTEM_INSTRUCTIONS.filter((s, i) => ((words[i]! >>> 5) & 0x3fff) !== s.encoding);
  expect(wrong.map((s) => s.name)).toEqual([]);
});
