/**
 * PL031 real-time clock (Arm DDI 0224): seconds since the epoch, with a match interrupt.
 * It keeps UTC, not guest time: what is saved is the guest's distance from UTC, so that the clock is right after any
 * downtime and on any host.
 */

import { PS_PER_SECOND, type Ps } from '../../arch/timer/time.js';
import { identificationByte, RegisterDevice } from './register-device.js';

const DR = 0x000;
const MR = 0x004;
const LR = 0x008;
const CR = 0x00c;
const IMSC = 0x010;
const RIS = 0x014;
const MIS = 0x018;
const ICR = 0x01c;
const PERIPH_ID0 = 0xfe0;

/** Part 031, designer 0x41, revision 1; PrimeCell 0xb105f00d. */
const PL031_ID = [0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/** Plain state of a PL031. */
export interface Pl031State {
  /** Guest seconds minus UTC seconds, modulo 2^32: what writes to LR have made of it. */
  offset: number;
  mr: number;
  lr: number;
  imsc: number;
  ris: number;
  /** UTC instant of the next match, in picoseconds since the epoch; null where none is armed. */
  matchAt: Ps | null;
}

/** No match armed: the device arms one at the first write to MR. */
export function resetPl031State(): Pl031State {
  return { offset: 0, mr: 0, lr: 0, imsc: 0, ris: 0, matchAt: null };
}

/** What a PL031 is connected to. */
export interface Pl031Connections {
  /** Host time; the clock advances with it. */
  now(): Ps;
  /** UTC at host time 0, in whole seconds since the epoch. */
  startEpoch: number;
  /** Takes the level of RTCINTR whenever it changes. */
  interrupt(level: boolean): void;
}

export class Pl031 extends RegisterDevice {
  readonly #connections: Pl031Connections;
  readonly #state: Pl031State;
  #line = false;

  private constructor(connections: Pl031Connections, state: Pl031State) {
    super();
    this.#connections = connections;
    this.#state = { ...state };
    this.update();
  }

  static create(connections: Pl031Connections): Pl031 {
    return Pl031.fromState(connections, resetPl031State());
  }

  /** A PL031 in the given state; drives its interrupt line where that is high. */
  static fromState(connections: Pl031Connections, state: Pl031State): Pl031 {
    return new Pl031(connections, state);
  }

  save(): Pl031State {
    return { ...this.#state };
  }

  /** Level of RTCINTR. */
  get line(): boolean {
    return this.#line;
  }

  /** Host time at which `update` must be called next; null where no match is armed. */
  nextDeadline(): Ps | null {
    const { matchAt } = this.#state;
    return matchAt === null ? null : matchAt - this.#epoch();
  }

  /** Raises the match interrupt where its time has come. */
  update(): void {
    const state = this.#state;
    if (state.matchAt !== null && this.#utc() >= state.matchAt) {
      state.matchAt = null;
      state.ris = 1;
    }
    const line = (state.ris & state.imsc) !== 0;
    if (line === this.#line) return;
    this.#line = line;
    this.#connections.interrupt(line);
  }

  protected readWord(offset: number): number {
    const state = this.#state;
    this.update();
    switch (offset) {
      case DR:
        return this.#seconds();
      case MR:
        return state.mr;
      case LR:
        return state.lr;
      case CR:
        // The clock is always enabled.
        return 1;
      case IMSC:
        return state.imsc;
      case RIS:
        return state.ris;
      case MIS:
        return state.ris & state.imsc;
      default:
        return offset >= PERIPH_ID0 ? identificationByte(PL031_ID, PERIPH_ID0, offset) : 0;
    }
  }

  protected writeWord(offset: number, value: number): void {
    const state = this.#state;
    this.update();
    switch (offset) {
      case MR:
        state.mr = value;
        this.#arm();
        break;
      case LR:
        state.lr = value;
        state.offset = (value - this.#utcSeconds()) >>> 0;
        this.#arm();
        break;
      case IMSC:
        state.imsc = value & 1;
        break;
      case ICR:
        state.ris &= ~value;
        break;
    }
    this.update();
  }

  #epoch(): Ps {
    return BigInt(this.#connections.startEpoch) * PS_PER_SECOND;
  }

  #utc(): Ps {
    return this.#epoch() + this.#connections.now();
  }

  #utcSeconds(): number {
    return Number((this.#utc() / PS_PER_SECOND) & 0xffff_ffffn);
  }

  #seconds(): number {
    return (this.#utcSeconds() + this.#state.offset) >>> 0;
  }

  /** The match comes when DR next equals MR: now, where it does already. */
  #arm(): void {
    const ahead = BigInt((this.#state.mr - this.#seconds()) >>> 0);
    this.#state.matchAt = (this.#utc() / PS_PER_SECOND + ahead) * PS_PER_SECOND;
  }
}
