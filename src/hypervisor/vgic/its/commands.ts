/**
 * ITS commands (IHI 0069H, 5.3): 32 bytes each, of which a guest writes every one. A command that cannot be done does
 * nothing, as 5.3 allows, and says why.
 */

import { FIRST_LPI_INTID } from '../../../arch/gic/registers.js';
import { discardLpi, invalidateAllLpis, invalidateLpi, moveAllLpis, moveLpi, pendLpi, unpendLpi } from '../lpi/lpis.js';
import { INTID_LIMIT } from '../lpi/tables.js';
import type { VgicModel } from '../model.js';
import { isValid } from './state.js';
import type { DeviceEntry, EventEntry, ItsTables } from './tables.js';

/** What commands act on. */
export interface CommandContext {
  readonly model: VgicModel;
  readonly tables: ItsTables;
  /** The vCPU whose access runs the command, -1 where none does. */
  readonly accessor: number;
}

/** The four double words of a command. */
export type CommandWords = readonly [bigint, bigint, bigint, bigint];

/** Why a command was not done; null: it was. */
type Outcome = string | null;

const deviceOf = (words: CommandWords): number => Number(words[0] >> 32n);
const eventOf = (words: CommandWords): number => Number(words[1] & 0xffff_ffffn);
const intidOf = (words: CommandWords): number => Number(words[1] >> 32n);
const collectionOf = (words: CommandWords): number => Number(words[2] & 0xffffn);
/** RDbase is a Processor_Number: GITS_TYPER.PTA is 0. */
const vcpuOf = (word: bigint): number => Number((word >> 16n) & 0xf_ffff_ffffn);

interface Mapped extends EventEntry {
  readonly device: DeviceEntry;
  readonly id: number;
}

/** The event of a device, or why there is none. */
function findEvent({ tables }: CommandContext, words: CommandWords): Mapped | string {
  const device = tables.device(deviceOf(words));
  if (!device) return 'its device is not mapped';
  const id = eventOf(words);
  if (id >= 2 ** device.eventBits) return "the EventID is beyond its device's";
  const event = tables.event(device, id);
  return event ? { ...event, device, id } : 'its event is not mapped';
}

/** The vCPU that takes an event's LPI, or -1. */
function takerOf({ model, tables }: CommandContext, { collection, lpi }: EventEntry): number {
  const vcpu = tables.collection(collection);
  return vcpu < model.vcpus.length && lpi < INTID_LIMIT ? vcpu : -1;
}

/** Fault its-objects-leak: how many objects there are. */
const LEAK_LIMIT = 16_384;

const UNMAPPED_COLLECTION = 'its collection is not mapped';

/** What INT does, and a write to GITS_TRANSLATER. */
export function signal(context: CommandContext, deviceId: number, eventId: number): Outcome {
  const event = findEvent(context, [BigInt(deviceId) << 32n, BigInt(eventId), 0n, 0n]);
  if (typeof event === 'string') return event;
  const vcpu = takerOf(context, event);
  if (vcpu < 0) return UNMAPPED_COLLECTION;
  const done = pendLpi(context.model, event.lpi, vcpu, context.accessor);
  return done ? null : 'the redistributor has LPIs disabled, or not this one';
}

/** CLEAR and DISCARD. */
function unpend(context: CommandContext, words: CommandWords, discard: boolean): Outcome {
  const event = findEvent(context, words);
  if (typeof event === 'string') return event;
  const { model, tables, accessor } = context;
  const unmapped = takerOf(context, event) < 0;
  if (unmapped && !(discard && model.lpis!.faults.has('its-discards-unmapped'))) return UNMAPPED_COLLECTION;
  if (!discard) unpendLpi(model, event.lpi, accessor);
  else {
    tables.setEvent(event.device, event.id, null);
    discardLpi(model, event.lpi, accessor);
  }
  return null;
}

function mapDevice({ tables }: CommandContext, words: CommandWords): Outcome {
  const id = deviceOf(words);
  if (!tables.admitsDevice(id)) return 'the device table has no place for the DeviceID';
  if (!isValid(words[2])) {
    tables.setDevice(id, null);
    return null;
  }
  const device = { itt: Number((words[2] >> 8n) & 0xfff_ffff_ffffn) * 256, eventBits: Number(words[1] & 0x1fn) + 1 };
  if (!tables.admitsItt(device)) return 'the ITT is too big, or not in RAM';
  tables.setDevice(id, device);
  return null;
}

function mapCollection({ model, tables }: CommandContext, words: CommandWords): Outcome {
  const id = collectionOf(words);
  if (id >= tables.collections) return 'the collection table has no place for the ICID';
  const vcpu = isValid(words[2]) ? vcpuOf(words[2]) : -1;
  if (vcpu >= model.vcpus.length) return 'there is no such redistributor';
  tables.setCollection(id, vcpu);
  return null;
}

/** An event that is mapped already stays as it is: mapping it again is UNPREDICTABLE. */
function mapEvent({ model, tables }: CommandContext, words: CommandWords, lpi: number): Outcome {
  const device = tables.device(deviceOf(words));
  if (!device) return 'its device is not mapped';
  const id = eventOf(words);
  if (id >= 2 ** device.eventBits) return "the EventID is beyond its device's";
  if (lpi < FIRST_LPI_INTID || lpi >= INTID_LIMIT) return 'the INTID is no LPI';
  const collection = collectionOf(words);
  if (collection >= tables.collections) return 'the collection table has no place for the ICID';
  if (tables.event(device, id)) return 'its event is mapped already';
  const { lpis } = model;
  if (lpis!.faults.has('its-objects-leak') && ++lpis!.leaked > LEAK_LIMIT) return 'no object is left for it';
  tables.setEvent(device, id, { lpi, collection });
  return null;
}

function moveEvent(context: CommandContext, words: CommandWords): Outcome {
  const { model, tables, accessor } = context;
  const event = findEvent(context, words);
  if (typeof event === 'string') return event;
  const to = { lpi: event.lpi, collection: collectionOf(words) };
  const vcpu = takerOf(context, to);
  if (takerOf(context, event) < 0 || vcpu < 0) return UNMAPPED_COLLECTION;
  tables.setEvent(event.device, event.id, to);
  const irq = model.lpis!.live.get(event.lpi);
  if (irq) moveLpi(model, irq, vcpu, accessor);
  return null;
}

function moveAll({ model, accessor }: CommandContext, words: CommandWords): Outcome {
  const [from, to] = [vcpuOf(words[2]), vcpuOf(words[3])];
  if (from >= model.vcpus.length || to >= model.vcpus.length) return 'there is no such redistributor';
  moveAllLpis(model, from, to, accessor);
  return null;
}

function invalidate(context: CommandContext, words: CommandWords): Outcome {
  const event = findEvent(context, words);
  if (typeof event === 'string') return event;
  invalidateLpi(context.model, event.lpi, context.accessor);
  return null;
}

function invalidateAll(context: CommandContext, words: CommandWords): Outcome {
  const vcpu = context.tables.collection(collectionOf(words));
  if (vcpu < 0 || vcpu >= context.model.vcpus.length) return UNMAPPED_COLLECTION;
  invalidateAllLpis(context.model, vcpu, context.accessor);
  return null;
}

interface Command {
  readonly name: string;
  run(context: CommandContext, words: CommandWords): Outcome;
}

/** By number, the low byte of the first double word. */
const COMMANDS: ReadonlyMap<number, Command> = new Map<number, Command>([
  [0x01, { name: 'MOVI', run: moveEvent }],
  [0x03, { name: 'INT', run: (context, words) => signal(context, deviceOf(words), eventOf(words)) }],
  [0x04, { name: 'CLEAR', run: (context, words) => unpend(context, words, false) }],
  // Everything is done when a command is.
  [0x05, { name: 'SYNC', run: () => null }],
  [0x08, { name: 'MAPD', run: mapDevice }],
  [0x09, { name: 'MAPC', run: mapCollection }],
  [0x0a, { name: 'MAPTI', run: (context, words) => mapEvent(context, words, intidOf(words)) }],
  [0x0b, { name: 'MAPI', run: (context, words) => mapEvent(context, words, eventOf(words)) }],
  [0x0c, { name: 'INV', run: invalidate }],
  [0x0d, { name: 'INVALL', run: invalidateAll }],
  [0x0e, { name: 'MOVALL', run: moveAll }],
  [0x0f, { name: 'DISCARD', run: (context, words) => unpend(context, words, true) }],
]);

/** @returns what was not done and why, or null */
export function execute(context: CommandContext, words: CommandWords): string | null {
  const number = Number(words[0] & 0xffn);
  const command = COMMANDS.get(number);
  if (!command) return 'a command that this ITS does not have';
  const outcome = command.run(context, words);
  return outcome && `${command.name}: ${outcome}`;
}
