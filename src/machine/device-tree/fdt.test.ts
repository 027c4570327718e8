import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_FDT_DEPTH, readFdt, writeFdt } from './fdt.js';
import { BadDeviceTree, cells, type DeviceTree, doubleCells, findNode, node, readStrings, strings } from './tree.js';
import { virtDeviceTree } from './virt.js';

const tree = (): DeviceTree =>
  virtDeviceTree({ cpus: 3, cpuCompatible: 'arm,cortex-a57', ramBase: 0x4000_0000n, ramSize: 0x2000_0000n });

/** The blob after one 32-bit big-endian word of it was replaced. */
function withWord(blob: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = blob.slice();
  new DataView(copy.buffer).setUint32(offset, value);
  return copy;
}

const word = (blob: Uint8Array, offset: number): number => new DataView(blob.buffer).getUint32(offset);

/** A blob from raw structure words, with `strings` as the strings block. */
function blobOf(structure: number[], names = 'a\0'): Uint8Array {
  const nameBytes = new TextEncoder().encode(names);
  const offset = 40 + 16;
  const size = offset + structure.length * 4 + nameBytes.length;
  const header = [0xd00dfeed, size, offset, offset + structure.length * 4, 40, 17, 16, 0];
  const words = [...header, nameBytes.length, structure.length * 4, 0, 0, 0, 0, ...structure];
  const blob = new Uint8Array(size);
  blob.set(cells(...words));
  blob.set(nameBytes, offset + structure.length * 4);
  return blob;
}

describe('flattened device tree', () => {
  it('reads what it writes', () => {
    const original: DeviceTree = {
      ...tree(),
      reservations: [{ address: 0x9000_0000_0000_0001n, size: 4096n }],
      bootCpu: 2,
    };
    expect(readFdt(writeFdt(original))).toEqual(original);
  });

  it('writes what dtc reads, and reads what dtc writes', () => {
    const original: DeviceTree = { ...tree(), reservations: [{ address: 0x4800_0000n, size: 0x1000n }] };
    const source = execFileSync('dtc', ['-q', '-I', 'dtb', '-O', 'dts'], { input: writeFdt(original) });
    expect(source.toString()).toContain('/memreserve/\t0x0000000048000000 0x0000000000001000');
    for (const version of ['16', '17']) {
      const args = ['-q', '-I', 'dts', '-O', 'dtb', '-V', version, '-p', '64'];
      expect(readFdt(execFileSync('dtc', args, { input: source }))).toEqual(original);
    }
  });

  it('reads any tree that it writes (property)', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9,._+@-]{0,20}$/);
    const props = fc.dictionary(name, fc.uint8Array({ maxLength: 9 }), { maxKeys: 4 });
    const anyNode = (depth: number): fc.Arbitrary<ReturnType<typeof node>> => {
      const maxLength = depth === 0 ? 0 : 3;
      const children = fc.uniqueArray(depth === 0 ? fc.constant(node('', {})) : anyNode(depth - 1), {
        maxLength,
        selector: (n) => n.name,
      });
      return fc.tuple(name, props, children).map(([n, p, c]) => node(n, { ...p }, c));
    };
    fc.assert(
      fc.property(anyNode(4), (root) => {
        const original = { root: { ...root, name: '' }, reservations: [], bootCpu: 0 };
        expect(readFdt(writeFdt(original))).toEqual(original);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('reads NOP tokens anywhere in the structure block', () => {
    const { root } = readFdt(blobOf([4, 1, 0, 4, 3, 4, 0, 0x1234_5678, 4, 2, 4, 9]));
    expect(root.props.get('a')).toEqual(cells(0x1234_5678));
  });

  it('leaves bytes after its own size alone', () => {
    const blob = writeFdt(tree());
    const padded = new Uint8Array(blob.length + 100).fill(0xff);
    padded.set(blob);
    expect(readFdt(padded)).toEqual(tree());
  });

  const blob = writeFdt(tree());
  const structure = word(blob, 8);
  const deep = (depth: number): number[] => [
    1,
    0,
    ...Array.from({ length: depth - 1 }, () => [1, 0x6100_0000]).flat(),
    ...Array.from({ length: depth }, () => 2),
    9,
  ];
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), '0 bytes; the header alone has 40'],
    ['another magic', withWord(blob, 0, 0xfeedface), 'it starts with 0xfeedface'],
    ['a size beyond the bytes', withWord(blob, 4, blob.length + 1), `there are ${blob.length}`],
    ['version 15', withWord(blob, 20, 15), 'version 15'],
    ['a version that is not backward compatible', withWord(blob, 24, 18), 'compatible with 18'],
    ['a structure block in the header', withWord(blob, 8, 36), 'structure block'],
    ['a structure block past the end', withWord(blob, 8, 0xffff_fff0), 'structure block'],
    ['a structure block that is not aligned', withWord(blob, 8, structure + 2), '4-byte aligned'],
    ['a structure block longer than all', withWord(blob, 36, 0xffff_fffc), 'structure block'],
    ['a strings block past the end', withWord(blob, 12, blob.length + 1), 'strings block'],
    ['reservations past the end', withWord(blob, 16, blob.length - 8), 'memory reservation block'],
    ['reservations that are not aligned', withWord(blob, 16, 44), '8-byte aligned'],
    ['reservations without an end', withWord(blob, 16, blob.length - 16), 'memory reservation block has no end'],
    ['a token of 5', withWord(blob, structure + 8, 5), '0x5 at'],
    ['no root node', blobOf([9]), 'does not start with a node'],
    ['a root node with a name', blobOf([1, 0x6100_0000, 2, 9]), 'the root node has the name a'],
    ['a child without a name', blobOf([1, 0, 1, 0, 2, 2, 9]), 'has no name'],
    ['a name without an end', blobOf([1, 0x6161_6161]), 'has no end'],
    ['a name with a slash', blobOf([1, 0, 1, 0x612f_6100, 2, 2, 9]), 'has the byte 0x2f'],
    ['a node without an end', blobOf([1, 0, 1, 0x6100_0000, 2]), 'ends in the middle of a token'],
    ['a tree without an end', blobOf([1, 0, 2]), 'ends in the middle of a token'],
    ['a second root', blobOf([1, 0, 2, 1, 0, 2, 9]), 'no end token'],
    ['a property longer than the block', blobOf([1, 0, 3, 0x7fff_ffff, 0, 2, 9]), 'longer than the structure block'],
    ['a property name outside the strings', blobOf([1, 0, 3, 0, 2, 2, 9]), 'outside the strings block'],
    ['a property name without an end', blobOf([1, 0, 3, 0, 0, 2, 9], 'a'), 'has no end'],
    ['an empty property name', blobOf([1, 0, 3, 0, 1, 2, 9]), 'has no name'],
    ['a property twice', blobOf([1, 0, 3, 0, 0, 3, 0, 0, 2, 9]), 'a at 0x4c is there twice'],
    ['a child twice', blobOf([1, 0, 1, 0x6100_0000, 2, 1, 0x6100_0000, 2, 2, 9]), 'node a is there twice'],
    ['a property after a child', blobOf([1, 0, 1, 0x6100_0000, 2, 3, 0, 0, 2, 9]), 'comes after a child'],
    ['65 levels', blobOf(deep(MAX_FDT_DEPTH + 1)), 'deeper than 64'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readFdt(bytes)).toThrow(BadDeviceTree);
    expect(() => readFdt(bytes)).toThrow(message);
    try {
      readFdt(bytes);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });

  it('reads as many levels as it allows', () => {
    expect(() => readFdt(blobOf(deep(MAX_FDT_DEPTH)))).not.toThrow();
  });

  it('refuses a blob of more than 2 MB', () => {
    const large = node('', { a: new Uint8Array(2 << 20) });
    expect(() => readFdt(writeFdt({ root: large, reservations: [], bootCpu: 0 }))).toThrow('at most 2097152');
  });

  it('gives values of its own, not views of the blob', () => {
    for (const bytes of [writeFdt(tree()), Buffer.from(writeFdt(tree()))]) {
      const read = readFdt(bytes);
      bytes.fill(0);
      expect(read).toEqual(tree());
    }
  });
});

describe('property values', () => {
  it('are big-endian', () => {
    expect([...cells(1, 0xffff_fffe)]).toEqual([0, 0, 0, 1, 255, 255, 255, 254]);
    expect([...doubleCells(0x0102_0304_0506_0708n)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(readStrings(strings('one', 'two'))).toEqual(['one', 'two']);
  });

  it('are found by path', () => {
    expect(findNode(tree(), '/cpus/cpu@2')?.props.get('reg')).toEqual(cells(2));
    expect(findNode(tree(), '/cpus/cpu@3')).toBeUndefined();
    expect(findNode(tree(), '/')?.name).toBe('');
  });
});
