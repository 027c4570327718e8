/**
 * The ITS's registers. They are all that an ITS holds: its mappings are in guest memory only (tables.ts), so what a
 * guest maps costs the host nothing, and there is nothing to flush before a save.
 */

export interface ItsState {
  /** GITS_CTLR.Enabled. */
  enabled: boolean;
  /** GITS_CBASER, what can be written of it. */
  cbaser: bigint;
  /** Byte offsets in the queue, multiples of 32. */
  cwriter: number;
  creadr: number;
  /** GITS_CREADR.Stalled: the queue is not in RAM. */
  stalled: boolean;
  /** GITS_BASER0 (devices) and GITS_BASER1 (collections), what can be written of them. */
  deviceBaser: bigint;
  collectionBaser: bigint;
}

export function resetItsState(): ItsState {
  return {
    enabled: false,
    cbaser: 0n,
    cwriter: 0,
    creadr: 0,
    stalled: false,
    deviceBaser: 0n,
    collectionBaser: 0n,
  };
}

/** GITS_TYPER.{ID_bits, Devbits, CIDbits} + 1: widths of EventIDs, DeviceIDs (PCI requester ids) and collection ids. */
export const EVENT_BITS = 16;
export const DEVICE_BITS = 16;
export const COLLECTION_BITS = 8;

export const COMMAND_BYTES = 32;
/** Bytes of the largest queue: GITS_CBASER.Size is 8 bits, of 4 KiB pages. */
export const MAX_QUEUE_BYTES = 256 * 4096;

/** Bit 63 of GITS_BASER<n>, GITS_CBASER and most entries. */
export const VALID = 1n << 63n;
const PAGE_64K = 0x10000;

export const isValid = (value: bigint): boolean => (value & VALID) !== 0n;

/** Bytes of the command queue. */
export const queueBytes = (cbaser: bigint): number => (Number(cbaser & 0xffn) + 1) * 4096;
export const queueAddress = (cbaser: bigint): number => Number(cbaser & 0xf_ffff_ffff_f000n);

/** A table of 64 KiB pages: PA[47:16] in place, PA[51:48] in bits 15:12 (IHI 0069H, 12.19.1). */
export const tableAddress = (baser: bigint): number =>
  Number((baser & 0xffff_ffff_0000n) | (((baser >> 12n) & 0xfn) << 48n));
export const tableBytes = (baser: bigint): number => (Number(baser & 0xffn) + 1) * PAGE_64K;
