/**
 * What a drive holds: contents that never change, and over them the clusters that the guest has written. The clusters
 * are state of the machine: a snapshot carries them, so that a restore is exact whatever became of files meanwhile.
 */

/** Bytes of a cluster, the unit that is kept apart. */
export const CLUSTER = 4096;
export const SECTOR = 512;
/** Clusters that a guest may have written, 512 MiB: beyond, the drive is full and writes fail. */
export const MAX_CLUSTERS = 131_072;

/** Bytes of the largest drive. */
export const MAX_DISK = 2 ** 40;

/** What a drive begins with. Never changes while the machine lives. */
export interface DiskContents {
  /** Bytes, a multiple of SECTOR, at most MAX_DISK. */
  readonly size: number;
  /** SHA-256 of the bytes, in hexadecimal: snapshots name their contents by it. */
  readonly sha256: string;
  /** Fills `into` with the bytes from `offset` on; the range is inside. */
  read(offset: number, into: Uint8Array): void;
  /** The guest has flushed, or the run ends: takes the written clusters that it has not had as they are. */
  persist?(clusters: ReadonlyMap<number, Uint8Array>): void;
}

/** Clusters by number. */
export type Clusters = Map<number, Uint8Array<ArrayBuffer>>;

export class Disk {
  readonly contents: DiskContents;
  readonly #clusters: Clusters;
  /** What `persist` has not had yet. No part of the state. */
  readonly #fresh: Set<number>;

  /**
   * @param clusters what has been written before; the disk takes it over
   * @param persisted whether `persist` has had that
   */
  constructor(contents: DiskContents, clusters: Clusters = new Map(), persisted = false) {
    this.contents = contents;
    this.#clusters = clusters;
    this.#fresh = new Set(persisted ? [] : clusters.keys());
  }

  /** The written clusters, live. */
  get clusters(): ReadonlyMap<number, Uint8Array<ArrayBuffer>> {
    return this.#clusters;
  }

  /** Fills `into` with the bytes from `offset` on; the range is inside. */
  read(offset: number, into: Uint8Array): void {
    if (this.#clusters.size === 0) return this.contents.read(offset, into);
    let from = 0;
    /** First byte that the contents have to give. */
    let pending = 0;
    while (from < into.length) {
      const at = offset + from;
      const inside = at % CLUSTER;
      const length = Math.min(CLUSTER - inside, into.length - from);
      const cluster = this.#clusters.get((at - inside) / CLUSTER);
      if (cluster) {
        if (pending < from) this.contents.read(offset + pending, into.subarray(pending, from));
        into.set(cluster.subarray(inside, inside + length), from);
        pending = from + length;
      }
      from += length;
    }
    if (pending < from) this.contents.read(offset + pending, into.subarray(pending));
  }

  /** Whether a write of so many bytes would find room. */
  hasRoom(offset: number, length: number): boolean {
    const first = Math.floor(offset / CLUSTER);
    const last = Math.floor((offset + length - 1) / CLUSTER);
    if (this.#clusters.size + (last - first + 1) <= MAX_CLUSTERS) return true;
    let fresh = 0;
    for (let n = first; n <= last; n++) if (!this.#clusters.has(n)) fresh++;
    return this.#clusters.size + fresh <= MAX_CLUSTERS;
  }

  /** Writes bytes; the range is inside, and there is room. */
  write(offset: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const at = offset + from;
      const inside = at % CLUSTER;
      const number = (at - inside) / CLUSTER;
      const length = Math.min(CLUSTER - inside, bytes.length - from);
      this.#clusterOf(number, length).set(bytes.subarray(from, from + length), inside);
      this.#fresh.add(number);
      from += length;
    }
  }

  /** Hands what was written since the last time to whoever keeps it. */
  flush(): void {
    const { contents } = this;
    if (!contents.persist || this.#fresh.size === 0) return;
    contents.persist(new Map([...this.#fresh].sort((a, b) => a - b).map((n) => [n, this.#clusters.get(n)!])));
    this.#fresh.clear();
  }

  /** The cluster, made of the contents where it is written for the first time and not as a whole. */
  #clusterOf(number: number, length: number): Uint8Array {
    let cluster = this.#clusters.get(number);
    if (cluster) return cluster;
    cluster = new Uint8Array(CLUSTER);
    const size = Math.min(CLUSTER, this.contents.size - number * CLUSTER);
    if (length < size) this.contents.read(number * CLUSTER, cluster.subarray(0, size));
    this.#clusters.set(number, cluster);
    return cluster;
  }
}

/** Contents in memory. @param sha256 of `bytes` */
export const memoryContents = (bytes: Uint8Array, sha256: string): DiskContents => ({
  size: bytes.length,
  sha256,
  read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
});
