/** Snapshots made wrong: bytes, sections, fields of the state and pages, with the checksums made right again or not. */

import { CLUSTER, type DiskContents } from '../../src/machine/virtio/index.js';
import { inMemory, readContainer, type Section, writeContainer } from '../../src/migration/container.js';
import { BadSnapshot } from '../../src/migration/errors.js';
import { decodeJson } from '../../src/migration/json.js';
import { readSnapshot } from '../../src/migration/read-snapshot.js';
import { describeSnapshot, restoreSnapshot, saveSnapshot } from '../../src/migration/snapshot.js';
import type { Random } from '../conformance/random.js';
import { guestMachine, type MachineOptions } from '../support/machine.js';
import { WrongJson } from '../support/wrong-json.js';

/** A right snapshot, in the parts that are made wrong. */
export interface Origin {
  readonly bytes: Uint8Array;
  /** host, vm, then the memories and drives. */
  readonly sections: readonly Section[];
  /** The first two sections. */
  readonly json: readonly WrongJson[];
}

/** RAM of the guests in bytes. */
export const RAM = 4 * 2 ** 20;

const zeros = (size: number, sha256: string): DiskContents => ({ size, sha256, read: (_offset, into) => into.fill(0) });

const DRIVE = {
  kind: 'block',
  bus: 'mmio',
  readOnly: false,
  size: 65536,
  sha256: '0'.repeat(64),
  latency: 50,
} as const;

/** One device of each type, and a drive that has been written to. */
const DEVICES = {
  devices: [
    DRIVE,
    { kind: 'net', bus: 'pci', peer: 'user', mac: '52:54:00:12:34:56' },
    { kind: 'rng', bus: 'pci', seed: 1 },
    { kind: 'console', bus: 'mmio' },
  ],
  backends: {
    disks: [
      {
        contents: zeros(DRIVE.size, DRIVE.sha256),
        clusters: new Map([1, 7, 15].map((n) => [n, new Uint8Array(CLUSTER).fill(n)])),
      },
    ],
  },
} satisfies MachineOptions;

/** Snapshots of machines in different states, as the mutations' origin. */
export function origins(): Origin[] {
  const cut = (machine: ReturnType<typeof guestMachine>, instructions: number): Origin => {
    machine.host.onTransmit = () => {};
    machine.host.run({ instructions });
    machine.vm.board.uart.receive([0x61, 0x0d, 0x62]);
    const bytes = saveSnapshot(machine);
    const sections = readContainer(bytes);
    const json = sections.slice(0, 2).map(({ payload }) => new WrongJson(decodeJson(payload)));
    return { bytes, sections, json };
  };
  return [
    cut(guestMachine('smp', { vcpus: 3, ramBytes: RAM, steal: ['vcpu=1 every=700us for=100us jitter=200us'] }), 60_000),
    cut(guestMachine('clock', { ramBytes: RAM, lpt: true, cpu: 'neoverse-n1' }), 40_000),
    cut(guestMachine('gic', { vcpus: 2, ramBytes: RAM, listRegisters: 1 }), 30_011),
    cut(guestMachine('hello', { ramBytes: RAM, ...DEVICES }), 1e9),
    cut(guestMachine('gic', { vcpus: 2, ramBytes: RAM, its: true, vmclock: true, cpu: 'neoverse-n1' }), 20_000),
  ];
}

const below = (random: Random, n: number): number => random.word() % n;
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

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
export function mutate(random: Random, origin: Origin): { kind: string; bytes: Uint8Array } {
  if (random.chance(2, 10)) return { kind: 'bytes', bytes: mutateBytes(random, origin.bytes) };
  const sections = [...origin.sections];
  if (random.chance(1, 10)) {
    mutateSections(random, sections);
    return { kind: 'sections', bytes: writeContainer(sections) };
  }
  const json = random.chance(8, 10);
  const at = json ? below(random, 2) : 2 + below(random, sections.length - 2);
  const section = sections[at]!;
  if (json && random.chance(8, 10)) {
    const payload = origin.json[at]!.mutate(random, 1 + below(random, random.chance(1, 4) ? 6 : 1));
    sections[at] = { ...section, payload };
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

/**
 * Makes the machine of a snapshot that can be read and runs it a little: whatever it does, nothing may be thrown.
 * @returns bytes of its engine's memory beyond the RAM that it declares
 */
export function tryRun(bytes: Uint8Array, engine: 'interp' | 'jit'): number {
  const drives = (describeSnapshot(bytes).config.devices ?? []).filter((device) => device.kind === 'block');
  const disks = drives.map(({ size, sha256 }) => ({ contents: zeros(size, sha256) }));
  const machine = restoreSnapshot(bytes, engine, {}, [], { disks });
  machine.host.onTransmit = () => {};
  let slices = 0;
  machine.host.run({ instructions: machine.host.instructions + 20_000, poll: () => ++slices > 200 });
  saveSnapshot(machine);
  const { vm } = machine;
  return vm.engine.memory.buffer.byteLength - vm.config.ramBytes;
}
