/** One PCI function: its header, its BARs, its MSI-X and its interrupt pin. */
import type { AccessSize, MmioDevice } from '../bus.js';
import { RegisterDevice } from '../devices/register-device.js';
import { COMMAND, CONFIG, type ConfigSize, ConfigSpace, STATUS } from './config-space.js';
import { MSIX_BYTES, MSIX_CAPABILITY, Msix, type MsixVector, PBA_OFFSET, resetMsixVectors } from './msix.js';

/** Plain state: what a guest can write, by name. */
export interface PciState {
  command: number;
  cacheLine: number;
  interruptLine: number;
  /** The six words. */
  bars: number[];
  /** MSI-X message control, and each vector; absent where the function has none. */
  msixControl?: number;
  msix?: MsixVector[];
}

export interface PciIds {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Base class, subclass and interface: 24 bits. */
  readonly classCode: number;
  readonly subsystemVendor: number;
  readonly subsystem: number;
}

/** A region that a BAR maps; a power of two, at least 16 bytes. */
export interface PciRegion {
  readonly bar: number;
  readonly size: number;
  /** Takes two BARs, and may be above 4 GiB. */
  readonly wide: boolean;
  readonly device: MmioDevice;
}

export interface PciOptions {
  readonly ids: PciIds;
  readonly regions: readonly PciRegion[];
  /** The BAR of its MSI-X, and how many vectors; absent: none. */
  readonly msix?: { readonly bar: number; readonly vectors: number };
  /** Whether it has an interrupt pin, INTA. */
  readonly pin: boolean;
}

export interface PciConnections {
  /** The level of INTA. */
  interrupt(level: boolean): void;
  /** A message of its MSI-X. */
  msi(address: bigint, data: number): void;
}

const MEMORY_64 = 4;

export class PciFunction {
  readonly config = new ConfigSpace();
  readonly msix: Msix | null;
  readonly #connections: PciConnections;
  readonly #regions: PciRegion[];
  readonly #msixControl: number;
  #pending = false;
  #line = false;

  constructor(options: PciOptions, connections: PciConnections, state?: PciState) {
    this.#connections = connections;
    const { ids, msix, pin } = options;
    const { config } = this;
    const { view } = config;
    view.setUint16(CONFIG.vendorId, ids.vendor, true);
    view.setUint16(CONFIG.deviceId, ids.device, true);
    view.setUint32(CONFIG.revision, ids.classCode * 256 + ids.revision, true);
    view.setUint16(CONFIG.subsystemVendor, ids.subsystemVendor, true);
    view.setUint16(CONFIG.subsystem, ids.subsystem, true);
    config.bytes[CONFIG.interruptPin] = pin ? 1 : 0;
    config.allow16(CONFIG.command, COMMAND.memory | COMMAND.busMaster | (pin ? COMMAND.interruptDisable : 0));
    config.writable[CONFIG.cacheLine] = 0xff;
    config.writable[CONFIG.interruptLine] = 0xff;
    this.msix = msix ? this.#makeMsix(msix.vectors, state?.msix) : null;
    const table = msix && { bar: msix.bar, size: MSIX_BYTES, wide: false, device: new MsixRegion(this.msix!) };
    this.#regions = [...options.regions, ...(table ? [table] : [])];
    for (const region of this.#regions) this.#addBar(region);
    this.#msixControl = msix ? this.#addMsixCapability(msix.bar, msix.vectors) : 0;
    if (state) this.#restore(state);
  }

  save(): PciState {
    const { config, msix } = this;
    return {
      command: config.read(CONFIG.command, 2),
      cacheLine: config.read(CONFIG.cacheLine, 1),
      interruptLine: config.read(CONFIG.interruptLine, 1),
      bars: [0, 1, 2, 3, 4, 5].map((n) => config.read(CONFIG.bars + 4 * n, 4)),
      ...(msix && { msixControl: config.read(this.#msixControl, 2), msix: msix.save() }),
    };
  }

  get busMaster(): boolean {
    return (this.config.read(CONFIG.command, 2) & COMMAND.busMaster) !== 0;
  }

  readConfig(offset: number, size: ConfigSize): number {
    return this.config.read(offset, size);
  }

  writeConfig(offset: number, size: ConfigSize, value: number): void {
    this.config.write(offset, size, value);
    if (offset <= CONFIG.command + 1 && offset + size > CONFIG.command) this.#updateLine();
    if (this.msix && offset <= this.#msixControl + 1 && offset + size > this.#msixControl) {
      this.msix.control(this.config.read(this.#msixControl, 2));
      this.#updateLine();
    }
  }

  /** The region that a BAR maps at an address, and the offset in it; null where none does. */
  find(address: number, size: AccessSize): { device: MmioDevice; offset: number } | null {
    if (!(this.config.read(CONFIG.command, 2) & COMMAND.memory)) return null;
    for (const region of this.#regions) {
      const offset = address - this.#baseOf(region);
      if (offset >= 0 && offset + size <= region.size) return { device: region.device, offset };
    }
    return null;
  }

  /** The region behind a BAR, by its number. */
  region(bar: number): PciRegion | undefined {
    return this.#regions.find((r) => r.bar === bar);
  }

  /** Sets the level that INTA has while nothing holds it back: MSI-X, or the command register. */
  setInterrupt(pending: boolean): void {
    this.#pending = pending;
    this.#updateLine();
  }

  #baseOf({ bar, wide }: PciRegion): number {
    const at = CONFIG.bars + 4 * bar;
    const low = this.config.read(at, 4) - (this.config.read(at, 1) & 15);
    return wide ? this.config.read(at + 4, 4) * 2 ** 32 + low : low;
  }

  #addBar({ bar, size, wide }: PciRegion): void {
    const { config } = this;
    const at = CONFIG.bars + 4 * bar;
    config.bytes[at] = wide ? MEMORY_64 : 0;
    config.allow32(at, -size);
    if (wide) config.allow32(at + 4, 0xffff_ffff);
  }

  #makeMsix(count: number, vectors: readonly MsixVector[] = resetMsixVectors(count)): Msix {
    return new Msix(vectors, (address, data) => {
      if (this.busMaster) this.#connections.msi(address, data);
    });
  }

  /** @returns where its message control is */
  #addMsixCapability(bar: number, vectors: number): number {
    const body = new DataView(new ArrayBuffer(10));
    body.setUint16(0, vectors - 1, true);
    body.setUint32(2, bar, true);
    body.setUint32(6, PBA_OFFSET | bar, true);
    const control = this.config.addCapability(MSIX_CAPABILITY, new Uint8Array(body.buffer)) + 2;
    this.config.writable[control + 1] = 0xc0;
    return control;
  }

  #restore({ command, cacheLine, interruptLine, bars, msixControl = 0 }: PciState): void {
    const { config } = this;
    config.write(CONFIG.command, 2, command);
    config.write(CONFIG.cacheLine, 1, cacheLine);
    config.write(CONFIG.interruptLine, 1, interruptLine);
    for (const [n, bar] of bars.entries()) config.write(CONFIG.bars + 4 * n, 4, bar);
    if (!this.msix) return;
    config.write(this.#msixControl, 2, msixControl);
    this.msix.control(config.read(this.#msixControl, 2));
  }

  #updateLine(): void {
    const { config } = this;
    const status = config.read(CONFIG.status, 2) & ~STATUS.interrupt;
    const pending = this.#pending && !this.msix?.enabled;
    config.view.setUint16(CONFIG.status, status | (pending ? STATUS.interrupt : 0), true);
    const line = pending && !(config.read(CONFIG.command, 2) & COMMAND.interruptDisable);
    if (line === this.#line) return;
    this.#line = line;
    this.#connections.interrupt(line);
  }
}

class MsixRegion extends RegisterDevice {
  readonly #msix: Msix;

  constructor(msix: Msix) {
    super();
    this.#msix = msix;
  }

  protected readWord(offset: number): number {
    return this.#msix.readWord(offset);
  }

  protected writeWord(offset: number, value: number): void {
    this.#msix.writeWord(offset, value);
  }
}
