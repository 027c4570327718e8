/** Saving a VM with its host to bytes, and making both anew from them. */
import { DEFAULT_COSTS } from '../host/costs.js';
import type { HostSpec } from '../host/frequency.js';
import type { Host, HostOptions } from '../host/host.js';
import { Host as HostClass } from '../host/host.js';
import { StealSchedule } from '../host/steal.js';
import { type FaultName, parseFaults } from '../hypervisor/faults.js';
import type { VmConfig } from '../hypervisor/vm/config.js';
import { Vm } from '../hypervisor/vm/vm.js';
import { admitFirstHost } from './compatibility.js';
import { type Section, writeContainer } from './container.js';
import { spoiledRestore, spoiledSave, spoiledSection } from './faults.js';
import { encodeJson } from './json.js';
import { decodePages, encodePages } from './pages.js';
import { readSnapshot, type SavedHost, type SectionName, VERSIONS } from './read-snapshot.js';

/** A running machine. */
export interface Machine {
  readonly host: Host;
  readonly vm: Vm;
}

/** @throws RangeError for a configuration that cannot be, or not on this host */
export function createMachine(options: HostOptions, config: VmConfig, engine: 'interp' | 'jit'): Machine {
  admitFirstHost(config, options.spec.cpu);
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
    end: vm.end,
    state: host.save(),
  };
  const section = (name: SectionName, payload: Uint8Array): Section => ({ name, version: VERSIONS[name], payload });
  return writeContainer([
    section('host', encodeJson(saved)),
    spoiledSection(vm.faults, section('vm', encodeJson(spoiledSave(vm.faults, vm.save())))),
    ...vm.memory().map((m) => section(m.name, encodePages(m.view, m.used))),
  ]);
}

/**
 * What a snapshot says of its machine, without making it.
 * @throws BadSnapshot where the bytes do not describe a machine
 */
export function describeSnapshot(bytes: Uint8Array): {
  config: VmConfig;
  spec: HostSpec;
  sections: readonly Section[];
} {
  const { host, vm, sections } = readSnapshot(bytes);
  return { config: vm.config, spec: host.spec, sections };
}

/**
 * Makes the machine that a snapshot describes.
 * @param change host options that differ from the saved ones (not the counter: that is a migration)
 * @param faults misbehaviours beside those that the machine was saved with
 * @throws BadSnapshot where the bytes do not describe a machine
 */
export function restoreSnapshot(
  bytes: Uint8Array,
  engine: 'interp' | 'jit',
  change: Partial<Omit<HostOptions, 'spec'>> = {},
  faults: readonly FaultName[] = [],
): Machine {
  const { host: saved, vm: state, memory } = readSnapshot(bytes);
  const steal = new StealSchedule(saved.steal.patterns, saved.steal.seed);
  const { spec, ips, quantum } = saved;
  const costs = { ...DEFAULT_COSTS, ...saved.costs };
  const host = new HostClass({ spec, ips, quantum, costs, steal, ...change }, saved.state);
  const all = parseFaults([...(state.config.faults ?? []), ...faults]);
  const config = all.length ? { ...state.config, faults: all } : state.config;
  const vm = new Vm(config, host, { engine }, spoiledRestore(new Set(all), state));
  host.attach(vm);
  vm.end = saved.end;
  for (const m of vm.memory()) decodePages(memory[m.name], (offset, page) => m.write(offset, page));
  return { host, vm };
}
