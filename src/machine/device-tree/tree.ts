// The device tree as data, and the encodings of property values (Devicetree Specification v0.4, section 2.2.4).

/** One node. Properties keep their order; values are the big-endian bytes of the blob. */
export interface DeviceTreeNode {
  /** Name with its unit address, empty for the root. */
  name: string;
  props: Map<string, Uint8Array>;
  children: DeviceTreeNode[];
}

/** Physical memory that no program may use, from the blob's memory reservation block. */
export interface MemoryReservation {
  address: bigint;
  /** Bytes. */
  size: bigint;
}

/** A whole tree. */
export interface DeviceTree {
  root: DeviceTreeNode;
  reservations: MemoryReservation[];
  /** Physical id of the CPU that boots (header field boot_cpuid_phys). */
  bootCpu: number;
}

/** A device tree blob is not usable: `message` is one line. */
export class BadDeviceTree extends Error {
  override readonly name = 'BadDeviceTree';
}

/** Makes a node; an undefined property value leaves the property out. */
export function node(
  name: string,
  props: Record<string, Uint8Array | undefined>,
  children: DeviceTreeNode[] = [],
): DeviceTreeNode {
  const present = Object.entries(props).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined);
  return { name, props: new Map(present), children };
}

/** <u32> cells; each is taken modulo 2^32. */
export function cells(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value);
  });
  return bytes;
}

/** <u64> values, two cells each. */
export function doubleCells(...values: bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setBigUint64(i * 8, value);
  });
  return bytes;
}

/** A <stringlist>: each string with its NUL. */
export function strings(...values: string[]): Uint8Array {
  return new TextEncoder().encode(values.map((value) => `${value}\0`).join(''));
}

/** An <empty> value: the property is there or is not. */
export const present = (): Uint8Array => new Uint8Array(0);

/** The strings of a <stringlist>; a missing last NUL is forgiven. */
export function readStrings(value: Uint8Array): string[] {
  return new TextDecoder().decode(value).replace(/\0$/, '').split('\0');
}

/** The cells of a property; bytes after the last whole cell are left out. */
export function readCells(value: Uint8Array): number[] {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length >> 2 }, (_, i) => view.getUint32(i * 4));
}

/** The node at an absolute path such as `/cpus/cpu@0`, undefined where there is none. */
export function findNode(tree: DeviceTree, path: string): DeviceTreeNode | undefined {
  let at: DeviceTreeNode | undefined = tree.root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    at = at?.children.find((child) => child.name === name);
  }
  return at;
}
