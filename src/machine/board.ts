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
import { SPI, VIRT } from './virt.js';

/** Saved state of all devices. */
export interface BoardState {
  uart: Pl011State;
  rtc: Pl031State;
  gpio: Pl061State;
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
}

export class Board {
  readonly bus = new Bus();
  readonly uart: Pl011;
  readonly rtc: Pl031;
  readonly gpio: Pl061;

  constructor(connections: BoardConnections, state: BoardState = resetBoardState()) {
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
  }

  /** Presses the power key or lets it go. */
  powerKey(down: boolean): void {
    this.gpio.setInput(POWER_KEY_LINE, down);
  }

  save(): BoardState {
    return { uart: this.uart.save(), rtc: this.rtc.save(), gpio: this.gpio.save() };
  }
}
