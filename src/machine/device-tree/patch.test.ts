import { describe, expect, it } from 'vitest';
import { patchForBoot } from './patch.js';
import { cells, type DeviceTree, doubleCells, findNode, node, readStrings, strings } from './tree.js';

const treeOf = (addressCells: number, sizeCells: number, ...children: ReturnType<typeof node>[]): DeviceTree => ({
  root: node('', { '#address-cells': cells(addressCells), '#size-cells': cells(sizeCells) }, children),
  reservations: [],
  bootCpu: 0,
});

const initrd = { start: 0x4800_0000n, end: 0x4900_0000n };

describe('patching a tree for boot', () => {
  it('sets command line and RAM disk and leaves the rest of /chosen', () => {
    const tree = treeOf(2, 2, node('chosen', { bootargs: strings('old'), 'stdout-path': strings('/uart') }));
    const chosen = findNode(patchForBoot(tree, { bootargs: 'new', initrd }), '/chosen')!.props;
    expect(readStrings(chosen.get('bootargs')!)).toEqual(['new']);
    expect(readStrings(chosen.get('stdout-path')!)).toEqual(['/uart']);
    expect(chosen.get('linux,initrd-start')).toEqual(doubleCells(initrd.start));
    expect(chosen.get('linux,initrd-end')).toEqual(doubleCells(initrd.end));
  });

  it('leaves the tree that it was given alone', () => {
    const tree = treeOf(2, 2, node('chosen', { bootargs: strings('old') }), node('memory@0', {}));
    const before = structuredClone(tree);
    patchForBoot(tree, { bootargs: 'new', initrd, ram: { base: 0x4000_0000n, size: 0x1000n } });
    expect(tree).toEqual(before);
  });

  it('makes /chosen where there is none, and only then', () => {
    expect(findNode(patchForBoot(treeOf(2, 2), { bootargs: 'x' }), '/chosen')?.props.size).toBe(1);
    expect(findNode(patchForBoot(treeOf(2, 2), {}), '/chosen')).toBeUndefined();
  });

  it('puts one memory node in the place of all', () => {
    const tree = treeOf(2, 1, node('a', {}), node('memory@80000000', {}), node('b', {}), node('memory', {}));
    const { root } = patchForBoot(tree, { ram: { base: 0x4000_0000n, size: 0x2000_0000n } });
    expect(root.children.map((n) => n.name)).toEqual(['a', 'memory@40000000', 'b']);
    expect(root.children[1].props.get('reg')).toEqual(cells(0, 0x4000_0000, 0x2000_0000));
    const none = patchForBoot(treeOf(1, 1), { ram: { base: 0x4000_0000n, size: 0x2000_0000n } }).root.children;
    expect(none[0].props.get('reg')).toEqual(cells(0x4000_0000, 0x2000_0000));
  });

  it('goes by the default cells where the root has none', () => {
    const tree: DeviceTree = { root: node('', {}), reservations: [], bootCpu: 0 };
    const { root } = patchForBoot(tree, { ram: { base: 1n, size: 2n } });
    expect(root.children[0].props.get('reg')).toEqual(cells(0, 1, 2));
  });

  it('refuses cells that it cannot write', () => {
    expect(() => patchForBoot(treeOf(3, 2), { initrd })).toThrow('#address-cells of the root is 3; 1 and 2');
    const large = { base: 0x4000_0000n, size: 1n << 32n };
    expect(() => patchForBoot(treeOf(2, 1), { ram: large })).toThrow('RAM size 0x100000000 does not fit');
    const empty = treeOf(2, 2);
    empty.root.props.set('#size-cells', new Uint8Array(0));
    expect(() => patchForBoot(empty, { ram: large })).toThrow('#size-cells of the root is empty');
  });
});
