/**
 * The PCI transport (specification 4.1), modern only: registers in one BAR, found by vendor capabilities; interrupts by
 * MSI-X where the driver has enabled it, else by INTA and the ISR.
 */
import type { AccessSize, MmioDevice } from '../bus.js';
import { type ConfigSize, type PciConnections, PciFunction, type PciRegion, type PciState } from '../pcie/index.js';
import { DEVICE_ID, NO_VECTOR, VENDOR_ID } from './constants.js';
import type { VirtioDevice } from './device.js';

/** Plain state: the function's, and what the driver's window in configuration space looks at. */
export interface VirtioPciState extends PciState {
  window: { bar: number; offset: number; length: number };
}

const MSIX_BAR = 1;
const REGISTERS_BAR = 4;
/** Parts of the registers: each is alone in a page. */
const PART_BYTES = 0x1000;
const PART = { common: 0, isr: 1, device: 2, notify: 3 } as const;
const NOTIFY_MULTIPLIER = 4;

const VENDOR_CAPABILITY = 9;
/** cfg_type of each capability (4.1.4). */
const CAPABILITY = { common: 1, notify: 2, isr: 3, device: 4, window: 5 } as const;
/** Places in the window's capability. */
const WINDOW = { bar: 4, offset: 8, length: 12, data: 16 } as const;

/** Revision 1: not transitional (4.1.2). */
const REVISION = 1;
const FIRST_DEVICE_ID = 0x1040;
const FIRST_SUBSYSTEM_ID = 0x40;

/** As QEMU has them: Ethernet, SCSI storage, communication, other. */
const CLASS_CODES: Readonly<Record<number, number>> = {
  [DEVICE_ID.net]: 0x02_0000,
  [DEVICE_ID.block]: 0x01_0000,
  [DEVICE_ID.console]: 0x07_8000,
  [DEVICE_ID.rng]: 0x00_ff00,
};

export class VirtioPci extends PciFunction {
  readonly #device: VirtioDevice;
  readonly #window: number;

  constructor(device: VirtioDevice, connections: PciConnections, state?: VirtioPciState) {
    const { id, queueSizes } = device.model;
    const ids = {
      vendor: VENDOR_ID,
      device: FIRST_DEVICE_ID + id,
      revision: REVISION,
      classCode: CLASS_CODES[id] ?? 0xff_0000,
      subsystemVendor: VENDOR_ID,
      subsystem: FIRST_SUBSYSTEM_ID + id,
    };
    const registers = {
      bar: REGISTERS_BAR,
      size: 4 * PART_BYTES,
      wide: true,
      device: new Registers(device, () => this),
    };
    const msix = { bar: MSIX_BAR, vectors: queueSizes.length + 1 };
    super({ ids, regions: [registers], msix, pin: true }, connections, state);
    this.#device = device;
    for (const name of ['common', 'isr', 'device'] as const) this.#addPart(CAPABILITY[name], PART[name]);
    this.#addPart(CAPABILITY.notify, PART.notify, NOTIFY_MULTIPLIER);
    this.#window = this.#addPart(CAPABILITY.window, PART.common, 0);
    const { config } = this;
    config.view.setUint32(this.#window + WINDOW.length, 0, true);
    config.bytes[this.#window + WINDOW.bar] = 0;
    config.writable[this.#window + WINDOW.bar] = 0xff;
    config.allow32(this.#window + WINDOW.offset, 0xffff_ffff);
    config.allow32(this.#window + WINDOW.length, 0xffff_ffff);
    if (state) this.#restoreWindow(state.window);
    this.update();
  }

  override save(): VirtioPciState {
    return { ...super.save(), window: this.#target };
  }

  /** Takes an interrupt of the device: a cause, and the vector that the driver has given it. */
  raise(cause: number, vector: number): void {
    if (this.msix!.enabled) return this.msix!.fire(vector);
    this.#device.state.isr |= cause;
    this.update();
  }

  /** Brings INTA up to date. */
  update(): void {
    this.setInterrupt(this.#device.state.isr !== 0);
  }

  override readConfig(offset: number, size: ConfigSize): number {
    if (offset !== this.#window + WINDOW.data) return super.readConfig(offset, size);
    const found = this.#windowRegion();
    return found ? Number(found.region.device.read(found.offset, found.size)) : 0;
  }

  override writeConfig(offset: number, size: ConfigSize, value: number): void {
    super.writeConfig(offset, size, value);
    if (offset !== this.#window + WINDOW.data) return;
    const found = this.#windowRegion();
    found?.region.device.write(found.offset, found.size, BigInt(value >>> 0));
  }

  get #target(): VirtioPciState['window'] {
    const { config } = this;
    return {
      bar: config.read(this.#window + WINDOW.bar, 1),
      offset: config.read(this.#window + WINDOW.offset, 4),
      length: config.read(this.#window + WINDOW.length, 4),
    };
  }

  /** What the window looks at (4.1.4.9): an aligned part of a region; null where it is none. */
  #windowRegion(): { region: PciRegion; offset: number; size: AccessSize } | null {
    const { bar, offset, length } = this.#target;
    const region = this.region(bar);
    if (!region || (length !== 1 && length !== 2 && length !== 4) || offset % length) return null;
    return offset + length <= region.size ? { region, offset, size: length } : null;
  }

  #restoreWindow({ bar, offset, length }: VirtioPciState['window']): void {
    const { config } = this;
    config.write(this.#window + WINDOW.bar, 1, bar);
    config.write(this.#window + WINDOW.offset, 4, offset);
    config.write(this.#window + WINDOW.length, 4, length);
  }

  #addPart(type: number, part: number, more?: number): number {
    const body = new DataView(new ArrayBuffer(more === undefined ? 14 : 18));
    body.setUint8(0, body.byteLength + 2);
    body.setUint8(1, type);
    body.setUint8(2, REGISTERS_BAR);
    body.setUint32(6, part * PART_BYTES, true);
    body.setUint32(10, PART_BYTES, true);
    if (more !== undefined) body.setUint32(14, more, true);
    return this.config.addCapability(VENDOR_CAPABILITY, new Uint8Array(body.buffer));
  }
}

interface Field {
  readonly size: AccessSize;
  read(device: VirtioDevice): number;
  write?(device: VirtioDevice, value: number, vectors: number): void;
}

const vectorOf = (value: number, vectors: number): number => (value < vectors ? value : NO_VECTOR);

/** Both halves of one of the selected queue's addresses, at `offset` and behind it. */
function address(offset: number, part: 'descriptors' | 'driver' | 'device'): [number, Field][] {
  return [false, true].map((high) => [
    offset + (high ? 4 : 0),
    {
      size: 4,
      read: (d) => Number(((d.selected?.[part] ?? 0n) >> (high ? 32n : 0n)) & 0xffff_ffffn),
      write: (d, value) => d.setQueueAddress(part, high, value),
    },
  ]);
}

/** The common configuration (4.1.4.3) by offset. */
const FIELDS: ReadonlyMap<number, Field> = new Map([
  [0x00, { size: 4, read: (d) => d.state.deviceFeaturesSelect, write: (d, v) => (d.state.deviceFeaturesSelect = v) }],
  [0x04, { size: 4, read: (d) => d.deviceFeatures }],
  [0x08, { size: 4, read: (d) => d.state.driverFeaturesSelect, write: (d, v) => (d.state.driverFeaturesSelect = v) }],
  [0x0c, { size: 4, read: (d) => d.driverFeatures, write: (d, v) => (d.driverFeatures = v) }],
  [0x10, { size: 2, read: (d) => d.state.configVector, write: (d, v, n) => (d.state.configVector = vectorOf(v, n)) }],
  [0x12, { size: 2, read: (d) => d.model.queueSizes.length }],
  [0x14, { size: 1, read: (d) => d.status, write: (d, v) => (d.status = v) }],
  [0x16, { size: 2, read: (d) => d.state.queueSelect, write: (d, v) => (d.state.queueSelect = v) }],
  [0x18, { size: 2, read: (d) => d.selected?.size ?? 0, write: (d, v) => d.setQueueSize(v) }],
  [
    0x1a,
    {
      size: 2,
      read: (d) => d.selected?.vector ?? NO_VECTOR,
      write: (d, v, n) => {
        if (d.selected) d.selected.vector = vectorOf(v, n);
      },
    },
  ],
  [0x1c, { size: 2, read: (d) => (d.selected?.ready ? 1 : 0), write: (d, v) => v === 1 && d.setQueueReady(true) }],
  [0x1e, { size: 2, read: (d) => (d.selected ? d.state.queueSelect : 0) }],
  ...address(0x20, 'descriptors'),
  ...address(0x28, 'driver'),
  ...address(0x30, 'device'),
] satisfies [number, Field][]);

/** The BAR with all of a device's registers. */
class Registers implements MmioDevice {
  readonly #device: VirtioDevice;
  readonly #transport: () => VirtioPci;

  constructor(device: VirtioDevice, transport: () => VirtioPci) {
    this.#device = device;
    this.#transport = transport;
  }

  read(offset: number, size: AccessSize): bigint {
    const at = offset % PART_BYTES;
    switch (Math.floor(offset / PART_BYTES)) {
      case PART.common:
        return this.#common(at, size);
      case PART.isr:
        return at === 0 ? this.#takeIsr() : 0n;
      case PART.device:
        return this.#configuration(at, size);
      default:
        return 0n;
    }
  }

  write(offset: number, size: AccessSize, value: bigint): void {
    const at = offset % PART_BYTES;
    const part = Math.floor(offset / PART_BYTES);
    if (part === PART.notify && at % NOTIFY_MULTIPLIER === 0) return this.#device.notify(at / NOTIFY_MULTIPLIER);
    if (part !== PART.common) return;
    const transport = this.#transport();
    for (const [i, half] of (size === 8 ? [value & 0xffff_ffffn, value >> 32n] : [value]).entries()) {
      const field = FIELDS.get(at + 4 * i);
      if (field?.size === Math.min(size, 4)) field.write?.(this.#device, Number(half), transport.msix!.count);
    }
    transport.update();
  }

  #common(at: number, size: AccessSize): bigint {
    if (size === 8) return this.#common(at, 4) | (this.#common(at + 4, 4) << 32n);
    const field = FIELDS.get(at);
    return field?.size === size ? BigInt(field.read(this.#device) >>> 0) : 0n;
  }

  #takeIsr(): bigint {
    const { state } = this.#device;
    const causes = state.isr;
    state.isr = 0;
    this.#transport().update();
    return BigInt(causes);
  }

  #configuration(at: number, size: AccessSize): bigint {
    const { config } = this.#device.model;
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(config[at + i] ?? 0);
    return value;
  }
}
