/** What a type of device is to the transports and the queues: the part that block, net, rng and console differ in. */
import type { Ps } from '../../arch/timer/time.js';
import type { Chain } from './chain.js';

export interface DeviceModel {
  readonly id: number;
  /** Feature bits of the type. */
  readonly features: bigint;
  /** Entries of each queue at most: powers of two. */
  readonly queueSizes: readonly number[];
  /** The queue whose buffers wait for something from outside; none where absent. All others carry requests. */
  readonly inputQueue?: number;
  /** The device's configuration space (little-endian). */
  readonly config: Uint8Array;
  /** Host time that a request takes, at least 1 ps. @throws DriverError for a request that cannot be */
  serviceTime(queue: number, chain: Chain): Ps;
  /**
   * Does what a request asks for.
   * @returns bytes written into its writable part, from the first on
   * @throws DriverError for a request that cannot be
   */
  serve(queue: number, chain: Chain, now: Ps): number;
  /** When the next input is there for the driver; null: there is none. */
  inputDue?(): Ps | null;
  /** Puts the next input into a buffer; bytes written. @throws DriverError where it does not fit */
  deliver?(chain: Chain): number;
  /** The driver has reset the device. */
  reset(): void;
}

/** Where a device is attached. */
export type VirtioBus = 'pci' | 'mmio';
