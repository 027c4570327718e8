/** Room for a machine that comes by a live migration: an engine made ahead, filled with pages, then given its state. */
import type { HostSpec } from '../../host/frequency.js';
import type { HostOptions } from '../../host/host.js';
import { createEngine } from '../../hypervisor/vm/create-engine.js';
import { stateRegions } from '../../hypervisor/vm/guest-memory.js';
import { encodeJson } from '../json.js';
import { type MigrationRecord, migrate } from '../migrate.js';
import { pageKernel } from '../page-kernel.js';
import { type Machine, machineFrom } from '../snapshot.js';
import type { Room } from './destination.js';
import { MigrationFailed } from './errors.js';
import { PAGE_BYTES } from './frames.js';
import { decodeState, type Offer, refusing } from './messages.js';

/** A guest that has come. */
export interface Arrival {
  readonly machine: Machine;
  readonly record: MigrationRecord;
  /** The line that it is printing. */
  readonly line: string;
}

/**
 * Makes room for the offered machine on a host.
 * @param change host options other than the source's
 * @param prepared an engine for that configuration whose memory is all zeros
 */
export function reserveRoom(
  offer: Offer,
  spec: HostSpec,
  engine: 'interp' | 'jit',
  change: Partial<Omit<HostOptions, 'spec'>> = {},
  prepared = createEngine(offer.config, engine),
): Room<Arrival> {
  const kernel = pageKernel(prepared.memory);
  const regions = stateRegions(prepared.cpu.ram).map(({ region }) => region);
  const used = regions.map(({ size }) => new Uint8Array(size / PAGE_BYTES));
  const textOf = (config: Offer['config']): string => new TextDecoder().decode(encodeJson(config));
  const configured = textOf(offer.config);
  return {
    areas: regions.map(({ host, size }, i) => ({
      bytes: prepared.cpu.u8.subarray(host, host + size),
      used: used[i]!,
      hash: (offset, length) => kernel.hash(host + offset, length),
    })),
    build(payload) {
      const state = decodeState(payload, offer.config.ramBytes);
      if (textOf(state.vm.config) !== configured) {
        throw new MigrationFailed('the state is of another machine than was offered');
      }
      const machine = refusing('state', () => machineFrom(state, { engine, prepared }, change));
      return () => {
        for (const [i, { host }] of regions.entries()) {
          machine.vm.system.mmu.dirty.used.set(used[i]!, (host - prepared.map.ram) / PAGE_BYTES);
        }
        machine.vm.memoryRestored();
        const { strategy, pause, downtime, allow } = offer;
        const record = refusing('state', () => migrate(machine, spec, strategy, pause, downtime, allow));
        return { machine, record, line: state.line };
      };
    },
  };
}
