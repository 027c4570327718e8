/**
 * What each vCPU did over a run, for a picture: shares of equal stretches of host time, which double in length as the run
 * goes on, so that any run takes the same room. The exact sums are the host's accounts.
 */
import type { VcpuAccount } from '../../host/host.js';

export type Activity = keyof VcpuAccount;
export const ACTIVITIES = ['running', 'stolen', 'paused', 'idle', 'off'] as const satisfies readonly Activity[];

const STRETCHES = 384;
/** Nanoseconds of a stretch at the start. */
const FIRST_WIDTH = 1000;

/** Plain data for a picture. */
export interface Bands {
  /** Nanoseconds of a stretch. */
  readonly width: number;
  /** By vCPU, by stretch: nanoseconds of each activity in the order of ACTIVITIES. */
  readonly vcpus: readonly (readonly (readonly number[])[])[];
}

export class ActivityBands {
  #width = FIRST_WIDTH;
  readonly #vcpus: number[][][];

  constructor(vcpus: number) {
    this.#vcpus = Array.from({ length: vcpus }, () => []);
  }

  /** Books [from, to), in picoseconds of host time; stretches come in order. */
  add(vcpu: number, activity: Activity, from: bigint, to: bigint): void {
    const end = Number(to) / 1000;
    while (end > this.#width * STRETCHES) this.#double();
    const stretches = this.#vcpus[vcpu]!;
    const kind = ACTIVITIES.indexOf(activity);
    let at = Number(from) / 1000;
    while (at < end) {
      const index = Math.min(Math.floor(at / this.#width), STRETCHES - 1);
      const until = index === STRETCHES - 1 ? end : Math.min(end, (index + 1) * this.#width);
      while (stretches.length <= index) stretches.push([0, 0, 0, 0, 0]);
      stretches[index]![kind]! += until - at;
      at = until;
    }
  }

  get bands(): Bands {
    return { width: this.#width, vcpus: this.#vcpus };
  }

  #double(): void {
    this.#width *= 2;
    for (const [vcpu, stretches] of this.#vcpus.entries()) {
      const pairs = Array.from({ length: Math.ceil(stretches.length / 2) }, (_, i) => {
        const [a, b] = [stretches[2 * i]!, stretches[2 * i + 1] ?? [0, 0, 0, 0, 0]];
        return a.map((ns, kind) => ns + b[kind]!);
      });
      this.#vcpus[vcpu] = pairs;
    }
  }
}
