/**
 * A virtio device without its transport (specification 2 and 3): status, features, queues, and requests in service.
 *
 * Each queue serves one request at a time. A request is taken when the driver has notified, or behind the one before it,
 * and is done at a host time that is known then; between the two it is state. Guest RAM is read and written in those two
 * moments only, between two slices, and never because a slice happens to end: so a run that is saved and restored
 * anywhere is the same run.
 *
 * Whatever the driver does wrong puts the device into DEVICE_NEEDS_RESET.
 */
import type { Ps } from '../../arch/timer/time.js';
import { CAUSE, FEATURE, NO_VECTOR, STATUS } from './constants.js';
import { DriverError, type GuestRam } from './guest-ram.js';
import type { DeviceModel } from './model.js';
import { type QueueState, resetQueueState, Virtqueue } from './queue.js';

/** Plain state of what all types have. */
export interface VirtioState {
  status: number;
  /** Interrupt causes that the driver has not acknowledged. */
  isr: number;
  deviceFeaturesSelect: number;
  driverFeaturesSelect: number;
  driverFeatures: bigint;
  queueSelect: number;
  /** MSI-X vector of configuration changes. */
  configVector: number;
  queues: QueueState[];
}

export const resetVirtioState = (model: DeviceModel): VirtioState => ({
  status: 0,
  isr: 0,
  deviceFeaturesSelect: 0,
  driverFeaturesSelect: 0,
  driverFeatures: 0n,
  queueSelect: 0,
  configVector: NO_VECTOR,
  queues: model.queueSizes.map(resetQueueState),
});

export interface VirtioConnections {
  readonly ram: GuestRam;
  now(): Ps;
  /** Whether the device may master the bus. */
  mayAccess(): boolean;
  /** Takes an interrupt: a cause, and the vector that the driver has given it. */
  interrupt(cause: number, vector: number): void;
  /** `deadline` has come nearer. */
  attend(): void;
}

/** Called with the message where a driver has broken a rule; for logs and tests. */
export type DriverErrorListener = (message: string) => void;

const COMMON_FEATURES = FEATURE.version1 | FEATURE.indirectDescriptors | FEATURE.eventIndex;

export class VirtioDevice {
  readonly model: DeviceModel;
  readonly #connections: VirtioConnections;
  readonly #state: VirtioState;
  readonly #queues: Virtqueue[];
  onDriverError: DriverErrorListener = () => {};

  constructor(model: DeviceModel, connections: VirtioConnections, state = resetVirtioState(model)) {
    this.model = model;
    this.#connections = connections;
    const copy = (q: QueueState): QueueState => ({ ...q, inFlight: q.inFlight && { ...q.inFlight } });
    this.#state = { ...state, queues: state.queues.map(copy) };
    this.#queues = this.#state.queues.map((q) => new Virtqueue(connections.ram, q));
  }

  save(): VirtioState {
    const queues = this.#state.queues.map((q) => ({ ...q, inFlight: q.inFlight && { ...q.inFlight } }));
    return { ...this.#state, queues };
  }

  /** Registers that the transports hand through; a queue's only where QueueSelect names one. */
  get state(): VirtioState {
    return this.#state;
  }

  /** The queue that QueueSelect names; undefined where there is none. */
  get selected(): QueueState | undefined {
    return this.#state.queues[this.#state.queueSelect];
  }

  /** Most entries of the selected queue; 0 where there is none. */
  get selectedMaximum(): number {
    return this.model.queueSizes[this.#state.queueSelect] ?? 0;
  }

  /** The 32 feature bits that DeviceFeaturesSelect names. */
  get deviceFeatures(): number {
    return half(COMMON_FEATURES | this.model.features, this.#state.deviceFeaturesSelect);
  }

  get driverFeatures(): number {
    return half(this.#state.driverFeatures, this.#state.driverFeaturesSelect);
  }

  /** Taken until the driver has said FEATURES_OK (3.1.1). */
  set driverFeatures(value: number) {
    const { status, driverFeaturesSelect: select, driverFeatures } = this.#state;
    if (status & STATUS.featuresOk || select > 1) return;
    const shift = BigInt(32 * select);
    const mask = 0xffff_ffffn << shift;
    this.#state.driverFeatures = (driverFeatures & ~mask) | (BigInt(value >>> 0) << shift);
  }

  get status(): number {
    return this.#state.status;
  }

  /** Zero resets the device; other bits are added (2.1.1). FEATURES_OK stays clear for features that were not offered. */
  set status(value: number) {
    const state = this.#state;
    if (value === 0) {
      this.#reset();
      return;
    }
    let added = value & 0xff & ~STATUS.needsReset;
    const offered = COMMON_FEATURES | this.model.features;
    const acceptable = !(state.driverFeatures & ~offered) && (state.driverFeatures & FEATURE.version1) !== 0n;
    if (!acceptable) added &= ~STATUS.featuresOk;
    const begins = (added & ~state.status & STATUS.driverOk) !== 0;
    state.status |= added;
    // Buffers that were made available before DRIVER_OK are there from now on (2.1.2).
    if (begins) for (const index of state.queues.keys()) this.notify(index);
  }

  /** Entries of the selected queue, a power of two up to its maximum; nothing else is taken. */
  setQueueSize(size: number): void {
    const queue = this.selected;
    if (!queue || queue.ready || size < 1 || size > this.selectedMaximum || size & (size - 1)) return;
    queue.size = size;
  }

  setQueueReady(ready: boolean): void {
    const queue = this.selected;
    if (!queue) return;
    const { size, vector } = queue;
    if (ready) queue.ready = true;
    else Object.assign(queue, resetQueueState(size), { vector });
  }

  /** Writes one half of one of the selected queue's addresses. */
  setQueueAddress(part: 'descriptors' | 'driver' | 'device', high: boolean, value: number): void {
    const queue = this.selected;
    if (!queue || queue.ready) return;
    const bits = BigInt(value >>> 0);
    queue[part] = high ? (bits << 32n) | (queue[part] & 0xffff_ffffn) : (queue[part] & ~0xffff_ffffn) | bits;
  }

  /** The driver says that there is something in a queue. */
  notify(index: number): void {
    const queue = this.#queues[index];
    if (!queue || !this.#works(queue)) return;
    if (!queue.state.idle) return;
    queue.state.idle = false;
    if (index !== this.model.inputQueue) queue.state.inFlight = { head: -1, due: this.#connections.now() };
    this.#connections.attend();
  }

  /** There may be new input for the driver. */
  inputArrived(): void {
    if (this.deadline() !== null) this.#connections.attend();
  }

  /** When `fireDue` has something to do; null: when the driver or the outside does something. */
  deadline(): Ps | null {
    let next: Ps | null = null;
    for (const { inFlight } of this.#state.queues) {
      if (inFlight && (next === null || inFlight.due < next)) next = inFlight.due;
    }
    const input = this.#inputDue();
    return input !== null && (next === null || input < next) ? input : next;
  }

  /** Does what is due. Between two slices only: guest RAM is written. */
  fireDue(now: Ps): void {
    for (const [index, queue] of this.#queues.entries()) {
      const { inFlight } = queue.state;
      if (inFlight && inFlight.due <= now) this.#guarded(() => this.#advance(index, queue, inFlight.head, now));
    }
    for (;;) {
      const due = this.#inputDue();
      if (due === null || due > now) return;
      this.#guarded(() => this.#deliver(this.#queues[this.model.inputQueue!]!));
    }
  }

  #works({ state }: Virtqueue): boolean {
    const { status } = this.#state;
    return state.ready && (status & (STATUS.driverOk | STATUS.needsReset)) === STATUS.driverOk;
  }

  #inputDue(): Ps | null {
    const queue = this.#queues[this.model.inputQueue ?? -1];
    return queue && !queue.state.idle && this.#works(queue) ? this.model.inputDue!() : null;
  }

  #has(feature: bigint): boolean {
    return (this.#state.driverFeatures & feature) !== 0n;
  }

  /** Ends the request in service, if any, and takes the next one, or waits for one. */
  #advance(index: number, queue: Virtqueue, served: number, now: Ps): void {
    this.#checkAccess();
    queue.state.inFlight = null;
    if (served >= 0) {
      // Read again: what the driver has done to it meanwhile is checked like the first time.
      const chain = queue.chain(served, this.#has(FEATURE.indirectDescriptors));
      this.#give(queue, served, this.model.serve(index, chain, now));
    }
    const head = queue.next();
    if (head === null) return queue.rest(this.#has(FEATURE.eventIndex));
    queue.take();
    const chain = queue.chain(head, this.#has(FEATURE.indirectDescriptors));
    queue.state.inFlight = { head, due: now + this.model.serviceTime(index, chain) };
  }

  /** Puts one input into the driver's next buffer. */
  #deliver(queue: Virtqueue): void {
    this.#checkAccess();
    const head = queue.next();
    if (head === null) return queue.rest(this.#has(FEATURE.eventIndex));
    queue.take();
    const chain = queue.chain(head, this.#has(FEATURE.indirectDescriptors));
    this.#give(queue, head, this.model.deliver!(chain));
  }

  #give(queue: Virtqueue, head: number, written: number): void {
    if (queue.give(head, written, this.#has(FEATURE.eventIndex))) {
      this.#connections.interrupt(CAUSE.queue, queue.state.vector);
    }
  }

  #checkAccess(): void {
    if (!this.#connections.mayAccess()) throw new DriverError('bus mastering is off');
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#break(error.message);
    }
  }

  #break(message: string): void {
    const state = this.#state;
    state.status |= STATUS.needsReset;
    for (const queue of state.queues) queue.inFlight = null;
    this.onDriverError(message);
    if (state.status & STATUS.driverOk) this.#connections.interrupt(CAUSE.config, state.configVector);
  }

  #reset(): void {
    const fresh = resetVirtioState(this.model);
    for (const [i, queue] of this.#state.queues.entries()) Object.assign(queue, fresh.queues[i]);
    const { queues } = this.#state;
    Object.assign(this.#state, fresh, { queues });
    this.model.reset();
  }
}

const half = (bits: bigint, select: number): number =>
  select > 1 ? 0 : Number((bits >> BigInt(32 * select)) & 0xffff_ffffn);
