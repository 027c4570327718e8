/**
 * The stolen-time structure (DEN0057A): revision, attributes, nanoseconds.
 */

export const STOLEN_TIME_BYTES = 16;

/** Offset of the only field that changes: the hypervisor stores its 8 bytes at once. */
export const STOLEN_TIME_FIELD = 8;

/** What the structure says. */
export interface StolenTime {
  revision: number;
  attributes: number;
  nanoseconds: bigint;
}

/** The structure's 16 bytes for a total of `nanoseconds`, 0 to 2^64 - 1. */
export function encodeStolenTime(nanoseconds: bigint): Uint8Array {
  const bytes = new Uint8Array(STOLEN_TIME_BYTES);
  new DataView(bytes.buffer).setBigUint64(STOLEN_TIME_FIELD, nanoseconds, true);
  return bytes;
}

/** Reads the structure as a guest does. */
export function decodeStolenTime(bytes: Uint8Array): StolenTime {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    revision: view.getUint32(0, true),
    attributes: view.getUint32(4, true),
    nanoseconds: view.getBigUint64(STOLEN_TIME_FIELD, true),
  };
}
