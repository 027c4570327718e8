// The flattened device tree format, version 17 (Devicetree Specification v0.4, chapter 5): `readFdt` takes bytes that
// nobody vouches for, `writeFdt` is its inverse.
import { BadDeviceTree, type DeviceTree, type DeviceTreeNode, type MemoryReservation } from './tree.js';

const MAGIC = 0xd00dfeed;
const HEADER_SIZE = 40;
const VERSION = 17;
const LAST_COMPATIBLE = 16;

const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const NOP = 4;
const END = 9;

/** Linux maps no more (Documentation/arch/arm64/booting.rst, section 2). */
export const MAX_FDT_SIZE = 2 * 1024 * 1024;
/** Nodes below one another, the root included; Linux has the same limit (FDT_MAX_DEPTH). */
export const MAX_FDT_DEPTH = 64;
const MAX_NAME = 255;

const align = (offset: number, to: number): number => (offset + to - 1) & ~(to - 1);
const hex = (value: number): string => `0x${value.toString(16)}`;
const bad = (what: string): BadDeviceTree => new BadDeviceTree(`device tree: ${what}`);

/** Reads tokens of the structure block; every step is checked against the block's end. */
class TokenReader {
  at: number;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly names: Uint8Array;

  constructor(bytes: Uint8Array, start: number, end: number, names: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.names = names;
  }

  u32(): number {
    if (this.at + 4 > this.end) throw bad(`the structure block ends in the middle of a token at ${hex(this.at)}`);
    const value = this.view.getUint32(this.at);
    this.at += 4;
    return value;
  }

  token(): number {
    let token = this.u32();
    while (token === NOP) token = this.u32();
    return token;
  }

  nodeName(): string {
    const name = readName(this.bytes.subarray(this.at, this.end), 'node', this.at);
    this.at = align(this.at + name.length + 1, 4);
    return name;
  }

  property(): [string, Uint8Array] {
    const start = this.at - 4;
    const length = this.u32();
    const nameOffset = this.u32();
    if (length > this.end - this.at) throw bad(`the property at ${hex(start)} is longer than the structure block`);
    if (nameOffset >= this.names.length) {
      throw bad(`the property at ${hex(start)} has its name outside the strings block`);
    }
    const name = readName(this.names.subarray(nameOffset), 'property', start);
    if (name === '') throw bad(`the property at ${hex(start)} has no name`);
    const value = this.bytes.slice(this.at, this.at + length);
    this.at = align(this.at + length, 4);
    return [name, value];
  }
}

function readName(from: Uint8Array, what: string, at: number): string {
  const end = from.subarray(0, MAX_NAME + 1).indexOf(0);
  if (end < 0) throw bad(`the ${what} name at ${hex(at)} has no end within ${MAX_NAME} characters`);
  let name = '';
  for (const byte of from.subarray(0, end)) {
    if (byte <= 0x20 || byte >= 0x7f || byte === 0x2f) {
      throw bad(`the ${what} name at ${hex(at)} has the byte ${hex(byte)}, which names cannot have`);
    }
    name += String.fromCharCode(byte);
  }
  return name;
}

/** Reads a node whose FDT_BEGIN_NODE has been taken, through its FDT_END_NODE. */
function readNode(tokens: TokenReader, depth: number): DeviceTreeNode {
  if (depth > MAX_FDT_DEPTH) throw bad(`nodes are nested deeper than ${MAX_FDT_DEPTH}`);
  const start = tokens.at - 4;
  const name = tokens.nodeName();
  if ((name === '') !== (depth === 1)) {
    throw bad(depth === 1 ? `the root node has the name ${name}` : `the node at ${hex(start)} has no name`);
  }
  const props = new Map<string, Uint8Array>();
  const children: DeviceTreeNode[] = [];
  const childNames = new Set<string>();
  for (;;) {
    const token = tokens.token();
    if (token === END_NODE) return { name, props, children };
    if (token === PROP) {
      const at = tokens.at - 4;
      const [property, value] = tokens.property();
      if (children.length > 0) throw bad(`the property ${property} at ${hex(at)} comes after a child node`);
      if (props.has(property)) throw bad(`the property ${property} at ${hex(at)} is there twice`);
      props.set(property, value);
    } else if (token === BEGIN_NODE) {
      const child = readNode(tokens, depth + 1);
      if (childNames.has(child.name)) throw bad(`the node ${child.name} is there twice in one parent`);
      childNames.add(child.name);
      children.push(child);
    } else {
      throw bad(`${hex(token)} at ${hex(tokens.at - 4)} is no token`);
    }
  }
}

function readReservations(view: DataView, offset: number, size: number): MemoryReservation[] {
  const reservations: MemoryReservation[] = [];
  for (let at = offset; ; at += 16) {
    if (at + 16 > size) throw bad('the memory reservation block has no end');
    const address = view.getBigUint64(at);
    const length = view.getBigUint64(at + 8);
    if (address === 0n && length === 0n) return reservations;
    reservations.push({ address, size: length });
  }
}

/**
 * The tree of a blob. Bytes after its own size are left alone, as boot loaders pad blobs.
 * Throws BadDeviceTree for anything that is not a complete version 16 or 17 tree of at most 2 MB.
 */
export function readFdt(blob: Uint8Array): DeviceTree {
  // A Node Buffer's slice() is a view, a Uint8Array's is a copy; the tree must own its values.
  const bytes = new Uint8Array(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < HEADER_SIZE) throw bad(`${bytes.length} bytes; the header alone has ${HEADER_SIZE}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = (index: number): number => view.getUint32(index * 4);
  if (field(0) !== MAGIC) throw bad(`it starts with ${hex(field(0))}, not with the magic number ${hex(MAGIC)}`);
  const size = field(1);
  if (size > bytes.length) throw bad(`it says it has ${size} bytes, there are ${bytes.length}`);
  if (size > MAX_FDT_SIZE) throw bad(`${size} bytes; at most ${MAX_FDT_SIZE} can be passed to a kernel`);
  const version = field(5);
  if (version < LAST_COMPATIBLE || field(6) > VERSION) {
    throw bad(
      `version ${version} (compatible with ${field(6)}); versions ${LAST_COMPATIBLE} and ${VERSION} can be read`,
    );
  }

  const block = (what: string, offset: number, length: number, alignment: number): number => {
    if (offset < HEADER_SIZE || offset > size || length > size - offset) {
      throw bad(`the ${what} block (${length} bytes at ${hex(offset)}) is not inside its ${size} bytes`);
    }
    if (offset % alignment !== 0) throw bad(`the ${what} block at ${hex(offset)} is not ${alignment}-byte aligned`);
    return offset;
  };
  const structure = block('structure', field(2), version >= 17 ? field(9) : 0, 4);
  const structureEnd = version >= 17 ? structure + field(9) : size;
  const strings = block('strings', field(3), field(8), 1);
  const names = bytes.subarray(strings, strings + field(8));

  const tokens = new TokenReader(bytes, structure, structureEnd, names);
  if (tokens.token() !== BEGIN_NODE) throw bad('the structure block does not start with a node');
  const root = readNode(tokens, 1);
  if (tokens.token() !== END) throw bad(`there is no end token after the root node, at ${hex(tokens.at - 4)}`);
  const reservations = readReservations(view, block('memory reservation', field(4), 16, 8), size);
  return { root, reservations, bootCpu: field(7) };
}

/** Collects the two blocks that depend on the tree. */
class BlobWriter {
  private readonly structure: number[] = [];
  private readonly strings: number[] = [];
  private readonly offsets = new Map<string, number>();

  private u32(value: number): void {
    this.structure.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }

  private padded(bytes: Iterable<number>): void {
    for (const byte of bytes) this.structure.push(byte);
    while (this.structure.length % 4 !== 0) this.structure.push(0);
  }

  private nameOffset(name: string): number {
    const known = this.offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.strings.length;
    this.offsets.set(name, offset);
    for (const byte of new TextEncoder().encode(`${name}\0`)) this.strings.push(byte);
    return offset;
  }

  node(from: DeviceTreeNode): void {
    this.u32(BEGIN_NODE);
    this.padded(new TextEncoder().encode(`${from.name}\0`));
    for (const [name, value] of from.props) {
      this.u32(PROP);
      this.u32(value.length);
      this.u32(this.nameOffset(name));
      this.padded(value);
    }
    for (const child of from.children) this.node(child);
    this.u32(END_NODE);
  }

  finish(tree: DeviceTree): Uint8Array {
    this.u32(END);
    const reservations = HEADER_SIZE;
    const structure = reservations + (tree.reservations.length + 1) * 16;
    const strings = structure + this.structure.length;
    const size = align(strings + this.strings.length, 8);
    const blob = new Uint8Array(size);
    const view = new DataView(blob.buffer);
    const header = [MAGIC, size, structure, strings, reservations, VERSION, LAST_COMPATIBLE, tree.bootCpu];
    [...header, this.strings.length, this.structure.length].forEach((value, i) => {
      view.setUint32(i * 4, value);
    });
    tree.reservations.forEach(({ address, size: length }, i) => {
      view.setBigUint64(reservations + i * 16, address);
      view.setBigUint64(reservations + i * 16 + 8, length);
    });
    blob.set(this.structure, structure);
    blob.set(this.strings, strings);
    return blob;
  }
}

/** The blob of a tree: version 17, names shared, no spare room. The same tree gives the same bytes. */
export function writeFdt(tree: DeviceTree): Uint8Array {
  const writer = new BlobWriter();
  writer.node(tree.root);
  return writer.finish(tree);
}
