/** How much memory pieces of work take, each alone and all together. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of the heap and of buffers, what has died since the last collection included. */
function taken(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function live(): number {
  collect();
  // What the first one frees of buffers is counted at the next.
  collect();
  return taken();
}

export class MemoryMeter {
  readonly #start = live();
  /** Bytes taken by the work that took most, its garbage included. A collection meanwhile hides some, so measure often. */
  most = 0;

  measure<T>(work: () => T): T {
    const before = taken();
    try {
      return work();
    } finally {
      this.most = Math.max(this.most, taken() - before);
    }
  }

  /** Bytes that are still there of all that was taken since the meter was made. */
  kept(): number {
    return live() - this.#start;
  }
}
