/** The ITS: its command queue, and MSIs. */

import type { VgicModel } from '../model.js';
import { type CommandContext, type CommandWords, execute, signal } from './commands.js';
import { COMMAND_BYTES, DEVICE_BITS, isValid, queueAddress, queueBytes } from './state.js';
import { ItsTables } from './tables.js';

/**
 * Commands that one access of the guest runs. What is left of the queue is run in as many again at later instants
 * (VgicHost), so that no queue, however long, keeps the other vCPUs from running.
 */
export const COMMANDS_AT_ONCE = 32;

const contextOf = (model: VgicModel, accessor: number): CommandContext => ({
  model,
  tables: new ItsTables(model.lpis!.memory, model.lpis!.its),
  accessor,
});

/** Whether there are commands to run. */
export function hasCommands({ lpis }: VgicModel): boolean {
  if (!lpis) return false;
  const { enabled, stalled, creadr, cwriter, cbaser } = lpis.its;
  return enabled && !stalled && creadr !== cwriter && isValid(cbaser);
}

/** Runs at most COMMANDS_AT_ONCE commands of the queue. */
export function runCommands(model: VgicModel, accessor: number): void {
  const { its, memory } = model.lpis!;
  const context = contextOf(model, accessor);
  for (let n = 0; n < COMMANDS_AT_ONCE && hasCommands(model); n++) {
    const at = queueAddress(its.cbaser) + its.creadr;
    if (!memory.holds(at, COMMAND_BYTES)) {
      its.stalled = true;
      refuse(model, 'the command queue is not in RAM');
      return;
    }
    const words = [0, 8, 16, 24].map((offset) => memory.read64(at + offset)) as unknown as CommandWords;
    its.creadr = (its.creadr + COMMAND_BYTES) % queueBytes(its.cbaser);
    refuse(model, execute(context, words));
  }
}

/** A device's write to GITS_TRANSLATER. */
export function signalMsi(model: VgicModel, deviceId: number, eventId: number, accessor: number): void {
  if (!model.lpis?.its.enabled) return;
  const why = signal(contextOf(model, accessor), deviceId, eventId);
  refuse(model, why && `MSI: ${why}`);
}

export interface Mapping {
  readonly device: number;
  readonly event: number;
  readonly lpi: number;
  /** The vCPU of its collection, -1 where that is not mapped. */
  readonly vcpu: number;
}

/** Every event that is mapped, as the tables say. */
export function* mappings(model: VgicModel): Generator<Mapping> {
  if (!model.lpis) return;
  const { tables } = contextOf(model, -1);
  for (let id = 0; id < 2 ** DEVICE_BITS; id++) {
    const device = tables.device(id);
    for (let n = 0; device && n < 2 ** device.eventBits; n++) {
      const event = tables.event(device, n);
      if (event) yield { device: id, event: n, lpi: event.lpi, vcpu: tables.collection(event.collection) };
    }
  }
}

/** A device's mapping goes: what a mistaken hypervisor loses. */
export function loseDevice(model: VgicModel, id: number): void {
  contextOf(model, -1).tables.setDevice(id, null);
}

/** Counts what was asked for and not done; the first of a kind is told. */
function refuse({ lpis, host }: VgicModel, what: string | null): void {
  if (!what) return;
  const before = lpis!.refusals.get(what) ?? 0;
  lpis!.refusals.set(what, before + 1);
  if (before === 0) host.refused?.(`ITS: ${what}`);
}
