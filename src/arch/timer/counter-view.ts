/**
 * A counter made of another by a constant factor: what FEAT_CNTSC does to a host's system counter (Arm ARM, CNTSCR), and
 * what a hypervisor computes where it emulates the counter. It steps at the ticks of the counter under it.
 */
import type { Ps, SystemCounter } from './time.js';

/** count(t) = floor(counter(t) * numerator / denominator). */
export class CounterView implements SystemCounter {
  readonly freqHz: number;
  /** The counter that is scaled. */
  readonly under: SystemCounter;
  readonly #numerator: bigint;
  readonly #denominator: bigint;

  /** @param freqHz the frequency that goes with it, Hz: what CNTFRQ_EL0 says */
  constructor(under: SystemCounter, numerator: bigint, denominator: bigint, freqHz: number) {
    if (numerator <= 0n || denominator <= 0n) throw new RangeError(`a counter times ${numerator}/${denominator}`);
    this.under = under;
    this.freqHz = freqHz;
    this.#numerator = numerator;
    this.#denominator = denominator;
  }

  count(t: Ps): bigint {
    return (this.under.count(t) * this.#numerator) / this.#denominator;
  }

  timeOf(count: bigint): Ps {
    if (count <= 0n) return 0n;
    return this.under.timeOf((count * this.#denominator + this.#numerator - 1n) / this.#numerator);
  }

  fine(t: Ps): bigint {
    return (this.under.fine(t) * this.#numerator) / this.#denominator;
  }
}
