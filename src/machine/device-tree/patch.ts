// What a boot loader writes into a device tree that it did not make: command line, RAM disk, memory.
import { BadDeviceTree, cells, type DeviceTree, type DeviceTreeNode, doubleCells, readCells, strings } from './tree.js';

/** The changes; what is left out stays as the tree has it. */
export interface BootPatch {
  readonly bootargs?: string;
  /** `end` is the first byte after the RAM disk. */
  readonly initrd?: { readonly start: bigint; readonly end: bigint };
  /** All the RAM there is; it takes the place of every memory node. */
  readonly ram?: { readonly base: bigint; readonly size: bigint };
}

function rootCells(root: DeviceTreeNode, property: string, byDefault: number): number {
  const value = root.props.get(property);
  // Devicetree Specification v0.4, section 2.3.5, has the defaults.
  const count = value === undefined ? byDefault : readCells(value)[0];
  if (count !== 1 && count !== 2) {
    throw new BadDeviceTree(`device tree: ${property} of the root is ${count ?? 'empty'}; 1 and 2 can be patched`);
  }
  return count;
}

function encode(value: bigint, count: number, what: string): Uint8Array {
  if (count === 2) return doubleCells(value);
  if (value >> 32n !== 0n) {
    throw new BadDeviceTree(
      `device tree: ${what} 0x${value.toString(16)} does not fit in the one cell that the root allows`,
    );
  }
  return cells(Number(value));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const isMemory = (n: DeviceTreeNode): boolean => n.name === 'memory' || n.name.startsWith('memory@');

/** A patched copy; `tree` is left as it is. Throws BadDeviceTree where the tree's cells cannot hold a value. */
export function patchForBoot(tree: DeviceTree, patch: BootPatch): DeviceTree {
  const root: DeviceTreeNode = { ...tree.root, props: new Map(tree.root.props), children: [...tree.root.children] };
  const addressCells = rootCells(root, '#address-cells', 2);
  const sizeCells = rootCells(root, '#size-cells', 1);

  const old = root.children.find((child) => child.name === 'chosen');
  const chosen: DeviceTreeNode = old
    ? { ...old, props: new Map(old.props) }
    : { name: 'chosen', props: new Map(), children: [] };
  if (patch.bootargs !== undefined) chosen.props.set('bootargs', strings(patch.bootargs));
  if (patch.initrd !== undefined) {
    chosen.props.set('linux,initrd-start', encode(patch.initrd.start, addressCells, 'the initrd start'));
    chosen.props.set('linux,initrd-end', encode(patch.initrd.end, addressCells, 'the initrd end'));
  }
  if (old !== undefined) root.children[root.children.indexOf(old)] = chosen;
  else if (chosen.props.size > 0) root.children.push(chosen);

  if (patch.ram !== undefined) {
    const { base, size } = patch.ram;
    const reg = join(encode(base, addressCells, 'the RAM base'), encode(size, sizeCells, 'the RAM size'));
    const props = new Map([
      ['device_type', strings('memory')],
      ['reg', reg],
    ]);
    const memory: DeviceTreeNode = { name: `memory@${base.toString(16)}`, props, children: [] };
    const first = root.children.findIndex(isMemory);
    if (first < 0) root.children.push(memory);
    else root.children[first] = memory;
    root.children = root.children.filter((child) => child === memory || !isMemory(child));
  }
  return { ...tree, root };
}
