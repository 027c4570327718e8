/** A file as the contents of a drive: read in pieces, hashed once, written to only where the drive is written in place. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { CLUSTER, type DiskContents, MAX_DISK, SECTOR } from '../../machine/virtio/index.js';
import { UsageError } from '../errors.js';

const CHUNK = 2 ** 20;

/** Reads `into` whole. @throws UsageError where the file has become shorter */
export function readWhole(fd: number, into: Uint8Array, offset: number, path: string): void {
  for (let at = 0; at < into.length; ) {
    const n = readSync(fd, into, at, into.length - at, offset + at);
    if (n === 0) throw new UsageError(`${path}: became shorter while it was a drive`);
    at += n;
  }
}

/** Writes all of `bytes`. */
export function writeWhole(fd: number, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, offset + at);
}

function sha256(fd: number, size: number, path: string): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0; at < size; at += CHUNK) {
    const part = chunk.subarray(0, Math.min(CHUNK, size - at));
    readWhole(fd, part, at, path);
    hash.update(part);
  }
  return hash.digest('hex');
}

/**
 * Opens a file of whole sectors; it is open until `close`.
 * @param inPlace what the guest flushes is written to the file itself
 * @throws UsageError for what is no such file; the system's error where it cannot be opened
 */
export function openContents(path: string, inPlace: boolean): DiskContents & { close(): void } {
  if (!path) throw new UsageError('--drive: no file; say --drive disk.img');
  const fd = openSync(path, (inPlace ? constants.O_RDWR : constants.O_RDONLY) | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new UsageError(`--drive ${path}: is not a regular file`);
    const { size } = stat;
    if (size === 0 || size % SECTOR || size > MAX_DISK) {
      throw new UsageError(`--drive ${path}: ${size} bytes; a drive is a multiple of ${SECTOR}, at most ${MAX_DISK}`);
    }
    const persist = (clusters: ReadonlyMap<number, Uint8Array>): void => {
      for (const [n, cluster] of clusters) {
        const offset = n * CLUSTER;
        writeWhole(fd, cluster.subarray(0, Math.min(CLUSTER, size - offset)), offset);
      }
      fsyncSync(fd);
    };
    return {
      size,
      sha256: sha256(fd, size, path),
      read: (offset, into) => readWhole(fd, into, offset, path),
      ...(inPlace && { persist }),
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
