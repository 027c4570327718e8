/** The network device (specification 5.1): plain frames, one pair of queues. */
import type { Ps } from '../../../arch/timer/time.js';
import type { Chain } from '../chain.js';
import { QUEUE_SIZES } from '../config.js';
import { DEVICE_ID } from '../constants.js';
import { DriverError } from '../guest-ram.js';
import type { DeviceModel } from '../model.js';
import { MAX_FRAME } from './frame.js';

/** A frame on its way to the guest: its bytes in hexadecimal, and when it is there. */
export interface Arriving {
  frame: string;
  due: Ps;
}

/** Plain state. */
export interface NetState {
  /** In the order in which they are delivered. */
  arriving: Arriving[];
}

export const resetNetState = (): NetState => ({ arriving: [] });

/** Frames that wait for a guest at most; more are lost, as on a wire. */
export const MAX_ARRIVING = 256;

/** Feature bits (5.1.3). */
const F_MAC = 1n << 5n;
const F_STATUS = 1n << 16n;

/** virtio_net_hdr with num_buffers (5.1.6). */
const HEADER = 12;
const NUM_BUFFERS = 10;
const RECEIVE = 0;
const LINK_UP = 1;

const LATENCY: Ps = 2_000_000n;
/** Ten gigabits a second. */
const PS_PER_BYTE = 800n;

export class Net implements DeviceModel {
  readonly id = DEVICE_ID.net;
  readonly features = F_MAC | F_STATUS;
  readonly queueSizes = QUEUE_SIZES.net;
  readonly inputQueue = RECEIVE;
  readonly config = new Uint8Array(8);
  readonly #arriving: Arriving[];
  readonly #transmit: (frame: Uint8Array, now: Ps) => void;

  /** @param transmit takes the guest's frames, and when they left */
  constructor(mac: Uint8Array, transmit: (frame: Uint8Array, now: Ps) => void, state: NetState) {
    this.config.set(mac);
    this.config[6] = LINK_UP;
    this.#transmit = transmit;
    this.#arriving = state.arriving.map((a) => ({ ...a }));
  }

  save(): NetState {
    return { arriving: this.#arriving.map((a) => ({ ...a })) };
  }

  /** Takes a frame that is there at an instant, and not before those that came first. */
  receive(frame: Uint8Array, due: Ps): void {
    if (this.#arriving.length >= MAX_ARRIVING || frame.length > MAX_FRAME) return;
    const last = this.#arriving.at(-1)?.due ?? 0n;
    this.#arriving.push({ frame: toHex(frame), due: due > last ? due : last });
  }

  serviceTime(_queue: number, chain: Chain): Ps {
    return LATENCY + BigInt(chain.readableBytes) * PS_PER_BYTE;
  }

  serve(_queue: number, chain: Chain, now: Ps): number {
    const length = chain.readableBytes - HEADER;
    if (length < 0) throw new DriverError(`a frame with a header of ${chain.readableBytes} bytes`);
    // What is no frame of this wire is lost on it.
    if (length <= MAX_FRAME) this.#transmit(chain.read(HEADER, length), now);
    return 0;
  }

  inputDue(): Ps | null {
    return this.#arriving[0]?.due ?? null;
  }

  deliver(chain: Chain): number {
    const frame = fromHex(this.#arriving.shift()!.frame);
    const bytes = new Uint8Array(HEADER + frame.length);
    bytes[NUM_BUFFERS] = 1;
    bytes.set(frame, HEADER);
    chain.write(0, bytes);
    return bytes.length;
  }

  /** What is on its way stays so. */
  reset(): void {}
}

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
