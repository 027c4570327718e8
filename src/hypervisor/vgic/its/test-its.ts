/** A vGIC with an ITS over plain bytes, and what a guest does with them: for unit tests. */

import { type AccessSize, Vgic, type VgicState } from '../index.js';
import type { TableMemory } from './memory.js';

/** RAM at 0x4000_0000. */
export class TestMemory implements TableMemory {
  static readonly BASE = 0x4000_0000;
  readonly bytes: DataView;

  constructor(size = 0x40_0000) {
    this.bytes = new DataView(new ArrayBuffer(size));
  }

  holds(address: number, bytes: number): boolean {
    return address >= TestMemory.BASE && address - TestMemory.BASE + bytes <= this.bytes.byteLength;
  }
  #at<T>(address: number, bytes: number, none: T, get: (at: number) => T): T {
    return this.holds(address, bytes) ? get(address - TestMemory.BASE) : none;
  }
  read8(address: number): number {
    return this.#at(address, 1, 0, (at) => this.bytes.getUint8(at));
  }
  read32(address: number): number {
    return this.#at(address, 4, 0, (at) => this.bytes.getInt32(at, true));
  }
  read64(address: number): bigint {
    return this.#at(address, 8, 0n, (at) => this.bytes.getBigUint64(at, true));
  }
  write8(address: number, value: number): void {
    this.#at(address, 1, undefined, (at) => this.bytes.setUint8(at, value));
  }
  write64(address: number, value: bigint): void {
    this.#at(address, 8, undefined, (at) => this.bytes.setBigUint64(at, value, true));
  }
}

const at = (offset: number): number => TestMemory.BASE + offset;

/** Where the guest has its tables. */
export const PLACE = {
  queue: at(0),
  properties: at(0x1_0000),
  pending: (vcpu: number) => at(0x2_0000 + vcpu * 0x1_0000),
  devices: at(0x10_0000),
  level2: at(0x12_0000),
  collections: at(0x14_0000),
  itt: (device: number) => at(0x20_0000 + device * 0x1000),
} as const;

export const GITS = {
  CTLR: 0,
  IIDR: 4,
  TYPER: 8,
  CBASER: 0x80,
  CWRITER: 0x88,
  CREADR: 0x90,
  BASER0: 0x100,
  BASER1: 0x108,
  TRANSLATER: 0x1_0040,
} as const;

const VALID = 1n << 63n;
const GICR = 0x2_0000;

export interface TestItsOptions {
  vcpus?: number;
  listRegisters?: number;
  /** GITS_BASER0.Indirect. */
  indirect?: boolean;
  /** Bytes of the command queue. */
  queueBytes?: number;
}

export class TestIts {
  readonly memory: TestMemory;
  readonly kicks: number[] = [];
  readonly refused: string[] = [];
  vgic: Vgic;
  readonly #options: Required<TestItsOptions>;
  #writer = 0;

  constructor(options: TestItsOptions = {}, memory = new TestMemory()) {
    this.memory = memory;
    this.#options = { vcpus: 2, listRegisters: 4, indirect: false, queueBytes: 0x1000, ...options };
    this.vgic = this.#create();
  }

  #create(state?: VgicState): Vgic {
    const { vcpus, listRegisters } = this.#options;
    const mpidr = Array.from({ length: vcpus }, (_, n) => 0x8000_0000n + BigInt(n));
    const host = {
      kick: (n: number) => this.kicks.push(n),
      resident: () => true,
      refused: (what: string) => this.refused.push(what),
    };
    return new Vgic({ vcpus, mpidr, spis: 32, listRegisters, host, lpis: this.memory }, state);
  }

  /** Everything set up and enabled, each collection mapped to the vCPU of its number. */
  start(): this {
    const { vcpus, indirect, queueBytes } = this.#options;
    this.gicd(0, 4, 0x53n);
    for (let n = 0; n < vcpus; n++) {
      this.gicr(n, 0x70, 8, BigInt(PLACE.properties) | 15n);
      this.gicr(n, 0x78, 8, BigInt(PLACE.pending(n)));
      this.gicr(n, 0, 4, 1n);
      this.vgic.writeIcc(n, 'ICC_PMR_EL1', 0xf8n);
      this.vgic.writeIcc(n, 'ICC_IGRPEN1_EL1', 1n);
    }
    if (indirect) this.memory.write64(PLACE.devices, VALID | BigInt(PLACE.level2));
    this.write(GITS.BASER0, 8, VALID | (indirect ? 1n << 62n : 0n) | BigInt(PLACE.devices));
    this.write(GITS.BASER1, 8, VALID | BigInt(PLACE.collections));
    this.write(GITS.CBASER, 8, VALID | BigInt(PLACE.queue) | BigInt(queueBytes / 0x1000 - 1));
    this.write(GITS.CTLR, 4, 1n);
    for (let n = 0; n < vcpus; n++) this.mapc(n, n);
    return this;
  }

  read(offset: number, size: AccessSize): bigint {
    return this.vgic.mmioRead('its', offset, size, 0)!;
  }
  write(offset: number, size: AccessSize, value: bigint, vcpu = 0): void {
    this.vgic.mmioWrite('its', offset, size, value, vcpu);
  }
  gicd(offset: number, size: AccessSize, value: bigint): void {
    this.vgic.mmioWrite('dist', offset, size, value, 0);
  }
  gicr(vcpu: number, offset: number, size: AccessSize, value: bigint): void {
    this.vgic.mmioWrite('redist', vcpu * GICR + offset, size, value, vcpu);
  }

  /** Puts a command in the queue, not yet told to the ITS. */
  queue(...words: bigint[]): void {
    for (let n = 0; n < 4; n++) this.memory.write64(PLACE.queue + this.#writer + n * 8, words[n] ?? 0n);
    this.#writer = (this.#writer + 32) % this.#options.queueBytes;
  }
  /** GITS_CWRITER. */
  ring(vcpu = 0, retry = false): void {
    this.write(GITS.CWRITER, 8, BigInt(this.#writer) | (retry ? 1n : 0n), vcpu);
  }
  command(...words: bigint[]): void {
    this.queue(...words);
    this.ring();
  }

  mapd(device: number, itt: number | null, bits = 5): void {
    const entry = itt === null ? 0n : VALID | BigInt(itt);
    this.command(0x08n | (BigInt(device) << 32n), BigInt(bits - 1), entry);
  }
  mapc(collection: number, vcpu: number | null): void {
    this.command(0x09n, 0n, BigInt(collection) | (vcpu === null ? 0n : VALID | (BigInt(vcpu) << 16n)));
  }
  mapti(device: number, event: number, lpi: number, collection: number): void {
    this.command(0x0an | (BigInt(device) << 32n), BigInt(event) | (BigInt(lpi) << 32n), BigInt(collection));
  }
  /** INT, CLEAR, INV, DISCARD and MAPI have one form. */
  event(number: number, device: number, event: number, collection = 0): void {
    this.command(BigInt(number) | (BigInt(device) << 32n), BigInt(event), BigInt(collection));
  }
  int(device: number, event: number): void {
    this.event(0x03, device, event);
  }
  clear(device: number, event: number): void {
    this.event(0x04, device, event);
  }
  inv(device: number, event: number): void {
    this.event(0x0c, device, event);
  }
  discard(device: number, event: number): void {
    this.event(0x0f, device, event);
  }
  movi(device: number, event: number, collection: number): void {
    this.event(0x01, device, event, collection);
  }

  /** The property table's byte, without telling anybody. */
  configure(lpi: number, priority: number, enabled = true): void {
    this.memory.write8(PLACE.properties + lpi - 8192, (priority & 0xfc) | (enabled ? 1 : 0));
  }
  /** The pending table's bit. */
  pending(vcpu: number, lpi: number): boolean {
    return ((this.memory.read8(PLACE.pending(vcpu) + (lpi >> 3)) >> (lpi & 7)) & 1) === 1;
  }

  /** ICC_IAR1_EL1, as a vCPU that has just entered reads it. */
  acknowledge(vcpu: number): number {
    this.vgic.exit(vcpu);
    this.vgic.flush(vcpu);
    return Number(this.vgic.readIcc(vcpu, 'ICC_IAR1_EL1'));
  }
  end(vcpu: number, intid: number): void {
    this.vgic.writeIcc(vcpu, 'ICC_EOIR1_EL1', BigInt(intid));
  }
  /** Acknowledges and ends whatever a vCPU can take. */
  take(vcpu: number): number[] {
    const taken: number[] = [];
    for (let intid = this.acknowledge(vcpu); intid !== 1023; intid = this.acknowledge(vcpu)) {
      taken.push(intid);
      this.end(vcpu, intid);
    }
    return taken;
  }

  /** The vGIC anew from its state and what is in memory. */
  restore(): void {
    this.vgic = this.#create(structuredClone(this.vgic.save()));
    this.vgic.memoryRestored();
  }
}
