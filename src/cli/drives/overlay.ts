/**
 * An overlay file: the clusters that a guest has written, apart from the drive's own file.
 *
 *     8  magic "CHRONOO\x1a"      4  version (1)      4  bytes of a cluster      8  bytes of the drive      32  its SHA-256
 *     at 4096: one bit a cluster, set where the overlay has it; then the clusters at their places (the file is sparse)
 * All numbers are little-endian. Clusters are on the disk before their bits are.
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { CLUSTER, type Clusters, MAX_CLUSTERS } from '../../machine/virtio/index.js';
import { UsageError } from '../errors.js';
import { readWhole, writeWhole } from './contents.js';

const MAGIC = [0x43, 0x48, 0x52, 0x4f, 0x4e, 0x4f, 0x4f, 0x1a];
const VERSION = 1;
const HEADER = 4096;

export interface Overlay {
  /** What it held when it was opened. */
  readonly clusters: Clusters;
  persist(clusters: ReadonlyMap<number, Uint8Array>): void;
  close(): void;
}

function header(size: number, sha256: string): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, CLUSTER, true);
  view.setBigUint64(16, BigInt(size), true);
  bytes.set(Buffer.from(sha256, 'hex'), 24);
  return bytes;
}

/**
 * Opens the overlay of a drive, or makes an empty one where there is no file.
 * @param drive what the drive's own file is
 * @param fresh whether what the file holds is dropped
 * @throws UsageError for a file that is not this drive's overlay; the system's error where it cannot be opened
 */
export function openOverlay(path: string, drive: { size: number; sha256: string }, fresh: boolean): Overlay {
  if (!path) throw new UsageError('--drive: overlay= has no file');
  const count = Math.ceil(drive.size / CLUSTER);
  const bits = new Uint8Array(Math.ceil(count / 8));
  const data = HEADER + Math.ceil(bits.length / CLUSTER) * CLUSTER;
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o666);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new UsageError(`overlay=${path}: is not a regular file`);
    const wanted = header(drive.size, drive.sha256);
    if (stat.size > 0) {
      const found = new Uint8Array(HEADER);
      if (stat.size >= data) readWhole(fd, found, 0, path);
      if (!MAGIC.every((b, i) => found[i] === b))
        throw new UsageError(`overlay=${path}: is not an overlay; name another`);
      if (!wanted.every((b, i) => found[i] === b)) {
        throw new UsageError(`overlay=${path}: is the overlay of another drive (its size or SHA-256 differs)`);
      }
    }
    if (stat.size === 0 || fresh) {
      ftruncateSync(fd, 0);
      ftruncateSync(fd, data);
      writeWhole(fd, wanted, 0);
    }
    readWhole(fd, bits, HEADER, path);
    const clusters: Clusters = new Map();
    for (let n = 0; n < count; n++) {
      if (!(bits[n >> 3]! & (1 << (n & 7)))) continue;
      if (clusters.size === MAX_CLUSTERS) throw new UsageError(`overlay=${path}: more than ${MAX_CLUSTERS} clusters`);
      const cluster = new Uint8Array(CLUSTER);
      readWhole(fd, cluster, data + n * CLUSTER, path);
      clusters.set(n, cluster);
    }
    return {
      clusters,
      persist(written) {
        for (const [n, cluster] of written) {
          writeWhole(fd, cluster, data + n * CLUSTER);
          bits[n >> 3]! |= 1 << (n & 7);
        }
        fsyncSync(fd);
        writeWhole(fd, bits, HEADER);
        fsyncSync(fd);
      },
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
