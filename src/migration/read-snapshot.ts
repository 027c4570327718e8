/**
 * From the bytes of a snapshot to what it says of a machine. All that can be wrong is found here, before a machine is
 * made: nothing is allocated by what a field claims, and only BadSnapshot comes out.
 */
import type { ExitCosts } from '../host/costs.js';
import type { HostSpec } from '../host/frequency.js';
import { type HostState, MAX_QUANTUM, MIN_QUANTUM } from '../host/host.js';
import { type StealPattern, StealSchedule } from '../host/steal.js';
import { Timeline } from '../host/timeline.js';
import { affinityOf, checkState, resavedState, resolvePolicies } from '../hypervisor/vgic/index.js';
import { checkConfig } from '../hypervisor/vm/config.js';
import { type MemoryName, memorySizes } from '../hypervisor/vm/guest-memory.js';
import type { GuestEnd } from '../hypervisor/vm/host.js';
import { mpidrOf, type VmState } from '../hypervisor/vm/vm-state.js';
import { checkFlash } from '../machine/flash/index.js';
import { SPI_COUNT } from '../machine/virt.js';
import { CLUSTER, checkAttached, hasPci, MAX_CLUSTERS } from '../machine/virtio/index.js';
import { type ByteSource, readSections, type StoredSection } from './container.js';
import { BadSnapshot } from './errors.js';
import { readJson } from './json.js';
import { findPages, type SavedPages, savedSize } from './pages.js';
import { HOST_SHAPE, VM_SHAPE } from './state-shape.js';

/** Versions of the sections that this build writes and reads. */
export const VERSIONS = { host: 1, vm: 1, ram: 1, 'pv-time': 1, 'flash-0': 1, 'flash-1': 1 } as const;

export type SectionName = keyof typeof VERSIONS;

/** The host as a snapshot carries it: what a restore goes on with unless told otherwise. */
export interface SavedHost {
  spec: HostSpec;
  ips: number;
  quantum: bigint;
  costs: ExitCosts;
  steal: { patterns: StealPattern[]; seed: number };
  /** How the guest ended, where it has. */
  end: GuestEnd | null;
  state: HostState;
}

/** A snapshot that describes a machine. */
export interface Snapshot {
  readonly host: SavedHost;
  readonly vm: VmState;
  /** Pages of each memory, checked. */
  readonly memory: ReadonlyMap<MemoryName, SavedPages>;
  /** What was written to each drive, checked. */
  readonly disks: readonly SavedPages[];
  readonly sections: readonly StoredSection[];
}

/** The section of a drive's written clusters. */
export const diskSection = (n: number): { name: string; version: number } => ({ name: `disk-${n}`, version: 1 });

/** A drive's last cluster is a whole one. */
export const paddedSize = (size: number): number => Math.ceil(size / CLUSTER) * CLUSTER;

/** @throws BadSnapshot where the bytes do not describe a machine */
export function readSnapshot(source: ByteSource): Snapshot {
  const sections = readSections(source);
  const { host, vm } = readState(sections, Number(savedSize(own(sections, 'ram'))));
  const drives = (vm.config.devices ?? []).filter((d) => d.kind === 'block');
  const disks = drives.map(({ size, readOnly }, n) => {
    const { name, version } = diskSection(n);
    const written = findPages(find(sections, name, version), paddedSize(size));
    if (written.numbers.length > (readOnly ? 0 : MAX_CLUSTERS)) {
      throw new BadSnapshot(`section '${name}' holds more than its drive can`);
    }
    return written;
  });
  const memories = memorySizes(vm.config);
  const names = ['host', 'vm', ...memories.map(([name]) => name), ...disks.map((_, n) => diskSection(n).name)];
  for (const { name } of sections) if (!names.includes(name)) throw new BadSnapshot('a section has an unknown name');
  const memory = new Map(memories.map(([name, size]) => [name, findPages(own(sections, name), size)]));
  return { host, vm, memory, disks, sections };
}

/**
 * Most bytes of a VM's state: what any guest may have, console input that waits included; then so many that its values
 * take no more memory than the guest's RAM.
 */
const stateLimit = (ramBytes: number): number => Math.min(Math.max(2 ** 21, ramBytes / 32), 2 ** 24);

/**
 * The state of a machine without its memory.
 * @param ramBytes what the guest declares
 * @throws BadSnapshot where the sections do not describe one
 */
export function readState(sections: readonly StoredSection[], ramBytes: number): Pick<Snapshot, 'host' | 'vm'> {
  const host = readJson(own(sections, 'host')) as SavedHost;
  HOST_SHAPE(host, 'host');
  const vm = readJson(own(sections, 'vm'), stateLimit(ramBytes)) as VmState;
  VM_SHAPE(vm, 'vm');
  try {
    checkHost(host);
    checkVm(vm);
  } catch (error) {
    // The parts say RangeError; anything else would be a mistake of ours.
    throw error instanceof RangeError ? new BadSnapshot(error.message) : error;
  }
  checkTogether(host, vm);
  return { host, vm };
}

const own = (sections: readonly StoredSection[], name: SectionName): StoredSection =>
  find(sections, name, VERSIONS[name]);

function find(sections: readonly StoredSection[], name: string, version: number): StoredSection {
  const [found, another] = sections.filter((s) => s.name === name);
  if (!found) throw new BadSnapshot(`no section '${name}'`);
  if (another) throw new BadSnapshot(`two sections '${name}'`);
  if (found.version !== version) {
    throw new BadSnapshot(`section '${name}' has version ${found.version}; this Chronovisor reads ${version}`);
  }
  return found;
}

/** @throws RangeError */
function checkHost({ ips, quantum, steal }: SavedHost): void {
  new Timeline(ips);
  if (quantum < MIN_QUANTUM || quantum > MAX_QUANTUM) throw new RangeError(`host.quantum is ${quantum} ps`);
  for (const { every, length, jitter } of steal.patterns) {
    if (length <= 0n || length >= every || jitter > every - length) throw new RangeError('host.steal cannot be');
  }
  new StealSchedule(steal.patterns, steal.seed);
}

/** @throws RangeError */
function checkVm({ config, vcpus, vgic, board, lpt, identity, vmclock, lptInterrupt, last, time }: VmState): void {
  checkConfig(config);
  const devices = config.devices ?? [];
  checkAttached(devices, board.virtio ?? []);
  if (hasPci(devices) !== (board.pcie !== undefined)) throw new RangeError('vm.board.pcie is not what vm.config says');
  if ((board.firmware !== undefined) !== (config.firmware ?? false)) {
    throw new RangeError('vm.board.firmware is not what vm.config says');
  }
  board.firmware?.flash.forEach(checkFlash);
  const told = config.implementations?.length ?? 0;
  if (identity && identity.told >= 2 ** told) {
    throw new RangeError(`vm.identity.told is ${identity.told}, of ${told} implementations`);
  }
  const count = config.vcpus;
  if (vcpus.length !== count) throw new RangeError(`${vcpus.length} vCPU states for ${count} vCPUs`);
  if (last >= count) throw new RangeError(`vCPU ${last} ran last, of ${count}`);
  for (const [n, { power, start }] of vcpus.entries()) {
    if ((power === 'on-pending') !== (start !== null)) throw new RangeError(`vCPU ${n} is ${power}: its start differs`);
  }
  if (time && (time.kind === 'scaled') !== time.scaleValue > 0)
    throw new RangeError('vm.time.scaleValue is not as its kind');
  if (lptInterrupt && config.pvTime !== 'beta2018') throw new RangeError('vm.lptInterrupt is not of its profile');
  if ((vmclock !== undefined) !== (config.vmclock ?? false))
    throw new RangeError('vm.vmclock is not what vm.config says');
  const offersLpt = config.lpt && config.pvTime !== 'off';
  if (lpt ? !offersLpt || lpt.profile !== config.pvTime || lpt.pvFreqHz !== config.pvFreqHz : offersLpt) {
    throw new RangeError('vm.lpt is not what vm.config says');
  }
  checkState(
    vgic,
    vcpus.map((_, n) => affinityOf(mpidrOf(n))),
    SPI_COUNT - 32,
    config.its ?? false,
  );
  if (!same(resavedState(vgic, resolvePolicies(config.listRegisters, config.gic ?? {})), vgic))
    throw new RangeError('vm.vgic is not as a vGIC saves itself');
}

function checkTogether({ state }: SavedHost, { vcpus }: VmState): void {
  const { accounts, alarms, turn } = state;
  for (const [what, list] of Object.entries({ accounts, alarms })) {
    if (list.length !== vcpus.length) throw new BadSnapshot(`${list.length} host ${what} for ${vcpus.length} vCPUs`);
  }
  if (turn >= vcpus.length) throw new BadSnapshot(`it is the turn of vCPU ${turn}, of ${vcpus.length}`);
}

/** Whether two plain values have the same contents. */
function same(a: unknown, b: unknown): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
