/** What `guests/linux-time` prints (`cv-time` in the Debian image), each reading with the true time at which it was made. */
import type { Ps } from '../../arch/timer/time.js';

/** The kernel's clocks at one instant. */
export interface ClockReading {
  /** Host time. */
  readonly time: Ps;
  /** CLOCK_MONOTONIC and CLOCK_REALTIME in ns. */
  readonly monotonic: bigint;
  readonly realtime: bigint;
  /** Steal of /proc/stat over all CPUs, in ticks of 10 ms. */
  readonly steal: number;
}

/** A sleep or a timer: asked for at `from`, over at `to`, in host time. */
export interface Wait {
  readonly how: 'nanosleep' | 'timerfd' | 'timerfd-across';
  readonly from: Ps;
  readonly to: Ps;
  readonly askedNs: bigint;
}

const WAITS = { N: 'nanosleep', F: 'timerfd', X: 'timerfd-across' } as const;

export class LinuxTimeLog {
  readonly readings: ClockReading[] = [];
  readonly waits: Wait[] = [];
  /** Whether the program has said that it is done. */
  ended = false;
  readonly #timeOf: (counter: bigint) => Ps | undefined;

  /** @param timeOf the host time at which the guest last read this value of its virtual counter */
  constructor(timeOf: (counter: bigint) => Ps | undefined) {
    this.#timeOf = timeOf;
  }

  /**
   * Takes a line of the console; lines of others are passed over.
   * @throws Error where it tells of a counter value that was never read
   */
  line(text: string): void {
    if (text === 'END') this.ended = true;
    const sample = /^S \d+ (\d+) (\d+) (\d+) (\d+)$/.exec(text);
    if (sample) {
      const [, at, monotonic, realtime, steal] = sample;
      this.readings.push({
        time: this.#at(at!),
        monotonic: BigInt(monotonic!),
        realtime: BigInt(realtime!),
        steal: Number(steal),
      });
    }
    const wait = /^([NFX]) (\d+) (\d+) (\d+)$/.exec(text);
    if (!wait) return;
    const [, how, from, to, asked] = wait;
    this.waits.push({
      how: WAITS[how as keyof typeof WAITS],
      from: this.#at(from!),
      to: this.#at(to!),
      askedNs: BigInt(asked!),
    });
  }

  #at(counter: string): Ps {
    const time = this.#timeOf(BigInt(counter));
    if (time === undefined) throw new Error(`the guest printed a counter value that it never read: ${counter}`);
    return time;
  }
}
