/** Guest RAM as a device that masters the bus sees it: bytes by guest-physical address, and who has to hear of writes. */

export interface GuestRam {
  /** The memory that `locate` gives offsets into, live. Reads only; write with `write` or tell `written`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Offset of a guest-physical range in `bytes`, or -1 where not all of it is RAM. */
  locate(address: number, length: number): number;
  /** Bytes at an offset have changed: caches of code and tables, dirty pages and monitors follow. */
  written(offset: number, length: number): void;
}

/** A driver has broken a rule of the specification, which puts its device into DEVICE_NEEDS_RESET (2.1.1). */
export class DriverError extends Error {
  override readonly name = 'DriverError';
}

/**
 * Offset of a range of guest RAM in `ram.bytes`.
 * @throws DriverError where not all of it is RAM
 */
export function located(ram: GuestRam, address: number, length: number, what: string): number {
  const offset = ram.locate(address, length);
  if (offset < 0) throw new DriverError(`${what} at 0x${address.toString(16)}, ${length} bytes: not RAM`);
  return offset;
}
