/** Saving a VM with its host to bytes, and making both anew from them. */

import type { ExitCosts } from '../host/costs.js';
import { DEFAULT_COSTS } from '../host/costs.js';
import type { HostSpec } from '../host/frequency.js';
import type { Host, HostOptions, HostState } from '../host/host.js';
import { Host as HostClass } from '../host/host.js';
import { type StealPattern, StealSchedule } from '../host/steal.js';
import { checkConfig, type VmConfig } from '../hypervisor/vm/config.js';
import { Vm, type VmState } from '../hypervisor/vm/vm.js';
import { readContainer, type Section, writeContainer } from './container.js';
import { BadSnapshot } from './errors.js';
import { checkShape, decodeJson, encodeJson } from './json.js';
import { decodePages, encodePages } from './pages.js';

/** Versions of the sections that this build writes and reads. */
const VERSIONS = { host: 1, vm: 1, ram: 1, 'pv-time': 1 } as const;

/** The host as a snapshot carries it: what a restore goes on with unless told otherwise. */
interface SavedHost {
  spec: HostSpec;
  ips: number;
  quantum: bigint;
  costs: ExitCosts;
  steal: { patterns: StealPattern[]; seed: number };
  state: HostState;
}

/** A running machine. */
export interface Machine {
  readonly host: Host;
  readonly vm: Vm;
}

export function createMachine(options: HostOptions, config: VmConfig, engine: 'interp' | 'jit'): Machine {
  const host = new HostClass(options);
  const vm = new Vm(config, host, { engine });
  host.attach(vm);
  return { host, vm };
}

/** The machine between two slices, as the bytes of a snapshot file. */
export function saveSnapshot({ host, vm }: Machine): Uint8Array<ArrayBuffer> {
  const { ips, quantum, costs, steal } = host.options;
  const saved: SavedHost = {
    spec: host.counter.spec,
    ips,
    quantum,
    costs,
    steal: { patterns: [...steal.patterns], seed: steal.seed },
    state: host.save(),
  };
  const section = (name: keyof typeof VERSIONS, payload: Uint8Array): Section => ({
    name,
    version: VERSIONS[name],
    payload,
  });
  return writeContainer([
    section('host', encodeJson(saved)),
    section('vm', encodeJson(vm.save())),
    ...vm.memory().map((m) => section(m.name, encodePages(m.bytes))),
  ]);
}

/** What a snapshot says of its machine, without making it. */
export function describeSnapshot(bytes: Uint8Array): {
  config: VmConfig;
  spec: HostSpec;
  sections: readonly Section[];
} {
  const sections = readContainer(bytes);
  const { saved, state } = decode(sections);
  return { config: state.config, spec: saved.spec, sections };
}

/**
 * Makes the machine that a snapshot describes.
 * @param change host options that differ from the saved ones (not the counter: that is a migration)
 * @throws BadSnapshot where the bytes do not describe a machine
 */
export function restoreSnapshot(
  bytes: Uint8Array,
  engine: 'interp' | 'jit',
  change: Partial<Omit<HostOptions, 'spec'>> = {},
): Machine {
  const sections = readContainer(bytes);
  const { saved, state } = decode(sections);
  try {
    const steal = new StealSchedule(saved.steal.patterns, saved.steal.seed);
    const { spec, ips, quantum, costs } = saved;
    const host = new HostClass({ spec, ips, quantum, costs, steal, ...change }, saved.state);
    const vm = new Vm(state.config, host, { engine }, state);
    host.attach(vm);
    for (const memory of vm.memory()) decodePages(find(sections, memory.name).payload, memory.bytes);
    return { host, vm };
  } catch (error) {
    if (error instanceof BadSnapshot) throw error;
    throw new BadSnapshot(`does not describe a machine: ${error instanceof Error ? error.message : error}`);
  }
}

function find(sections: readonly Section[], name: keyof typeof VERSIONS): Section {
  const found = sections.find((s) => s.name === name);
  if (!found) throw new BadSnapshot(`no section '${name}'`);
  if (found.version !== VERSIONS[name]) {
    throw new BadSnapshot(`section '${name}' has version ${found.version}; this Chronovisor reads ${VERSIONS[name]}`);
  }
  return found;
}

const HOST_SHAPE: SavedHost = {
  spec: { name: '', freqHz: 1, ppm: 0, start: 0n },
  ips: 1,
  quantum: 1n,
  costs: DEFAULT_COSTS,
  steal: { patterns: [], seed: 0 },
  state: { timeline: { anchor: 0n, work: 0n, parallel: 1 }, turn: 0, left: 0, accounts: [] },
};

function decode(sections: readonly Section[]): { saved: SavedHost; state: VmState } {
  const saved = decodeJson(find(sections, 'host').payload);
  checkShape(saved, HOST_SHAPE, 'host');
  const state = decodeJson(find(sections, 'vm').payload);
  checkShape(state, { config: {}, vcpus: [], vgic: {}, board: { uart: {}, rtc: {}, gpio: {} }, last: 0 }, 'vm');
  const vm = state as VmState;
  try {
    checkConfig(vm.config);
  } catch (error) {
    throw new BadSnapshot((error as Error).message);
  }
  if (vm.vcpus.length !== vm.config.vcpus) {
    throw new BadSnapshot(`${vm.vcpus.length} vCPU states for ${vm.config.vcpus} vCPUs`);
  }
  return { saved: saved as SavedHost, state: vm };
}
