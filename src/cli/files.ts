/** File access of the commands: whole files in, whole files out or nothing. */
import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { UsageError } from './errors.js';

/** No image or snapshot is larger: the board has at most 3 GiB. */
const MAX_FILE = 4 * 2 ** 30 - 2 ** 20;

/** @throws UsageError for a folder, a device or an absurd size; the system's error where it cannot be read */
export function readInput(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new UsageError(`${path}: is a folder, not a file`);
    if (!stat.isFile()) throw new UsageError(`${path}: is not a regular file`);
    if (stat.size > MAX_FILE) throw new UsageError(`${path}: ${stat.size} bytes; at most ${MAX_FILE}`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file whole, or leaves what was there. */
export function writeOutput(path: string, contents: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
