import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFdt, writeFdt } from './fdt.js';
import { cells, type DeviceTree, type DeviceTreeNode, doubleCells, findNode, readCells, readStrings } from './tree.js';
import { type VirtBoard, virtDeviceTree } from './virt.js';

const board: VirtBoard = {
  cpus: 4,
  cpuCompatible: 'arm,cortex-a57',
  ramBase: 0x4000_0000n,
  ramSize: 0x2000_0000n,
};

function qemuTree(): DeviceTree {
  const dir = mkdtempSync(join(tmpdir(), 'virt-dtb-'));
  try {
    const file = join(dir, 'virt.dtb');
    const machine = `virt,gic-version=3,dumpdtb=${file}`;
    const args = ['-M', machine, '-cpu', 'cortex-a57', '-smp', '4', '-m', '512', '-nographic', '-nic', 'none'];
    execFileSync('qemu-system-aarch64', args, { stdio: 'pipe' });
    return readFdt(readFileSync(file));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Path of every node, and what the properties of one node are, with phandles replaced by paths. */
function flatten(tree: DeviceTree): Map<string, DeviceTreeNode> {
  const found = new Map<string, DeviceTreeNode>();
  const walk = (node: DeviceTreeNode, path: string): void => {
    found.set(path === '' ? '/' : path, node);
    for (const child of node.children) walk(child, `${path}/${child.name}`);
  };
  walk(tree.root, '');
  return found;
}

/** Properties whose first cell of each entry is a phandle, with the cells of an entry. */
const REFERENCES: Record<string, number> = { clocks: 1, 'interrupt-parent': 1, cpu: 1, gpios: 3 };

function resolve(nodes: Map<string, DeviceTreeNode>, name: string, value: Uint8Array): unknown {
  const entry = REFERENCES[name];
  if (entry === undefined) return [...value];
  const byPhandle = new Map<number, string>();
  for (const [path, node] of nodes) {
    const phandle = node.props.get('phandle');
    if (phandle) byPhandle.set(readCells(phandle)[0], path);
  }
  return readCells(value).map((cell, i) => (i % entry === 0 ? (byPhandle.get(cell) ?? 'nothing') : cell));
}

describe('tree of the virt board', () => {
  const ours = flatten(virtDeviceTree(board));
  const theirs = flatten(qemuTree());
  // A guest's PSCI 0.1 MIGRATE is for a Trusted OS on one CPU, which our board has not.
  const leftOut: Record<string, string[]> = { '/psci': ['migrate'], '/chosen': ['rng-seed', 'kaslr-seed'] };

  it('has the nodes that the board has devices for', () => {
    expect(ours.size).toBeGreaterThan(20);
    for (const part of ['/pl011@9000000', '/pl031@9010000', '/pl061@9030000', '/intc@8000000', '/timer', '/pmu']) {
      expect([...ours.keys()]).toContain(part);
    }
  });

  it.each([...ours.keys()])("%s is QEMU's", (path) => {
    const mine = ours.get(path)!;
    const reference = theirs.get(path);
    expect(reference, 'QEMU has this node').toBeDefined();
    const names = [...reference!.props.keys()].filter((name) => !leftOut[path]?.includes(name));
    expect([...mine.props.keys()].sort()).toEqual(names.sort());
    for (const name of names.filter((n) => n !== 'phandle')) {
      const expected = resolve(theirs, name, reference!.props.get(name)!);
      expect([name, resolve(ours, name, mine.props.get(name)!)]).toEqual([name, expected]);
    }
  });

  it('has a CPU node for each CPU, and 1 to 8 of them', () => {
    for (const cpus of [1, 8]) {
      const nodes = findNode(virtDeviceTree({ ...board, cpus }), '/cpus')!.children.filter((n) => n.name !== 'cpu-map');
      expect(nodes.map((n) => readCells(n.props.get('reg')!)[0])).toEqual(Array.from({ length: cpus }, (_, i) => i));
    }
    for (const cpus of [0, 9, 1.5, Number.NaN]) {
      expect(() => virtDeviceTree({ ...board, cpus })).toThrow('CPUs: the virt board has 1 to 8');
    }
  });

  it('says where the RAM disk is and what the command line is', () => {
    const tree = virtDeviceTree({ ...board, initrd: { start: 0x4800_0000n, end: 0x4800_1234n }, bootargs: 'a b' });
    const chosen = findNode(tree, '/chosen')!.props;
    expect(chosen.get('linux,initrd-start')).toEqual(doubleCells(0x4800_0000n));
    expect(chosen.get('linux,initrd-end')).toEqual(doubleCells(0x4800_1234n));
    expect(readStrings(chosen.get('bootargs')!)).toEqual(['a b']);
  });

  it('reserves the memory of paravirtualized time', () => {
    const tree = virtDeviceTree({ ...board, pvTimeBase: 0x090a_0000n });
    const region = findNode(tree, '/reserved-memory/pv-time@90a0000')!;
    expect(region.props.get('reg')).toEqual(doubleCells(0x090a_0000n, 0x1_0000n));
    expect(region.props.has('no-map')).toBe(true);
    expect(findNode(virtDeviceTree(board), '/reserved-memory')).toBeUndefined();
  });

  it('takes seeds as they are given, and has none by default', () => {
    const tree = virtDeviceTree({ ...board, rngSeed: cells(1, 2), kaslrSeed: 3n });
    expect(findNode(tree, '/chosen')!.props.get('rng-seed')).toEqual(cells(1, 2));
    expect(findNode(tree, '/chosen')!.props.get('kaslr-seed')).toEqual(doubleCells(3n));
    expect([...findNode(virtDeviceTree(board), '/chosen')!.props.keys()]).toEqual(['stdout-path']);
  });

  it('is the same bytes each time', () => {
    expect(writeFdt(virtDeviceTree(board))).toEqual(writeFdt(virtDeviceTree({ ...board })));
  });
});
