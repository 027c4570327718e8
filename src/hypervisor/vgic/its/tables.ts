/**
 * The ITS's tables in guest memory, in the layout that KVM calls version 0 (Linux, Documentation/virt/kvm/devices/
 * arm-vgic-its.rst, "ITS Restore Sequence" and after). Guest memory is the only place where a mapping is kept: every
 * command and every translation reads and writes it there, so a save finds it complete.
 *
 *     device table entry       V 63 | next 62:49 | ITT_addr[51:8] 48:5 | Size 4:0
 *     interrupt table entry    next 63:48 | pINTID 47:16 | ICID 15:0          (pINTID 0: not valid)
 *     collection table entry   V 63 | RDBase 51:16 | ICID 15:0                (a list, ended by one that is not valid)
 *
 * Everything read is a guest's to write: each lookup checks what it finds and never leaves RAM.
 */

import { FIRST_LPI_INTID } from '../../../arch/gic/registers.js';
import type { TableMemory } from './memory.js';
import { COLLECTION_BITS, EVENT_BITS, type ItsState, isValid, tableAddress, tableBytes, VALID } from './state.js';

const ENTRY = 8;
/** GITS_BASER<n>.Indirect. */
export const INDIRECT = 1n << 62n;
/** Bytes of a second-level table, and its entries. */
const LEVEL2_BYTES = 0x10000;
const LEVEL2_ENTRIES = LEVEL2_BYTES / ENTRY;

/**
 * How far `next` reaches. The ABI says the distance to the next entry that is valid, at most 2^14 - 1 (2^16 - 1 for
 * interrupts); a reader that follows it looks at an entry that is not valid and goes on by one. So it may be less, and a
 * command looks at this many entries each way and no more.
 */
const LINK_REACH = 256;

export interface DeviceEntry {
  readonly itt: number;
  /** EventIDs are below 2^eventBits. */
  readonly eventBits: number;
}

export interface EventEntry {
  readonly lpi: number;
  readonly collection: number;
}

/** A piece of a table that is contiguous in memory. */
interface Run {
  readonly base: number;
  readonly entries: number;
  /** Whether the table ends with it. */
  readonly last: boolean;
  readonly nextShift: bigint;
  readonly nextMask: bigint;
  valid(address: number): boolean;
}

export class ItsTables {
  readonly #memory: TableMemory;
  readonly #its: ItsState;

  constructor(memory: TableMemory, its: ItsState) {
    this.#memory = memory;
    this.#its = its;
  }

  // Devices.

  /** Whether the device table has a place for the DeviceID. */
  admitsDevice(id: number): boolean {
    return this.#deviceRun(id) !== null;
  }

  device(id: number): DeviceEntry | null {
    const run = this.#deviceRun(id);
    if (!run) return null;
    const entry = this.#memory.read64(run.base + (id % run.entries) * ENTRY);
    if (!isValid(entry)) return null;
    const eventBits = Number(entry & 0x1fn) + 1;
    const itt = Number((entry >> 5n) & 0xfff_ffff_ffffn) * 256;
    if (eventBits > EVENT_BITS || !this.#memory.holds(itt, 2 ** eventBits * ENTRY)) return null;
    return { itt, eventBits };
  }

  /** Whether an ITT of so many events can be there. */
  admitsItt({ itt, eventBits }: DeviceEntry): boolean {
    return eventBits <= EVENT_BITS && this.#memory.holds(itt, 2 ** eventBits * ENTRY);
  }

  /** The device must be admitted. `null` unmaps it. */
  setDevice(id: number, device: DeviceEntry | null): void {
    const run = this.#deviceRun(id)!;
    const entry = device ? VALID | (BigInt(device.itt / 256) << 5n) | BigInt(device.eventBits - 1) : 0n;
    this.#write(run, id % run.entries, entry);
  }

  #deviceRun(id: number): Run | null {
    const { deviceBaser } = this.#its;
    if (!isValid(deviceBaser)) return null;
    const [table, bytes] = [tableAddress(deviceBaser), tableBytes(deviceBaser)];
    const at = { nextShift: 49n, nextMask: 0x3fffn, valid: (a: number) => this.#memory.read32(a + 4) < 0 };
    if (!(deviceBaser & INDIRECT)) {
      const entries = bytes / ENTRY;
      return id < entries && this.#memory.holds(table, bytes) ? { ...at, base: table, entries, last: true } : null;
    }
    const index = Math.floor(id / LEVEL2_ENTRIES);
    if (index >= bytes / ENTRY) return null;
    const entry = this.#memory.read64(table + index * ENTRY);
    const base = Number(entry & 0xf_ffff_ffff_0000n);
    if (!isValid(entry) || !this.#memory.holds(base, LEVEL2_BYTES)) return null;
    return { ...at, base, entries: LEVEL2_ENTRIES, last: false };
  }

  // Events.

  /** The EventID must be within the device's. */
  event(device: DeviceEntry, id: number): EventEntry | null {
    const entry = this.#memory.read64(device.itt + id * ENTRY);
    const lpi = Number((entry >> 16n) & 0xffff_ffffn);
    if (lpi < FIRST_LPI_INTID) return null;
    return { lpi, collection: Number(entry & 0xffffn) };
  }

  setEvent(device: DeviceEntry, id: number, event: EventEntry | null): void {
    const run: Run = {
      base: device.itt,
      entries: 2 ** device.eventBits,
      last: true,
      nextShift: 48n,
      nextMask: 0xffffn,
      valid: (a) => this.#memory.read32(a) >>> 16 !== 0 || (this.#memory.read32(a + 4) & 0xffff) !== 0,
    };
    this.#write(run, id, event ? (BigInt(event.lpi) << 16n) | BigInt(event.collection) : 0n);
  }

  // Collections.

  /** How many collection ids there are: as many as the table has room for, at most 2^COLLECTION_BITS. */
  get collections(): number {
    const { collectionBaser } = this.#its;
    if (!isValid(collectionBaser)) return 0;
    const bytes = tableBytes(collectionBaser);
    return this.#memory.holds(tableAddress(collectionBaser), bytes) ? Math.min(2 ** COLLECTION_BITS, bytes / ENTRY) : 0;
  }

  /** The vCPU that a collection is mapped to, or -1. */
  collection(id: number): number {
    const at = this.#findCollection(id);
    return at.found ? Number((this.#memory.read64(at.address) >> 16n) & 0xf_ffff_ffffn) : -1;
  }

  /** `vcpu` -1 unmaps it. The list stays without gaps: the last entry moves to the place of one that goes. */
  setCollection(id: number, vcpu: number): void {
    const at = this.#findCollection(id);
    if (vcpu >= 0) {
      if (at.address >= 0) this.#memory.write64(at.address, VALID | (BigInt(vcpu) << 16n) | BigInt(id));
      return;
    }
    if (!at.found) return;
    const last = this.#collectionAddress(at.count - 1);
    this.#memory.write64(at.address, this.#memory.read64(last));
    this.#memory.write64(last, 0n);
  }

  #collectionAddress(index: number): number {
    return tableAddress(this.#its.collectionBaser) + index * ENTRY;
  }

  /** The entry of a collection, or the first that is free (-1: none is); `count`: entries of the list. */
  #findCollection(id: number): { found: boolean; address: number; count: number } {
    const { collections } = this;
    let address = -1;
    let count = 0;
    for (; count < collections; count++) {
      const entry = this.#memory.read64(this.#collectionAddress(count));
      if (!isValid(entry)) break;
      if (address < 0 && Number(entry & 0xffffn) === id) address = this.#collectionAddress(count);
    }
    if (address >= 0) return { found: true, address, count };
    return { found: false, address: count < collections ? this.#collectionAddress(count) : -1, count };
  }

  // Links.

  /** Writes an entry, and `next` of it and of the one before it. */
  #write(run: Run, index: number, entry: bigint): void {
    this.#memory.write64(run.base + index * ENTRY, entry);
    if (entry) this.#link(run, index);
    for (let at = index - 1; at >= Math.max(0, index - LINK_REACH); at--) {
      if (!run.valid(run.base + at * ENTRY)) continue;
      this.#link(run, at);
      return;
    }
  }

  #link(run: Run, index: number): void {
    const address = run.base + index * ENTRY;
    const entry = this.#memory.read64(address) & ~(run.nextMask << run.nextShift);
    this.#memory.write64(address, entry | (BigInt(this.#next(run, index)) << run.nextShift));
  }

  #next(run: Run, index: number): number {
    for (let distance = 1; distance <= LINK_REACH; distance++) {
      if (index + distance === run.entries) return run.last ? 0 : distance;
      if (run.valid(run.base + (index + distance) * ENTRY)) return distance;
    }
    return LINK_REACH;
  }
}
