/**
 * PL061 GPIO (Arm DDI 0190): eight lines; the virt machine's power key is line 3. Undriven inputs read 0.
 */

import { identificationByte, RegisterDevice } from './register-device.js';

const DIR = 0x400;
const IS = 0x404;
const IBE = 0x408;
const IEV = 0x40c;
const IE = 0x410;
const RIS = 0x414;
const MIS = 0x418;
const IC = 0x41c;
const AFSEL = 0x420;
const PERIPH_ID0 = 0xfe0;

/** Part 061, designer 0x41; PrimeCell 0xb105f00d. */
const PL061_ID = [0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/** The line of the virt machine's power key. */
export const POWER_KEY_LINE = 3;

/** Plain state of a PL061; one bit a line. */
export interface Pl061State {
  /** Levels that the board drives. */
  inputs: number;
  /** What the guest wrote to GPIODATA. */
  outputs: number;
  dir: number;
  is: number;
  ibe: number;
  iev: number;
  ie: number;
  afsel: number;
  /** Latched edges and present levels: GPIORIS. */
  ris: number;
}

export function resetPl061State(): Pl061State {
  return { inputs: 0, outputs: 0, dir: 0, is: 0, ibe: 0, iev: 0, ie: 0, afsel: 0, ris: 0 };
}

/** What a PL061 is connected to. */
export interface Pl061Connections {
  /** Takes the level of GPIOINTR whenever it changes. */
  interrupt(level: boolean): void;
}

export class Pl061 extends RegisterDevice {
  readonly #connections: Pl061Connections;
  readonly #state: Pl061State;
  #line = false;

  private constructor(connections: Pl061Connections, state: Pl061State) {
    super();
    this.#connections = connections;
    this.#state = { ...state };
    this.#update();
  }

  static create(connections: Pl061Connections): Pl061 {
    return Pl061.fromState(connections, resetPl061State());
  }

  /** A PL061 in the given state; drives its interrupt line where that is high. */
  static fromState(connections: Pl061Connections, state: Pl061State): Pl061 {
    return new Pl061(connections, state);
  }

  save(): Pl061State {
    return { ...this.#state };
  }

  /** Level of GPIOINTR. */
  get line(): boolean {
    return this.#line;
  }

  /** Drives an input, 0 to 7. Edges count only on lines that GPIODIR has as inputs. */
  setInput(line: number, level: boolean): void {
    const state = this.#state;
    const bit = 1 << line;
    const before = state.inputs;
    state.inputs = level ? before | bit : before & ~bit;
    const edge = (before ^ state.inputs) & ~state.dir & ~state.is;
    state.ris |= edge & (state.ibe | ~(state.iev ^ state.inputs)) & 0xff;
    this.#update();
  }

  protected readWord(offset: number): number {
    const state = this.#state;
    if (offset < DIR) return this.#data() & (offset >> 2);
    switch (offset) {
      case DIR:
        return state.dir;
      case IS:
        return state.is;
      case IBE:
        return state.ibe;
      case IEV:
        return state.iev;
      case IE:
        return state.ie;
      case RIS:
        return state.ris;
      case MIS:
        return state.ris & state.ie;
      case AFSEL:
        return state.afsel;
      default:
        return offset >= PERIPH_ID0 ? identificationByte(PL061_ID, PERIPH_ID0, offset) : 0;
    }
  }

  protected writeWord(offset: number, value: number): void {
    const state = this.#state;
    const byte = value & 0xff;
    if (offset < DIR) {
      const mask = (offset >> 2) & state.dir;
      state.outputs = (state.outputs & ~mask) | (byte & mask);
    }
    switch (offset) {
      case DIR:
        state.dir = byte;
        break;
      case IS:
        state.is = byte;
        break;
      case IBE:
        state.ibe = byte;
        break;
      case IEV:
        state.iev = byte;
        break;
      case IE:
        state.ie = byte;
        break;
      case IC:
        state.ris &= ~byte;
        break;
      case AFSEL:
        state.afsel = byte;
        break;
    }
    this.#update();
  }

  #data(): number {
    const { inputs, outputs, dir } = this.#state;
    return (inputs & ~dir) | (outputs & dir);
  }

  #update(): void {
    const state = this.#state;
    // A level-sensitive line is pending exactly while it is at its level (DDI 0190, GPIORIS).
    state.ris = (state.ris & ~state.is) | (~(this.#data() ^ state.iev) & state.is & 0xff);
    const line = (state.ris & state.ie) !== 0;
    if (line === this.#line) return;
    this.#line = line;
    this.#connections.interrupt(line);
  }
}
