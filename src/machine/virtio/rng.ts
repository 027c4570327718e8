/** The entropy device (specification 5.4) on a seed: the same run gets the same bytes. */
import type { Ps } from '../../arch/timer/time.js';
import type { Chain } from './chain.js';
import { QUEUE_SIZES } from './config.js';
import { DEVICE_ID } from './constants.js';
import { DriverError } from './guest-ram.js';
import type { DeviceModel } from './model.js';

/** Plain state. */
export interface RngState {
  /** SplitMix64's counter. */
  counter: bigint;
}

/** Bytes that one request gets at most; a driver that wants more asks again. */
const MOST = 4096;
const LATENCY: Ps = 5_000_000n;
const PS_PER_BYTE = 1000n;

const GOLDEN = 0x9e37_79b9_7f4a_7c15n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
function mix(value: bigint): bigint {
  let z = value;
  z = u64((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  z = u64((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return z ^ (z >> 31n);
}

export const resetRngState = (seed: number): RngState => ({ counter: mix(BigInt(seed)) });

export class Rng implements DeviceModel {
  readonly id = DEVICE_ID.rng;
  readonly features = 0n;
  readonly queueSizes = QUEUE_SIZES.rng;
  readonly config = new Uint8Array(0);
  #counter: bigint;

  constructor(state: RngState) {
    this.#counter = state.counter;
  }

  save(): RngState {
    return { counter: this.#counter };
  }

  serviceTime(_queue: number, chain: Chain): Ps {
    return LATENCY + BigInt(Math.min(chain.writableBytes, MOST)) * PS_PER_BYTE;
  }

  serve(_queue: number, chain: Chain): number {
    if (chain.writableBytes === 0) throw new DriverError('an entropy request without a buffer');
    const bytes = new Uint8Array(Math.min(chain.writableBytes, MOST));
    const view = new DataView(new ArrayBuffer(8));
    for (let at = 0; at < bytes.length; at += 8) {
      this.#counter = u64(this.#counter + GOLDEN);
      view.setBigUint64(0, mix(this.#counter), true);
      bytes.set(new Uint8Array(view.buffer, 0, Math.min(8, bytes.length - at)), at);
    }
    chain.write(0, bytes);
    return bytes.length;
  }

  /** A driver's reset does not start the sequence again. */
  reset(): void {}
}
