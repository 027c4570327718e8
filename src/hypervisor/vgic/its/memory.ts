/** Guest memory as the GIC reaches its tables there, by guest-physical address (a number: 52 bits are exact). */
export interface TableMemory {
  /** Whether all of the bytes are RAM. */
  holds(address: number, bytes: number): boolean;
  /** Little-endian and aligned; 0 where it is not RAM. */
  read8(address: number): number;
  read32(address: number): number;
  read64(address: number): bigint;
  /** Does nothing where it is not RAM. */
  write8(address: number, value: number): void;
  write64(address: number, value: bigint): void;
}

/** Of a vGIC whose guest memory is not there yet. */
export const NO_MEMORY: TableMemory = {
  holds: () => false,
  read8: () => 0,
  read32: () => 0,
  read64: () => 0n,
  write8: () => {},
  write64: () => {},
};
