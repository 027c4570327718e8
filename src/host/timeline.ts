/**
 * Host time as the guest's work makes it: instructions and exit costs, counted in slots of one instruction.
 *
 * vCPUs run in turns on one thread but stand for processors that run side by side: while m of them are runnable, the
 * slots of all are laid one after the other and each takes 1/m of an instruction's time. So there is one time for all,
 * it never goes back in the order in which vCPUs see each other's stores, and every vCPU still makes `ips` a second.
 */
import { PS_PER_SECOND, type Ps } from '../arch/timer/time.js';

/** Plain state: now = anchor + floor(work / parallel). */
export interface TimelineState {
  anchor: Ps;
  /** Picoseconds of single-processor work since the anchor. */
  work: Ps;
  /** Processors that share the work, at least 1. */
  parallel: number;
}

export class Timeline {
  readonly slotPs: Ps;
  #state: TimelineState;
  /** The last answer of `now`: one instruction's events ask for the same instant several times. */
  #asked = -1;
  #answer: Ps = 0n;

  /**
   * @param ips instructions a second of one vCPU; must divide 10^12, so that a slot is whole picoseconds
   * @throws RangeError where it does not
   */
  constructor(ips: number, state: TimelineState = { anchor: 0n, work: 0n, parallel: 1 }) {
    if (!Number.isInteger(ips) || ips < 1e6 || PS_PER_SECOND % BigInt(ips) !== 0n) {
      throw new RangeError(`--ips ${ips}: a divisor of 10^12 from 10^6 on, such as 1000000000`);
    }
    this.slotPs = PS_PER_SECOND / BigInt(ips);
    this.#state = { ...state };
  }

  save(): TimelineState {
    return { ...this.#state };
  }

  /** Host time after `slots` more slots of work that have not been `spend`-ed yet. */
  now(slots = 0): Ps {
    if (slots === this.#asked) return this.#answer;
    const { anchor, work, parallel } = this.#state;
    const total = slots ? work + BigInt(slots) * this.slotPs : work;
    this.#asked = slots;
    this.#answer = parallel === 1 ? anchor + total : anchor + total / BigInt(parallel);
    return this.#answer;
  }

  /** Lets the time of `slots` slots pass. */
  spend(slots: number): void {
    this.#state.work += BigInt(slots) * this.slotPs;
    this.#asked = -1;
  }

  /** Slots of work until `now()` is at least `instant`; at least 0. */
  slotsUntil(instant: Ps): bigint {
    const { anchor, work, parallel } = this.#state;
    const missing = (instant - anchor) * BigInt(parallel) - work;
    return missing <= 0n ? 0n : (missing + this.slotPs - 1n) / this.slotPs;
  }

  /** Jumps forward to an instant at which nothing runs before. */
  advanceTo(instant: Ps): void {
    const now = this.now();
    if (instant > now) Object.assign(this.#state, { anchor: instant, work: 0n });
    this.#asked = -1;
  }

  /** How many processors share the work from now on. */
  setParallel(parallel: number): void {
    if (parallel === this.#state.parallel) return;
    this.#state = { anchor: this.now(), work: 0n, parallel };
    this.#asked = -1;
  }
}
