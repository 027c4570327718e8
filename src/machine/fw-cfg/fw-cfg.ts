/**
 * QEMU's firmware configuration device on MMIO (QEMU docs/specs/fw_cfg): a selector, a data register that gives the
 * selected item byte by byte, and DMA into guest RAM. There are no files: what the firmware asks for of kernels and tables
 * it finds empty, and takes the device tree.
 */
import type { Ps } from '../../arch/timer/time.js';
import type { AccessSize, MmioDevice } from '../bus.js';
import type { GuestRam } from '../virtio/index.js';

export interface FwCfgState {
  selector: number;
  /** Bytes of the selected item that have been read. */
  offset: number;
  /** Upper half of the DMA register. */
  addressHigh: number;
  /** A request that has been made, and when it is done; null: none. */
  request: { address: bigint; due: Ps } | null;
}

export const resetFwCfgState = (): FwCfgState => ({ selector: 0, offset: 0, addressHigh: 0, request: null });

export interface FwCfgConnections {
  readonly ram: GuestRam;
  now(): Ps;
  /** A request has been made. */
  attend(): void;
}

const REGISTER = { data: 0, selector: 8, dma: 16 } as const;
const ITEM = { signature: 0x00, id: 0x01, cpus: 0x05, maxCpus: 0x0f, directory: 0x19 } as const;
/** ID: the traditional interface and DMA. */
const FEATURES = [3, 0, 0, 0];
/** Reads of the DMA register. */
const DMA_SIGNATURE = [...new TextEncoder().encode('QEMU CFG')];
const CONTROL = { error: 1, read: 2, skip: 4, select: 8, write: 16 } as const;
/** Bytes of a DMA request's descriptor: control, length, address, all big-endian. */
const DESCRIPTOR = 16;
/** Where reads of an item stay: behind the end of every one. */
const MAX_OFFSET = 2 ** 32 - 1;

const swap16 = (value: number): number => ((value & 0xff) << 8) | ((value >> 8) & 0xff);
const swap32 = (value: number): number => ((swap16(value) << 16) | swap16(value >>> 16)) >>> 0;

export class FwCfg implements MmioDevice {
  readonly #connections: FwCfgConnections;
  readonly #items: ReadonlyMap<number, readonly number[]>;
  readonly #state: FwCfgState;

  constructor(cpus: number, connections: FwCfgConnections, state: FwCfgState = resetFwCfgState()) {
    this.#connections = connections;
    this.#state = { ...state, request: state.request && { ...state.request } };
    this.#items = new Map<number, readonly number[]>([
      [ITEM.signature, [...new TextEncoder().encode('QEMU')]],
      [ITEM.id, FEATURES],
      [ITEM.cpus, [cpus, 0]],
      [ITEM.maxCpus, [cpus, 0]],
      // No files: a count of 0.
      [ITEM.directory, [0, 0, 0, 0]],
    ]);
  }

  save(): FwCfgState {
    return { ...this.#state, request: this.#state.request && { ...this.#state.request } };
  }

  /** The data register's bytes are a string's: the first is at the lowest address. */
  read(offset: number, size: AccessSize): bigint {
    const bytes =
      offset === REGISTER.data
        ? this.#take(size)
        : DMA_SIGNATURE.slice(Math.max(0, offset - REGISTER.dma)).slice(0, offset < REGISTER.dma ? 0 : size);
    return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  write(offset: number, size: AccessSize, value: bigint): void {
    const state = this.#state;
    if (offset === REGISTER.selector && size === 2) this.#select(swap16(Number(value)));
    else if (offset === REGISTER.dma && size === 8) {
      this.write(offset, 4, value & 0xffff_ffffn);
      this.write(offset + 4, 4, value >> 32n);
    } else if (offset === REGISTER.dma && size === 4) state.addressHigh = swap32(Number(value));
    else if (offset === REGISTER.dma + 4 && size === 4) {
      // A request that is made before the last one is done takes its place; a driver waits.
      const address = BigInt(state.addressHigh) * 2n ** 32n + BigInt(swap32(Number(value)));
      state.request = { address, due: this.#connections.now() };
      state.addressHigh = 0;
      this.#connections.attend();
    }
  }

  nextDeadline(): Ps | null {
    return this.#state.request?.due ?? null;
  }

  /** Serves the request. Between two slices only. */
  fireDue(): void {
    const { request } = this.#state;
    if (!request) return;
    this.#state.request = null;
    const { ram } = this.#connections;
    const at = ram.locate(Number(request.address), DESCRIPTOR);
    if (at < 0) return;
    const control = ram.view.getUint32(at);
    const length = ram.view.getUint32(at + 4);
    const done = this.#serve(control, length, Number(ram.view.getBigUint64(at + 8)));
    ram.view.setUint32(at, done ? 0 : CONTROL.error);
    ram.written(at, 4);
  }

  #serve(control: number, length: number, address: number): boolean {
    if (control & CONTROL.select) this.#select(control >>> 16);
    if (control & CONTROL.read) {
      const to = this.#connections.ram.locate(address, length);
      if (to < 0) return false;
      const { bytes } = this.#connections.ram;
      const item = this.#rest().slice(0, length);
      bytes.fill(0, to, to + length);
      bytes.set(item, to);
      this.#connections.ram.written(to, length);
      this.#skip(length);
    } else if (control & CONTROL.write) return false;
    else if (control & CONTROL.skip) this.#skip(length);
    return true;
  }

  #select(selector: number): void {
    this.#state.selector = selector;
    this.#state.offset = 0;
  }

  #rest(): readonly number[] {
    return (this.#items.get(this.#state.selector) ?? []).slice(this.#state.offset);
  }

  #skip(length: number): void {
    this.#state.offset = Math.min(this.#state.offset + length, MAX_OFFSET);
  }

  #take(length: number): readonly number[] {
    const bytes = this.#rest().slice(0, length);
    this.#skip(length);
    return bytes;
  }
}
