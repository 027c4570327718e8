/** For tests: RAM of a guest, and a driver that keeps to the rules until it is told otherwise. */
import type { Ps } from '../../arch/timer/time.js';
import { DESCRIPTOR, FEATURE, STATUS } from './constants.js';
import { VirtioDevice, type VirtioState } from './device.js';
import type { GuestRam } from './guest-ram.js';
import type { DeviceModel } from './model.js';

export const RAM_BASE = 0x4000_0000;
export const RAM_SIZE = 0x10_0000;

export class TestRam implements GuestRam {
  readonly bytes = new Uint8Array(RAM_SIZE);
  readonly view = new DataView(this.bytes.buffer);
  /** Ranges that the device has said it wrote. */
  readonly writes: [address: number, length: number][] = [];

  locate(address: number, length: number): number {
    return address >= RAM_BASE && address + length <= RAM_BASE + RAM_SIZE ? address - RAM_BASE : -1;
  }

  written(offset: number, length: number): void {
    this.writes.push([RAM_BASE + offset, length]);
  }
}

/** A piece of a request: bytes for the device, or so many bytes from it. */
export type Piece = Uint8Array | number;

interface Rings {
  readonly size: number;
  readonly descriptors: number;
  readonly driver: number;
  readonly device: number;
  available: number;
}

/** Queue n's rings are at RAM + n * 64 KiB; buffers from RAM + 512 KiB on. */
const QUEUE_SPACE = 0x1_0000;
const BUFFERS = RAM_BASE + 0x8_0000;

export class TestDriver {
  readonly ram: TestRam;
  readonly interrupts: [cause: number, vector: number][] = [];
  readonly errors: string[] = [];
  now: Ps = 1000n;
  attends = 0;
  mayAccess = true;
  readonly queues: Rings[] = [];
  device: VirtioDevice;
  #buffer = BUFFERS;

  constructor(model: DeviceModel, state?: VirtioState, ram = new TestRam()) {
    this.ram = ram;
    this.device = this.attach(model, state);
  }

  /** A device in a state on this driver's RAM. */
  attach(model: DeviceModel, state?: VirtioState): VirtioDevice {
    const connections = {
      ram: this.ram,
      now: () => this.now,
      mayAccess: () => this.mayAccess,
      interrupt: (cause: number, vector: number) => this.interrupts.push([cause, vector]),
      attend: () => this.attends++,
    };
    this.device = new VirtioDevice(model, connections, state);
    this.device.onDriverError = (message) => this.errors.push(message);
    return this.device;
  }

  /** Negotiates features and makes the queues ready (3.1.1). */
  begin(features = FEATURE.version1): void {
    const { device } = this;
    device.status = STATUS.acknowledge | STATUS.driver;
    for (const half of [0, 1]) {
      device.state.driverFeaturesSelect = half;
      device.driverFeatures = Number((features >> BigInt(32 * half)) & 0xffff_ffffn);
    }
    device.status = STATUS.acknowledge | STATUS.driver | STATUS.featuresOk;
    for (const [n, size] of device.model.queueSizes.entries()) this.makeQueue(n, Math.min(size, 16));
    device.status = STATUS.acknowledge | STATUS.driver | STATUS.featuresOk | STATUS.driverOk;
  }

  makeQueue(n: number, size: number): void {
    const descriptors = RAM_BASE + n * QUEUE_SPACE;
    const rings = { size, descriptors, driver: descriptors + 0x4000, device: descriptors + 0x8000, available: 0 };
    this.queues[n] = rings;
    this.device.state.queueSelect = n;
    this.device.setQueueSize(size);
    for (const part of ['descriptors', 'driver', 'device'] as const) {
      this.device.setQueueAddress(part, false, rings[part]);
    }
    this.device.setQueueReady(true);
  }

  /** A buffer of its own. */
  buffer(piece: Piece): number {
    const address = this.#buffer;
    const length = typeof piece === 'number' ? piece : piece.length;
    this.#buffer += (length + 15) & ~15;
    if (typeof piece !== 'number') this.ram.bytes.set(piece, address - RAM_BASE);
    return address;
  }

  descriptor(table: number, index: number, address: number, length: number, flags: number, next = 0): void {
    const at = table - RAM_BASE + index * 16;
    this.ram.view.setBigUint64(at, BigInt(address), true);
    this.ram.view.setUint32(at + 8, length, true);
    this.ram.view.setUint16(at + 12, flags, true);
    this.ram.view.setUint16(at + 14, next, true);
  }

  /** Lays out a request from a descriptor on; where its buffers are. */
  lay(table: number, first: number, pieces: readonly Piece[]): number[] {
    return pieces.map((piece, i) => {
      const address = this.buffer(piece);
      const more = i + 1 < pieces.length ? DESCRIPTOR.next : 0;
      const write = typeof piece === 'number' ? DESCRIPTOR.write : 0;
      this.descriptor(
        table,
        first + i,
        address,
        typeof piece === 'number' ? piece : piece.length,
        more | write,
        first + i + 1,
      );
      return address;
    });
  }

  /** Makes a head available. */
  offer(queue: number, head: number): void {
    const q = this.queues[queue]!;
    const ring = q.driver - RAM_BASE;
    this.ram.view.setUint16(ring + 4 + 2 * (q.available % q.size), head, true);
    q.available = (q.available + 1) & 0xffff;
    this.ram.view.setUint16(ring + 2, q.available, true);
  }

  /** One request from descriptor `first` on, and its notification; where its buffers are. */
  submit(queue: number, pieces: readonly Piece[], first = 0): number[] {
    const buffers = this.lay(this.queues[queue]!.descriptors, first, pieces);
    this.offer(queue, first);
    this.device.notify(queue);
    return buffers;
  }

  /** Lets time pass until the device has nothing more to do, or `until`. */
  run(until?: Ps): void {
    for (let steps = 0; steps < 10_000; steps++) {
      const due = this.device.deadline();
      if (due === null || (until !== undefined && due > until)) break;
      if (due > this.now) this.now = due;
      this.device.fireDue(this.now);
    }
    if (until !== undefined) this.now = until;
  }

  /** The used ring's entries so far. */
  used(queue: number): { head: number; written: number }[] {
    const q = this.queues[queue]!;
    const ring = q.device - RAM_BASE;
    const count = this.ram.view.getUint16(ring + 2, true);
    return Array.from({ length: count }, (_, i) => {
      const at = ring + 4 + 8 * (i % q.size);
      return { head: this.ram.view.getUint32(at, true), written: this.ram.view.getUint32(at + 4, true) };
    });
  }

  bytes(address: number, length: number): Uint8Array {
    return this.ram.bytes.slice(address - RAM_BASE, address - RAM_BASE + length);
  }
}
