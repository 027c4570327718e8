/**
 * A generic ECAM host bridge ("pci-host-ecam-generic") with its functions, all on bus 0: configuration space by address,
 * one window for memory BARs and one for I/O ports, and four interrupt lines.
 */
import type { AccessSize, Bus, MmioDevice } from '../bus.js';
import { SPI, VIRT } from '../virt.js';
import type { ConfigSize } from './config-space.js';
import { PciFunction, type PciState } from './function.js';

/** INTA to INTD. */
export const PINS = 4;

/** What a pin of a slot is wired to: the lines are turned by one from slot to slot (PCI-to-PCI Bridge 1.2, 9.1). */
export const lineOf = (slot: number, pin: number): number => (slot + pin) % PINS;

export interface BridgeWires {
  /** The level of a shared peripheral interrupt. */
  interrupt(intid: number, level: boolean): void;
}

/** QEMU's generic host bridge: the function at 0.0, which guests know by these ids. */
const HOST_IDS = {
  vendor: 0x1b36,
  device: 0x0008,
  revision: 0,
  classCode: 0x06_0000,
  subsystemVendor: 0x1af4,
  subsystem: 0x1100,
};

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

export class HostBridge {
  readonly host: PciFunction;
  readonly #functions = new Map<number, PciFunction>();
  readonly #wires: BridgeWires;
  /** By line: bit n, slot n asks for it. */
  readonly #asking = [0, 0, 0, 0];

  /** @param state of the function at 0.0 */
  constructor(bus: Bus, wires: BridgeWires, state?: PciState) {
    this.#wires = wires;
    const connections = { interrupt: () => {}, msi: () => {} };
    this.host = new PciFunction({ ids: HOST_IDS, regions: [], pin: false }, connections, state);
    this.add(0, this.host);
    const places = [
      ['PCIe ECAM', VIRT.pcieEcam, this.#ecam()],
      ['PCIe memory', VIRT.pcieMemory, this.#memory()],
      ['PCIe I/O ports', VIRT.pciePorts, NOTHING],
    ] as const;
    for (const [name, place, device] of places) bus.add({ kind: 'device', name, ...place, device });
  }

  /** Puts a function into a slot, 0 to 31, as its function 0. */
  add(slot: number, pciFunction: PciFunction): void {
    this.#functions.set(slot << 3, pciFunction);
  }

  /** The level of INTA of a slot. */
  setPin(slot: number, level: boolean): void {
    const line = lineOf(slot, 0);
    const before = this.#asking[line]!;
    const now = level ? before | (1 << slot) : before & ~(1 << slot);
    this.#asking[line] = now;
    if ((now !== 0) !== (before !== 0)) this.#wires.interrupt(SPI.pcie + line, now !== 0);
  }

  /** Bus, device and function are address bits 27 to 12 (PCI Express Base, 7.2.2). */
  #ecam(): MmioDevice {
    const at = (offset: number): PciFunction | undefined => this.#functions.get(offset >>> 12);
    return words({
      read: (offset, size) => at(offset)?.readConfig(offset & 0xfff, size) ?? 0xffff_ffff,
      write: (offset, size, value) => at(offset)?.writeConfig(offset & 0xfff, size, value),
    });
  }

  #memory(): MmioDevice {
    const find = (offset: number, size: AccessSize): ReturnType<PciFunction['find']> => {
      for (const f of this.#functions.values()) {
        const found = f.find(VIRT.pcieMemory.base + offset, size);
        if (found) return found;
      }
      return null;
    };
    return {
      read(offset, size) {
        const found = find(offset, size);
        return found ? found.device.read(found.offset, size) : onesOf(size);
      },
      write(offset, size, value) {
        const found = find(offset, size);
        found?.device.write(found.offset, size, value);
      },
    };
  }
}

/** What nobody answers reads as all ones. */
const onesOf = (size: AccessSize): bigint => BigInt.asUintN(8 * size, ALL_ONES);
const NOTHING: MmioDevice = { read: (_offset, size) => onesOf(size), write: () => {} };

/** A device of words and parts of words; a doubleword is two of them. */
function words(device: {
  read(offset: number, size: ConfigSize): number;
  write(offset: number, size: ConfigSize, value: number): void;
}): MmioDevice {
  return {
    read(offset, size) {
      if (size < 8) return BigInt.asUintN(8 * size, BigInt(device.read(offset, size as ConfigSize)));
      return BigInt(device.read(offset, 4)) | (BigInt(device.read(offset + 4, 4)) << 32n);
    },
    write(offset, size, value) {
      if (size < 8) return device.write(offset, size as ConfigSize, Number(value));
      device.write(offset, 4, Number(value & 0xffff_ffffn));
      device.write(offset + 4, 4, Number(value >> 32n));
    },
  };
}
