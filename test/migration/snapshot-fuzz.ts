/** Snapshots made wrong: bytes, sections, fields of the state and pages, with the checksums made right again or not. */
import { inMemory, readContainer, type Section, writeContainer } from '../../src/migration/container.js';
import { BadSnapshot } from '../../src/migration/errors.js';
import { decodeJson, encodeJson } from '../../src/migration/json.js';
import { readSnapshot } from '../../src/migration/read-snapshot.js';
import { restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import type { Random } from '../conformance/random.js';
import { guestMachine } from '../support/machine.js';

/** Snapshots of machines in different states, as the mutations' origin. */
export function seeds(): Uint8Array<ArrayBuffer>[] {
  const cut = (machine: ReturnType<typeof guestMachine>, instructions: number): Uint8Array<ArrayBuffer> => {
    machine.host.onTransmit = () => {};
    machine.host.run({ instructions });
    machine.vm.board.uart.receive([0x61, 0x0d, 0x62]);
    return saveSnapshot(machine);
  };
  const ramBytes = 4 * 2 ** 20;
  return [
    cut(guestMachine('smp', { vcpus: 3, ramBytes, steal: ['vcpu=1 every=700us for=100us jitter=200us'] }), 60_000),
    cut(guestMachine('clock', { ramBytes, lpt: true, cpu: 'neoverse-n1' }), 40_000),
    cut(guestMachine('gic', { vcpus: 2, ramBytes, listRegisters: 1 }), 30_011),
    cut(guestMachine('hello', { ramBytes }), 1e9),
  ];
}

const below = (random: Random, n: number): number => random.word() % n;
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

const EXTREMES: readonly unknown[] = [
  0,
  1,
  -1,
  7,
  8,
  16,
  255,
  256,
  1020,
  0.5,
  2 ** 31,
  2 ** 32,
  -(2 ** 31),
  2 ** 53,
  1e300,
  -0,
  '',
  'on',
  'off',
  'wfi',
  'all',
  '__proto__',
  null,
  true,
  false,
  [],
  {},
  [[]],
  0n,
  1n,
  -1n,
  1n << 31n,
  1n << 48n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
  1n << 64n,
  1n << 100n,
  -(1n << 100n),
  10n ** 39n,
];

type Node = Record<string | number, unknown>;

/** A random place in a tree: deep ones as likely as shallow ones. */
function place(random: Random, root: unknown): { parent: Node; key: string | number } {
  let parent = root as Node;
  for (;;) {
    const keys: (string | number)[] = Array.isArray(parent) ? [...parent.keys()] : Object.keys(parent);
    const key = pick(random, keys);
    const child = parent[key];
    const inner = child !== null && typeof child === 'object' && Object.keys(child).length > 0;
    if (!inner || random.chance(1, 8)) return { parent, key };
    parent = child as Node;
  }
}

export function mutateTree(random: Random, root: unknown): void {
  const { parent, key } = place(random, root);
  const value = parent[key];
  switch (below(random, 7)) {
    case 0:
    case 1:
      parent[key] = structuredClone(pick(random, EXTREMES));
      return;
    case 2:
      if (typeof value === 'number') parent[key] = value + pick(random, [1, -1, 0.5, 1 << below(random, 31)]);
      else if (typeof value === 'bigint') parent[key] = value ^ (1n << BigInt(below(random, 66)));
      else if (typeof value === 'boolean') parent[key] = !value;
      else parent[key] = [value];
      return;
    case 3:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return;
    case 4:
      if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(value));
      else parent[`${key}2`] = value;
      return;
    case 5: {
      const other = place(random, root);
      parent[key] = structuredClone(other.parent[other.key]);
      return;
    }
    default: {
      const other = place(random, root);
      const [mine, theirs] = [structuredClone(value), structuredClone(other.parent[other.key])];
      other.parent[other.key] = mine;
      parent[key] = theirs;
    }
  }
}

export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let out = bytes.slice();
  const at = below(random, out.length + 1);
  switch (below(random, 6)) {
    case 0:
      out = out.subarray(0, at);
      break;
    case 1: {
      const more = new Uint8Array(out.length + 1 + below(random, 64));
      more.set(out.subarray(0, at));
      more.set(out.subarray(at), more.length - (out.length - at));
      out = more;
      break;
    }
    case 2:
      out.copyWithin(at, below(random, out.length + 1));
      break;
    case 3:
      // Headers and counts are at the front.
      if (out.length) out[below(random, Math.min(out.length, 64))] = random.word();
      break;
    default:
      for (let n = 1 + below(random, 4); n > 0 && out.length; n--) out[below(random, out.length)] = random.word();
  }
  return out;
}

function mutateSections(random: Random, sections: Section[]): void {
  const at = below(random, sections.length);
  const section = sections[at]!;
  switch (below(random, 5)) {
    case 0:
      sections.splice(at, 1);
      return;
    case 1:
      sections.splice(below(random, sections.length), 0, section);
      return;
    case 2:
      sections[at] = { ...section, version: pick(random, [0, 2, 65535]) };
      return;
    case 3:
      sections[at] = { ...section, name: pick(random, ['', 'ram', 'host', 'vm', 'x'.repeat(255), 'toString']) };
      return;
    default: {
      const other = below(random, sections.length);
      sections[at] = { ...section, payload: sections[other]!.payload };
      sections[other] = { ...sections[other]!, payload: section.payload };
    }
  }
}

/** One wrong snapshot. Now and then it is a right one, where the change was of a value that can be any. */
export function mutate(random: Random, seed: Uint8Array): { kind: string; bytes: Uint8Array } {
  if (random.chance(2, 10)) return { kind: 'bytes', bytes: mutateBytes(random, seed) };
  const sections = [...readContainer(seed)];
  if (random.chance(1, 10)) {
    mutateSections(random, sections);
    return { kind: 'sections', bytes: writeContainer(sections) };
  }
  const json = random.chance(8, 10);
  const at = json ? below(random, 2) : 2 + below(random, 2);
  const section = sections[at]!;
  if (json && random.chance(8, 10)) {
    const tree = decodeJson(section.payload);
    for (let n = 1 + below(random, random.chance(1, 4) ? 6 : 1); n > 0; n--) mutateTree(random, tree);
    sections[at] = { ...section, payload: encodeJson(tree) };
    return { kind: 'fields', bytes: writeContainer(sections) };
  }
  sections[at] = { ...section, payload: mutateBytes(random, section.payload) };
  return { kind: json ? 'text' : 'pages', bytes: writeContainer(sections) };
}

/**
 * Reads a snapshot; anything but success or BadSnapshot comes out.
 * @returns the reason of a refusal, or null
 */
export function tryRead(bytes: Uint8Array): string | null {
  try {
    readSnapshot(inMemory(bytes));
    return null;
  } catch (error) {
    if (error instanceof BadSnapshot) return error.message;
    throw error;
  }
}

/** Makes the machine of a snapshot that can be read and runs it a little: whatever it does, nothing may be thrown. */
export function tryRun(bytes: Uint8Array, engine: 'interp' | 'jit'): void {
  const machine = restoreSnapshot(bytes, engine);
  machine.host.onTransmit = () => {};
  let slices = 0;
  machine.host.run({ instructions: machine.host.instructions + 20_000, poll: () => ++slices > 200 });
  saveSnapshot(machine);
}
