/** When interrupts were acknowledged, for a picture: a lane for each vCPU and INTID, thinned out evenly as it grows. */
import type { AcknowledgedEvent } from '../trace/index.js';

/** Lanes that a guest can make. */
const LANES = 64;
/** Marks of one lane. */
const MARKS = 256;

export interface Lane {
  readonly vcpu: number;
  readonly intid: number;
  count: number;
  /** Host time of the first and the last acknowledge, ns. */
  readonly first: number;
  last: number;
  /** Every n-th acknowledge has a mark. */
  every: number;
  marks: number[];
}

/** What the picture takes: plain data. */
export interface Interrupts {
  /** By vCPU, by INTID. */
  readonly lanes: readonly Lane[];
  /** Acknowledges of interrupts that found no lane any more. */
  readonly left: number;
}

export class InterruptMarks implements Interrupts {
  readonly #lanes = new Map<number, Lane>();
  left = 0;

  add({ vcpu, intid, time }: Pick<AcknowledgedEvent, 'vcpu' | 'intid' | 'time'>): void {
    const key = vcpu * 2 ** 24 + intid;
    const at = Number(time) / 1000;
    let lane = this.#lanes.get(key);
    if (!lane) {
      if (this.#lanes.size === LANES) {
        this.left++;
        return;
      }
      lane = { vcpu, intid, count: 0, first: at, last: at, every: 1, marks: [] };
      this.#lanes.set(key, lane);
    }
    if (lane.count++ % lane.every === 0) lane.marks.push(at);
    lane.last = at;
    if (lane.marks.length <= MARKS) return;
    lane.marks = lane.marks.filter((_, i) => i % 2 === 0);
    lane.every *= 2;
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()].sort((a, b) => a.vcpu - b.vcpu || a.intid - b.intid);
  }
}
