/** Saving a VM with its host to bytes, and making both anew from them. */
import type { ReadIdentity } from '../arch/system/identity.js';
import { DEFAULT_COSTS } from '../host/costs.js';
import type { HostSpec } from '../host/frequency.js';
import type { Host, HostOptions } from '../host/host.js';
import { Host as HostClass } from '../host/host.js';
import { StealSchedule } from '../host/steal.js';
import { type FaultName, parseFaults } from '../hypervisor/faults.js';
import type { VmConfig } from '../hypervisor/vm/config.js';
import type { GuestMemory } from '../hypervisor/vm/guest-memory.js';
import { Vm } from '../hypervisor/vm/vm.js';
import type { VmOptions } from '../hypervisor/vm/vm-state.js';
import type { VirtioBackends } from '../machine/virtio/index.js';
import { admitFirstHost } from './compatibility.js';
import { type ByteSource, inMemory, type Section, type StoredSection, writeContainer } from './container.js';
import { spoiledRestore, spoiledSave, spoiledSection, spoilRestoredIts } from './faults.js';
import { encodeJson } from './json.js';
import { encodePages, encodeSparse, PAGE, type SavedPages } from './pages.js';
import {
  diskSection,
  paddedSize,
  readSnapshot,
  type SavedHost,
  type SectionName,
  type Snapshot,
  VERSIONS,
} from './read-snapshot.js';

/** A running machine. */
export interface Machine {
  readonly host: Host;
  readonly vm: Vm;
}

/**
 * @param backends what its drives hold
 * @throws RangeError for a configuration that cannot be, or not on this host
 */
export function createMachine(
  options: HostOptions,
  config: VmConfig,
  engine: 'interp' | 'jit',
  backends: VirtioBackends = {},
): Machine {
  admitFirstHost(config, options.spec.cpu);
  const host = new HostClass(options);
  const vm = new Vm(config, host, { engine, backends });
  host.attach(vm);
  return { host, vm };
}

const section = (name: SectionName, payload: Uint8Array): Section => ({ name, version: VERSIONS[name], payload });

/** Everything of the machine, between two slices, but its memory. */
export function stateSections({ host, vm }: Machine): Section[] {
  const { ips, quantum, costs, steal } = host.options;
  const saved: SavedHost = {
    spec: host.counter.spec,
    ips,
    quantum,
    costs,
    steal: { patterns: [...steal.patterns], seed: steal.seed },
    end: vm.end,
    state: host.save(),
  };
  return [
    section('host', encodeJson(saved)),
    spoiledSection(vm.faults, section('vm', encodeJson(spoiledSave(vm.faults, vm.save())))),
  ];
}

/** The machine between two slices, as the bytes of a snapshot file. */
export function saveSnapshot(machine: Machine): Uint8Array<ArrayBuffer> {
  const memory = machine.vm.memory().map((m) => section(m.name, encodePages(m.view, m.used)));
  return writeContainer([...stateSections(machine), ...memory, ...diskSections(machine)]);
}

/** What the guest has written to each of its drives. */
export function diskSections({ vm }: Machine): Section[] {
  return vm.board.virtio.disks.map((disk, n) => ({
    ...diskSection(n),
    payload: encodeSparse(disk.clusters, paddedSize(disk.contents.size)),
  }));
}

/**
 * What a snapshot says of its machine, without making it.
 * @throws BadSnapshot where the bytes do not describe a machine
 */
export function describeSnapshot(bytes: Uint8Array): {
  config: VmConfig;
  spec: HostSpec;
  sections: readonly StoredSection[];
  /** What the guest has read of its CPU. */
  read: ReadIdentity;
} {
  const { host, vm, sections } = readSnapshot(inMemory(bytes));
  return { config: vm.config, spec: host.spec, sections, read: vm.identity?.read ?? {} };
}

/**
 * Makes the machine that a snapshot describes. All of it is checked; RAM is read page by page when it is first looked at.
 * @param source its bytes, which stay as they are while the machine is used
 * @param change host options that differ from the saved ones (not the counter: that is a migration)
 * @param faults misbehaviours beside those that the machine was saved with
 * @param backends what its drives began with; what the guest has written to them is in the snapshot
 * @throws BadSnapshot where the bytes do not describe a machine
 * @throws RangeError where a drive's contents are not given, or are not those it was made with
 */
export function restoreSnapshot(
  source: Uint8Array | ByteSource,
  engine: 'interp' | 'jit',
  change: Partial<Omit<HostOptions, 'spec'>> = {},
  faults: readonly FaultName[] = [],
  backends: VirtioBackends = {},
): Machine {
  const snapshot = readSnapshot(source instanceof Uint8Array ? inMemory(source) : source);
  const written = snapshot.disks.map(clustersOf);
  const disks = backends.disks?.map(({ contents }, n) => ({ contents, clusters: written[n]! }));
  const machine = machineFrom(snapshot, { engine, ...(disks && { backends: { ...backends, disks } }) }, change, faults);
  const { memory } = snapshot;
  for (const m of machine.vm.memory()) {
    const { numbers, contents } = memory.get(m.name)!;
    if (m.name === 'ram') defer(machine.vm, m, { numbers, contents });
    else numbers.forEach((page, index) => m.write(page * PAGE, contents(index)));
  }
  machine.vm.memoryRestored();
  spoilRestoredIts(machine.vm);
  return machine;
}

/** Has the pages put in place when they are needed. */
function defer({ engine }: Vm, memory: GuestMemory, { numbers, contents }: SavedPages): void {
  for (const page of numbers) memory.written(page * PAGE, PAGE);
  const places = new Uint32Array(memory.size / PAGE);
  numbers.forEach((page, index) => {
    places[page] = index + 1;
  });
  engine.cpu.ram.defer(memory.host, places, (page, place) => memory.view.set(contents(place - 1), page * PAGE));
}

function clustersOf({ numbers, contents }: SavedPages): Map<number, Uint8Array<ArrayBuffer>> {
  // A source may give the same buffer for every page.
  return new Map([...numbers].map((cluster, index) => [cluster, Uint8Array.from(contents(index))]));
}

/**
 * Makes a machine of its state; its memory is to be filled before it runs.
 * @param options `prepared`: an engine made for such a machine, which may hold its memory already
 */
export function machineFrom(
  { host: saved, vm: state }: Pick<Snapshot, 'host' | 'vm'>,
  options: VmOptions,
  change: Partial<Omit<HostOptions, 'spec'>> = {},
  faults: readonly FaultName[] = [],
): Machine {
  const steal = new StealSchedule(saved.steal.patterns, saved.steal.seed);
  const { spec, ips, quantum } = saved;
  const costs = { ...DEFAULT_COSTS, ...saved.costs };
  const host = new HostClass({ spec, ips, quantum, costs, steal, ...change }, saved.state);
  const all = parseFaults([...(state.config.faults ?? []), ...faults]);
  const config = all.length ? { ...state.config, faults: all } : state.config;
  const vm = new Vm(config, host, options, spoiledRestore(new Set(all), state));
  host.attach(vm);
  vm.end = saved.end;
  return { host, vm };
}
