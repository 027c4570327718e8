/**
 * The configuration space of one function (PCI Local Bus 3.0, section 6): bytes, and which of their bits a guest can
 * write. All that is not said here reads as zero and ignores writes, as the standard has it for what is not implemented.
 */

/** Offsets of a type 0 header. */
export const CONFIG = {
  vendorId: 0x00,
  deviceId: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  classCode: 0x09,
  cacheLine: 0x0c,
  bars: 0x10,
  subsystemVendor: 0x2c,
  subsystem: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;

export const COMMAND = { memory: 1 << 1, busMaster: 1 << 2, interruptDisable: 1 << 10 } as const;
export const STATUS = { interrupt: 1 << 3, capabilities: 1 << 4 } as const;

/** Bytes that the standard's part has; what is behind is PCI Express's and empty here. */
export const CONFIG_BYTES = 256;
/** Where capabilities begin. */
const FIRST_CAPABILITY = 0x40;

export type ConfigSize = 1 | 2 | 4;

export class ConfigSpace {
  readonly bytes = new Uint8Array(CONFIG_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  /** Bits that a guest can write. */
  readonly writable = new Uint8Array(CONFIG_BYTES);
  readonly #writable = new DataView(this.writable.buffer);
  #end = FIRST_CAPABILITY;
  /** Where the last capability's pointer to the next one is. */
  #link: number = CONFIG.capabilities;

  read(offset: number, size: ConfigSize): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.bytes[offset + i] ?? 0);
    return value;
  }

  write(offset: number, size: ConfigSize, value: number): void {
    for (let i = 0; i < size && offset + i < CONFIG_BYTES; i++) {
      const mask = this.writable[offset + i]!;
      this.bytes[offset + i] = (this.bytes[offset + i]! & ~mask) | ((value >>> (8 * i)) & mask);
    }
  }

  /** Makes bits writable. */
  allow16(offset: number, mask: number): void {
    this.#writable.setUint16(offset, mask, true);
  }

  allow32(offset: number, mask: number): void {
    this.#writable.setUint32(offset, mask, true);
  }

  /** Adds a capability (6.7) with its id, whose bytes behind the two of its header are `body`; its offset. */
  addCapability(id: number, body: Uint8Array): number {
    const at = this.#end;
    this.bytes[at] = id;
    this.bytes.set(body, at + 2);
    this.bytes[this.#link] = at;
    this.#link = at + 1;
    this.#end = (at + 2 + body.length + 3) & ~3;
    this.view.setUint16(CONFIG.status, this.view.getUint16(CONFIG.status, true) | STATUS.capabilities, true);
    return at;
  }
}
