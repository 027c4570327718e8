/** A split virtqueue (specification 2.7) from the device's side. */
import type { Ps } from '../../arch/timer/time.js';
import { type Chain, readChain } from './chain.js';
import { NO_VECTOR } from './constants.js';
import { DriverError, type GuestRam, located } from './guest-ram.js';

/** What the device does with a queue next. */
export interface InFlight {
  /** First descriptor of the request that is being served; -1: none yet, the ring is to be looked at. */
  head: number;
  /** Host time at which that is done. */
  due: Ps;
}

/** Plain state. */
export interface QueueState {
  /** Entries: a power of two, at most the device's. */
  size: number;
  ready: boolean;
  /** Guest-physical addresses of the three parts: descriptor table, available ring, used ring. */
  descriptors: bigint;
  driver: bigint;
  device: bigint;
  vector: number;
  /** Index, modulo 2^16, of the available entry that is taken next and of the used entry that is made next. */
  available: number;
  used: number;
  inFlight: InFlight | null;
  /** Found empty: nothing is looked at before the driver notifies. */
  idle: boolean;
}

export const resetQueueState = (size: number): QueueState => ({
  size,
  ready: false,
  descriptors: 0n,
  driver: 0n,
  device: 0n,
  vector: NO_VECTOR,
  available: 0,
  used: 0,
  inFlight: null,
  idle: true,
});

const RING_HEADER = 4;
const USED_ELEMENT = 8;
const NO_INTERRUPT = 1;

export class Virtqueue {
  readonly state: QueueState;
  readonly #ram: GuestRam;

  constructor(ram: GuestRam, state: QueueState) {
    this.#ram = ram;
    this.state = state;
  }

  /**
   * The head of the next request, which stays where it is; null where there is none.
   * @throws DriverError where the ring cannot be
   */
  next(): number | null {
    const { available, size } = this.state;
    const ring = this.#driverRing();
    const pending = (this.#ram.view.getUint16(ring + 2, true) - available) & 0xffff;
    if (pending > size) throw new DriverError(`${pending} requests available in a queue of ${size}`);
    if (pending === 0) return null;
    const head = this.#ram.view.getUint16(ring + RING_HEADER + 2 * (available & (size - 1)), true);
    if (head >= size) throw new DriverError(`descriptor ${head} available in a queue of ${size}`);
    return head;
  }

  /** Counts the request that `next` found as taken. */
  take(): void {
    this.state.available = (this.state.available + 1) & 0xffff;
  }

  /** @throws DriverError where the chain cannot be */
  chain(head: number, indirect: boolean): Chain {
    const { size, descriptors } = this.state;
    const offset = located(this.#ram, this.#address(descriptors, 16), 16 * size, 'a descriptor table');
    return readChain(this.#ram, { offset, size }, head, { indirect, limit: size });
  }

  /**
   * Gives a request back to the driver with the number of bytes written to it.
   * @returns whether the driver wants to be interrupted
   * @throws DriverError
   */
  give(head: number, written: number, eventIndex: boolean): boolean {
    const { state } = this;
    const { view } = this.#ram;
    const ring = this.#deviceRing();
    const element = ring + RING_HEADER + USED_ELEMENT * (state.used & (state.size - 1));
    view.setUint32(element, head, true);
    view.setUint32(element + 4, written, true);
    state.used = (state.used + 1) & 0xffff;
    view.setUint16(ring + 2, state.used, true);
    this.#ram.written(element, USED_ELEMENT);
    this.#ram.written(ring, RING_HEADER);
    const driverRing = this.#driverRing();
    if (!eventIndex) return !(view.getUint16(driverRing, true) & NO_INTERRUPT);
    // vring_need_event of 2.7.7.2, for one new entry.
    return view.getUint16(driverRing + RING_HEADER + 2 * state.size, true) === ((state.used - 1) & 0xffff);
  }

  /** Waits for the driver's next notification. @throws DriverError */
  rest(eventIndex: boolean): void {
    const { state } = this;
    state.idle = true;
    if (!eventIndex) return;
    const event = this.#deviceRing() + RING_HEADER + USED_ELEMENT * state.size;
    this.#ram.view.setUint16(event, state.available, true);
    this.#ram.written(event, 2);
  }

  /** The available ring, with the event index behind it. */
  #driverRing(): number {
    const { size, driver } = this.state;
    return located(this.#ram, this.#address(driver, 2), RING_HEADER + 2 * size + 2, 'an available ring');
  }

  /** The used ring, with the event index behind it. */
  #deviceRing(): number {
    const { size, device } = this.state;
    return located(this.#ram, this.#address(device, 4), RING_HEADER + USED_ELEMENT * size + 2, 'a used ring');
  }

  #address(address: bigint, alignment: number): number {
    const at = Number(address);
    if (at % alignment) throw new DriverError(`a part of a queue at 0x${address.toString(16)}: not aligned`);
    return at;
  }
}
