/** A bounded record of what the guest read of its virtual counter, thinned out evenly as it grows. */
import type { Ps } from '../arch/timer/time.js';

export interface CounterSample {
  readonly time: Ps;
  readonly value: bigint;
}

const LIMIT = 2048;

export class CounterSamples {
  #list: CounterSample[] = [];
  #every = 1;
  #skipped = 0;

  /** The sample's fields are read only where it is kept. */
  add(sample: CounterSample): void {
    if (++this.#skipped < this.#every) return;
    this.#skipped = 0;
    this.#list.push({ time: sample.time, value: sample.value });
    if (this.#list.length < LIMIT) return;
    // The last one goes, too; it is what came since the one before.
    this.#list = this.#list.filter((_, i) => i % 2 === 0);
    this.#skipped = this.#every;
    this.#every *= 2;
  }

  get list(): readonly CounterSample[] {
    return this.#list;
  }
}
