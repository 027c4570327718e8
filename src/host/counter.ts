/**
 * A host's system counter: an exact function of host time, in integers only.
 */

import { FINE_BITS, PS_PER_SECOND, type Ps, type SystemCounter } from '../arch/timer/time.js';
import { type HostSpec, partsPerBillion } from './frequency.js';

/**
 * count(t) = floor(F * (1 + ppm / 10^6) * t) + start.
 * The rate is kept as one reduced fraction of counts per picosecond, so no instant is ever rounded twice.
 */
export class HostCounter implements SystemCounter {
  readonly spec: HostSpec;
  /** Nominal frequency in Hz (CNTFRQ_EL0); the drift is not in it. */
  readonly freqHz: number;
  readonly #numerator: bigint;
  readonly #denominator: bigint;
  readonly #start: bigint;
  /** The last answer: one access to a timer asks for the same instant several times. */
  #askedAt: Ps = -1n;
  #answer = 0n;

  constructor(spec: HostSpec) {
    this.spec = spec;
    this.freqHz = spec.freqHz;
    const numerator = BigInt(spec.freqHz) * (BILLION + BigInt(partsPerBillion(spec.ppm)));
    const denominator = BILLION * PS_PER_SECOND;
    const common = greatestCommonDivisor(numerator, denominator);
    this.#numerator = numerator / common;
    this.#denominator = denominator / common;
    this.#start = spec.start;
  }

  /** The count at host time `t` >= 0. */
  count(t: Ps): bigint {
    if (t === this.#askedAt) return this.#answer;
    // A frequency that divides 10^12 without drift needs no product: most presets.
    const ticks = this.#numerator === 1n ? t / this.#denominator : (t * this.#numerator) / this.#denominator;
    this.#askedAt = t;
    this.#answer = ticks + this.#start;
    return this.#answer;
  }

  /** The first instant t >= 0 with count(t) >= `count`; 0 for every count up to the start value. */
  timeOf(count: bigint): Ps {
    const ticks = count - this.#start;
    if (ticks <= 0n) return 0n;
    return (ticks * this.#denominator + this.#numerator - 1n) / this.#numerator;
  }

  fine(t: Ps): bigint {
    return ((t * this.#numerator) << FINE_BITS) / this.#denominator + (this.#start << FINE_BITS);
  }
}

const BILLION = 1_000_000_000n;

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
