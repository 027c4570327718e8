/** The console device (specification 5.3): one port, a second console beside the UART. */
import type { Ps } from '../../arch/timer/time.js';
import type { Chain } from './chain.js';
import { QUEUE_SIZES } from './config.js';
import { DEVICE_ID } from './constants.js';
import { DriverError } from './guest-ram.js';
import type { DeviceModel } from './model.js';

/** Plain state. */
export interface ConsoleState {
  /** Characters for the guest, and when they may be had. */
  input: number[];
  due: Ps;
}

export const resetConsoleState = (): ConsoleState => ({ input: [], due: 0n });

const RECEIVE = 0;
/** Characters that wait for the guest at most; more are dropped. */
export const MAX_INPUT = 65536;
const LATENCY: Ps = 5_000_000n;
const PS_PER_BYTE = 1000n;

export class Console implements DeviceModel {
  readonly id = DEVICE_ID.console;
  readonly features = 0n;
  readonly queueSizes = QUEUE_SIZES.console;
  readonly inputQueue = RECEIVE;
  readonly config = new Uint8Array(12);
  readonly #state: ConsoleState;
  readonly #transmit: (bytes: Uint8Array) => void;

  /** @param transmit takes what the guest prints */
  constructor(transmit: (bytes: Uint8Array) => void, state: ConsoleState) {
    this.#transmit = transmit;
    this.#state = { ...state, input: [...state.input] };
  }

  save(): ConsoleState {
    return { ...this.#state, input: [...this.#state.input] };
  }

  /** Takes characters for the guest. */
  receive(bytes: Iterable<number>, now: Ps): void {
    const { input } = this.#state;
    if (input.length === 0) this.#state.due = now + LATENCY;
    for (const byte of bytes) if (input.length < MAX_INPUT) input.push(byte & 0xff);
  }

  serviceTime(_queue: number, chain: Chain): Ps {
    return LATENCY + BigInt(chain.readableBytes) * PS_PER_BYTE;
  }

  serve(_queue: number, chain: Chain): number {
    this.#transmit(chain.read(0, chain.readableBytes));
    return 0;
  }

  inputDue(): Ps | null {
    return this.#state.input.length ? this.#state.due : null;
  }

  deliver(chain: Chain): number {
    if (chain.writableBytes === 0) throw new DriverError('a receive buffer that cannot be written');
    const bytes = Uint8Array.from(this.#state.input.splice(0, chain.writableBytes));
    chain.write(0, bytes);
    return bytes.length;
  }

  reset(): void {}
}
