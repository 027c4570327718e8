/**
 * Pending LPIs of a vCPU in the order in which they are to be taken: a guest may have tens of thousands of them, so
 * adding, removing and taking the first cost log(n) at most.
 */

/** What a queue orders: by priority, of equal ones by INTID. `place` is the queue's. */
export interface Queued {
  readonly intid: number;
  readonly priority: number;
  place: number;
}

const before = (a: Queued, b: Queued): boolean =>
  a.priority < b.priority || (a.priority === b.priority && a.intid < b.intid);

/** A binary heap whose elements know their places. An element's order must not change while it is in. */
export class LpiQueue<T extends Queued = Queued> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): T | undefined {
    return this.#heap[0];
  }

  add(it: T): void {
    it.place = this.#heap.length;
    this.#heap.push(it);
    this.#rise(it);
  }

  remove(it: T): void {
    const { place } = it;
    it.place = -1;
    const last = this.#heap.pop()!;
    if (last === it) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #put(it: T, place: number): void {
    this.#heap[place] = it;
    it.place = place;
  }

  #rise(it: T): void {
    while (it.place > 0) {
      const parent = this.#heap[(it.place - 1) >> 1]!;
      if (!before(it, parent)) return;
      this.#swap(it, parent);
    }
  }

  #sink(it: T): void {
    for (;;) {
      const left = this.#heap[2 * it.place + 1];
      const right = this.#heap[2 * it.place + 2];
      const child = left && right && before(right, left) ? right : left;
      if (!child || !before(child, it)) return;
      this.#swap(it, child);
    }
  }

  #swap(a: T, b: T): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }
}
