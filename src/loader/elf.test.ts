import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeElf, type SegmentSpec } from '../../test/loader/images.js';
import { loadElf } from './elf.js';
import { elfSections } from './elf-sections.js';
import { BadImage } from './errors.js';
import { RamLayout } from './ram.js';

const BASE = 0x4000_0000n;
const ram = (size = 0x2000_0000n): RamLayout => new RamLayout(BASE, size);
const code = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
const at = (physical: bigint, more: Partial<SegmentSpec> = {}): SegmentSpec => ({ physical, data: code, ...more });
const elf = (segments: SegmentSpec[], entry = segments[0].physical): Uint8Array => makeElf({ segments, entry });

describe('ELF files', () => {
  it('loads segments at their physical addresses, with the entry point moved along', () => {
    const virtual = 0xffff_8000_0800_0000n;
    const image = makeElf({
      entry: virtual + 4n,
      segments: [at(0x4008_0000n, { virtual, memorySize: 0x30n }), at(0x4009_0000n, { virtual: virtual + 0x1_0000n })],
    });
    const { kind, segments, entry } = loadElf(image, 'k.elf', ram());
    expect(kind).toBe('elf');
    expect(segments).toEqual([
      { address: 0x4008_0000n, data: code, zeroFill: 0x28 },
      { address: 0x4009_0000n, data: code, zeroFill: 0 },
    ]);
    expect(entry).toBe(0x4008_0004n);
  });

  it('keeps 64-bit values exact where elfy has doubles', () => {
    const value = 0xffff_ffc0_1234_5679n;
    expect(BigInt(Number(value))).not.toBe(value);
    const symbols = [{ name: 'deep', value, size: (1n << 53n) + 1n }];
    const image = makeElf({ entry: BASE, segments: [at(BASE)], symbols });
    expect(loadElf(image, 'a.elf', ram()).symbols).toEqual(symbols);
    const table = elfSections(image).find((s) => s.name === '.symtab')!;
    expect(table.address).toBe(value);
    expect([table.addressAlign, table.entrySize]).toEqual([8n, 24n]);
    const message = '0x20000000000001..0x20000000000009';
    expect(() => loadElf(elf([at((1n << 53n) + 1n)]), 'a.elf', ram())).toThrow(message);
  });

  it('moves a position-independent file that is linked elsewhere, and its symbols', () => {
    const linked = 0xffff_8000_0801_0000n;
    const spec = {
      type: 3,
      entry: linked,
      segments: [at(linked)],
      symbols: [{ name: '_text', value: linked, size: 0n }],
    };
    const { segments, entry, symbols } = loadElf(makeElf(spec), 'vmlinux', ram());
    expect(segments[0].address).toBe(0x4021_0000n);
    expect(entry).toBe(0x4021_0000n);
    expect(symbols).toEqual([{ name: '_text', value: 0x4021_0000n, size: 0n }]);
    const inPlace = makeElf({ type: 3, entry: 0x4000_1000n, segments: [at(0x4000_1000n)] });
    expect(loadElf(inPlace, 'pie', ram()).entry).toBe(0x4000_1000n);
  });

  it('has symbols sorted, without files, sections, undefined and mapping symbols', () => {
    const symbols = [
      { name: 'b', value: 0x20n, size: 4n },
      { name: '$x', value: 0x10n, size: 0n, info: 0 },
      { name: 'a', value: 0x10n, size: 4n },
      { name: 'file.c', value: 0n, size: 0n, info: 4 },
      { name: 'elsewhere', value: 0n, size: 0n, section: 0 },
    ];
    const image = makeElf({ entry: BASE, segments: [at(BASE)], symbols });
    expect(loadElf(image, 'a.elf', ram()).symbols.map((s) => s.name)).toEqual(['a', 'b']);
  });

  it('loads a file without a section table, on which elfy.parse fails', () => {
    const image = makeElf({ entry: BASE, segments: [at(BASE)], noSections: true });
    expect(loadElf(image, 'a.elf', ram())).toMatchObject({ entry: BASE, symbols: [] });
  });

  it('leaves out segments that are not loaded or have no bytes', () => {
    const image = elf([at(BASE), at(0n, { type: 4 }), at(0n, { data: new Uint8Array(0) })]);
    expect(loadElf(image, 'a.elf', ram()).segments).toHaveLength(1);
  });

  const first = elf([at(BASE)]);
  const patched = (offset: number, ...bytes: number[]): Uint8Array => {
    const copy = first.slice();
    copy.set(bytes, offset);
    return copy;
  };
  it.each<[string, Uint8Array, string]>([
    [
      'a segment outside RAM',
      elf([at(BASE), at(0x0800_0000n, { memorySize: 0x1_0000n })]),
      "rtos.elf: segment 1 (0x08000000..0x08010000) is not RAM; the board's RAM is 0x40000000..0x60000000 (--memory 512M)",
    ],
    [
      'a segment past the end of RAM',
      elf([at(0x5fff_fffcn)]),
      "rtos.elf: segment 0 (0x5ffffffc..0x60000004) ends past RAM; the board's RAM is 0x40000000..0x60000000 (--memory 512M) and it needs --memory 513M",
    ],
    [
      'an address that wraps',
      elf([at(0xffff_ffff_ffff_fffcn)]),
      '(0xfffffffffffffffc..0x10000000000000004) is not RAM',
    ],
    ['an enormous .bss', elf([at(BASE, { memorySize: 1n << 63n })]), 'ends past RAM'],
    [
      'segments that overlap',
      elf([at(BASE), at(BASE + 7n)]),
      'rtos.elf: segment 1 (0x40000007..0x4000000f) overlaps segment 0 (0x40000000..0x40000008)',
    ],
    ['more file than memory', elf([at(BASE, { memorySize: 4n })]), 'has 8 bytes in the file for 4 bytes of memory'],
    ['a segment past the file', elf([at(BASE, { offset: 1n << 53n })]), 'ends past the file'],
    ['a size past the file', elf([at(BASE, { fileSize: 4096n, memorySize: 4096n })]), 'is the file cut short?'],
    ['an entry point in no segment', elf([at(BASE)], BASE + 8n), 'the entry point 0x40000008 is in no segment'],
    ['an odd entry point', elf([at(BASE)], BASE + 2n), 'not a multiple of 4'],
    ['no segments', elf([at(BASE, { type: 4 })]), 'no loadable segment'],
    ['32-bit', patched(4, 1), 'ELF class 1; only 64-bit'],
    ['big-endian', patched(5, 2), 'ELF data encoding 2; only little-endian'],
    ['x86', patched(18, 62), "ELF for amd64; the board's CPU is AArch64 (183)"],
    ['a machine elfy does not know', patched(18, 0xff, 0xff), 'ELF for machine 65535'],
    ['an object file', patched(16, 1), 'ELF of type rel; only executables'],
    ['a core dump', patched(16, 4), 'ELF of type core'],
    ['half a header', first.slice(0, 40), 'an ELF header is 64 bytes, the file has 40'],
    [
      'program headers past the end',
      patched(56, 0xff, 0xff),
      'the program header table (65535 entries at offset 0x40)',
    ],
    ['program headers of another size', patched(54, 32), 'program headers of 32 bytes'],
    [
      'section headers past the end',
      patched(40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      'section header table',
    ],
    ['section headers of another size', patched(58, 40), 'section headers of 40 bytes'],
    ['too many segments', elf(Array.from({ length: 1025 }, (_, i) => at(BASE + BigInt(i * 8)))), 'at most 1024'],
    ['text', new TextEncoder().encode('hello'), 'not an ELF file'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => loadElf(bytes, 'rtos.elf', ram())).toThrow(BadImage);
    expect(() => loadElf(bytes, 'rtos.elf', ram())).toThrow(message);
  });
});

describe('an ELF file from gcc', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'loader-elf-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("has the segments of readelf and nm's symbols", () => {
    const source = join(dir, 'a.c');
    const file = join(dir, 'a.elf');
    writeFileSync(
      source,
      'int counter = 7; static char room[5000]; void _start(void) { counter++; room[1]++; for (;;); }\n',
    );
    const link = [
      '-nostdlib',
      '-static',
      '-Wl,-Ttext=0x40080000,-Tdata=0x40100000,--build-id=none,-z,max-page-size=4096',
    ];
    execFileSync('aarch64-linux-gnu-gcc', ['-O1', ...link, '-o', file, source]);
    const image = loadElf(readFileSync(file), file, ram());

    const rows = execFileSync('aarch64-linux-gnu-readelf', ['-lW', file]).toString();
    const expected = [...rows.matchAll(/^ +LOAD +\S+ \S+ (0x\S+) (0x\S+) (0x\S+)/gm)].map((row) =>
      row.slice(1).map(BigInt),
    );
    expect(expected.length).toBeGreaterThan(1);
    const sizes = image.segments.map((s) => [s.address, BigInt(s.data.length), BigInt(s.data.length + s.zeroFill)]);
    expect(sizes).toEqual(expected);

    const nm = execFileSync('aarch64-linux-gnu-nm', ['-S', file]).toString();
    const symbol = (name: string): bigint[] =>
      new RegExp(`^(\\w+) (\\w+) . ${name}$`, 'm')
        .exec(nm)!
        .slice(1)
        .map((n) => BigInt(`0x${n}`));
    for (const name of ['_start', 'counter', 'room']) {
      const found = image.symbols.find((s) => s.name === name)!;
      expect([found.value, found.size]).toEqual(symbol(name));
    }
    expect(image.entry).toBe(symbol('_start')[0]);
  });
});
