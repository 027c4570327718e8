/** The block device (specification 5.2). */
import type { Ps } from '../../../arch/timer/time.js';
import type { Chain } from '../chain.js';
import { QUEUE_SIZES } from '../config.js';
import { DEVICE_ID } from '../constants.js';
import { DriverError } from '../guest-ram.js';
import type { DeviceModel } from '../model.js';
import { type Disk, SECTOR } from './disk.js';

/** Feature bits (5.2.3). */
const F_SIZE_MAX = 1n << 1n;
const F_SEG_MAX = 1n << 2n;
const F_RO = 1n << 5n;
const F_BLK_SIZE = 1n << 6n;
const F_FLUSH = 1n << 9n;

/** Request types and status (5.2.6). */
const TYPE = { in: 0, out: 1, flush: 4, getId: 8 } as const;
const STATUS = { ok: 0, ioError: 1, unsupported: 2 } as const;

const HEADER_BYTES = 16;
const ID_BYTES = 20;
/** Of a request's segments, and of each. */
const SEGMENTS = QUEUE_SIZES.block[0]! - 2;
const SEGMENT_BYTES = 65536;

/** One gigabyte a second. */
const PS_PER_BYTE = 1000n;

export interface BlockOptions {
  readonly disk: Disk;
  readonly readOnly: boolean;
  /** What GET_ID says, at most 20 ASCII characters. */
  readonly serial: string;
  /** Host time of a request before its bytes. */
  readonly latency: Ps;
}

export class Block implements DeviceModel {
  readonly id = DEVICE_ID.block;
  readonly features: bigint;
  readonly queueSizes = QUEUE_SIZES.block;
  readonly config = new Uint8Array(60);
  readonly #options: BlockOptions;

  constructor(options: BlockOptions) {
    this.#options = options;
    const { disk, readOnly } = options;
    this.features = F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (readOnly ? F_RO : 0n);
    const view = new DataView(this.config.buffer);
    view.setBigUint64(0, BigInt(disk.contents.size / SECTOR), true);
    view.setUint32(8, SEGMENT_BYTES, true);
    view.setUint32(12, SEGMENTS, true);
    view.setUint32(20, SECTOR, true);
  }

  serviceTime(_queue: number, chain: Chain): Ps {
    return this.#options.latency + BigInt(chain.readableBytes + chain.writableBytes) * PS_PER_BYTE;
  }

  serve(_queue: number, chain: Chain): number {
    if (chain.readableBytes < HEADER_BYTES || chain.writableBytes < 1) {
      throw new DriverError('a block request without header or status');
    }
    const header = new DataView(chain.read(0, HEADER_BYTES).buffer);
    const sector = header.getUint32(12, true) * 2 ** 32 + header.getUint32(8, true);
    const data = chain.writableBytes - 1;
    const status = this.#perform(header.getUint32(0, true), sector, chain, data);
    chain.write(data, Uint8Array.of(status));
    return chain.writableBytes;
  }

  reset(): void {}

  /** @returns the status */
  #perform(type: number, sector: number, chain: Chain, data: number): number {
    const { disk, readOnly, serial } = this.#options;
    switch (type) {
      case TYPE.in:
        if (!this.#isInside(sector, data)) return STATUS.ioError;
        chain.fill(0, data, (into, from) => disk.read(sector * SECTOR + from, into));
        return STATUS.ok;
      case TYPE.out: {
        const length = chain.readableBytes - HEADER_BYTES;
        const fits = this.#isInside(sector, length) && disk.hasRoom(sector * SECTOR, length);
        if (readOnly || !fits) return STATUS.ioError;
        disk.write(sector * SECTOR, chain.read(HEADER_BYTES, length));
        return STATUS.ok;
      }
      case TYPE.flush:
        disk.flush();
        return STATUS.ok;
      case TYPE.getId: {
        const id = new Uint8Array(Math.min(data, ID_BYTES));
        id.set(new TextEncoder().encode(serial).subarray(0, id.length));
        chain.write(0, id);
        return STATUS.ok;
      }
      default:
        return STATUS.unsupported;
    }
  }

  /** Whole sectors inside the disk. */
  #isInside(sector: number, length: number): boolean {
    return length > 0 && length % SECTOR === 0 && sector * SECTOR + length <= this.#options.disk.contents.size;
  }
}
