/** The `virt` board's devices on their bus, without processors and interrupt controller. */
import type { Ps } from '../arch/timer/time.js';
import { Bus } from './bus.js';
import {
  Pl011,
  type Pl011State,
  Pl031,
  type Pl031State,
  Pl061,
  type Pl061State,
  POWER_KEY_LINE,
  resetPl011State,
  resetPl031State,
  resetPl061State,
} from './devices/index.js';
import { Firmware, type FirmwareConfig, type FirmwareState } from './firmware.js';
import type { PciState } from './pcie/index.js';
import { SPI, VIRT } from './virt.js';
import {
  type AttachedState,
  type GuestRam,
  type VirtioBackends,
  type VirtioConfig,
  VirtioDevices,
} from './virtio/index.js';

/** Saved state of all devices. */
export interface BoardState {
  uart: Pl011State;
  rtc: Pl031State;
  gpio: Pl061State;
  /** Where there are virtio devices, in their order. */
  virtio?: AttachedState[];
  /** The PCIe host bridge's own function, where there is one. */
  pcie?: PciState;
  /** Where there is firmware. */
  firmware?: FirmwareState;
}

export const resetBoardState = (): BoardState => ({
  uart: resetPl011State(),
  rtc: resetPl031State(),
  gpio: resetPl061State(),
});

/** What the board is wired to. */
export interface BoardConnections {
  /** A character from the guest's console. */
  transmit(byte: number): void;
  /** The level of a shared peripheral interrupt, by INTID, whenever it changes. */
  interrupt(intid: number, level: boolean): void;
  /** UTC in picoseconds since host time 0 (see Pl031Connections). */
  now(): Ps;
  /** UTC at host time 0 in whole seconds since the epoch. */
  startEpoch: number;
  /** RAM for devices that master the bus. */
  ram: GuestRam;
  /** A message-signalled interrupt: the requester's id, address and data as the guest has set them up. */
  msi(deviceId: number, address: bigint, data: number): void;
  /** `nextDeadline` has come nearer than it was. */
  attend(): void;
  /** What the guest prints on its virtio console. */
  transmitVirtio(bytes: Uint8Array): void;
}

/** Devices beyond those that every board has. */
export interface BoardExtras {
  readonly virtio: readonly VirtioConfig[];
  readonly backends: VirtioBackends;
  readonly firmware?: FirmwareConfig;
}

export class Board {
  readonly bus = new Bus();
  readonly uart: Pl011;
  readonly rtc: Pl031;
  readonly gpio: Pl061;
  readonly virtio: VirtioDevices;
  readonly firmware: Firmware | null;

  /** @throws RangeError where a device cannot be had */
  constructor(connections: BoardConnections, extras: BoardExtras, state: BoardState = resetBoardState()) {
    const line = (intid: number) => (level: boolean) => connections.interrupt(intid, level);
    this.uart = Pl011.fromState(
      { transmit: (byte) => connections.transmit(byte), interrupt: line(SPI.uart) },
      state.uart,
    );
    this.rtc = Pl031.fromState(
      { now: () => connections.now(), startEpoch: connections.startEpoch, interrupt: line(SPI.rtc) },
      state.rtc,
    );
    this.gpio = Pl061.fromState({ interrupt: line(SPI.gpio) }, state.gpio);
    this.bus.add({ kind: 'device', name: 'PL011', ...VIRT.uart, device: this.uart });
    this.bus.add({ kind: 'device', name: 'PL031', ...VIRT.rtc, device: this.rtc });
    this.bus.add({ kind: 'device', name: 'PL061', ...VIRT.gpio, device: this.gpio });
    const busMaster = {
      ram: connections.ram,
      now: () => connections.now(),
      attend: () => connections.attend(),
    };
    const wires = {
      ...busMaster,
      interrupt: (intid: number, level: boolean) => connections.interrupt(intid, level),
      msi: (deviceId: number, address: bigint, data: number) => connections.msi(deviceId, address, data),
      console: (bytes: Uint8Array) => connections.transmitVirtio(bytes),
    };
    this.virtio = new VirtioDevices(extras.virtio, wires, this.bus, extras.backends, state);
    this.firmware = extras.firmware ? new Firmware(extras.firmware, busMaster, this.bus, state.firmware) : null;
  }

  /** Host time at which `fireDue` has something to do; null where nothing is armed. */
  nextDeadline(): Ps | null {
    const { rtc, virtio, firmware } = this;
    return [rtc.nextDeadline(), virtio.nextDeadline(), firmware?.fwCfg.nextDeadline() ?? null].reduce((a, b) =>
      a === null || (b !== null && b < a) ? b : a,
    );
  }

  /** Does what is due: the RTC's match, requests that devices have served. Between two slices only. */
  fireDue(now: Ps): void {
    const next = this.nextDeadline();
    if (next === null || next > now) return;
    this.rtc.update();
    this.virtio.fireDue(now);
    this.firmware?.fwCfg.fireDue();
  }

  /** Presses the power key or lets it go. */
  powerKey(down: boolean): void {
    this.gpio.setInput(POWER_KEY_LINE, down);
  }

  save(): BoardState {
    const virtio = this.virtio.save();
    return {
      uart: this.uart.save(),
      rtc: this.rtc.save(),
      gpio: this.gpio.save(),
      ...(virtio.length && { virtio }),
      ...(this.virtio.bridge && { pcie: this.virtio.bridge.host.save() }),
      ...(this.firmware && { firmware: this.firmware.save() }),
    };
  }
}
