/** File access of the commands: whole files in, whole files out or nothing. */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type ByteSource, CHUNK } from '../migration/container.js';
import { UsageError } from './errors.js';

/** No image or snapshot is larger: the board has at most 3 GiB. */
const MAX_FILE = 4 * 2 ** 30 - 2 ** 20;

/** @throws UsageError for a folder, a device or an absurd size; the system's error where it cannot be read */
export function readInput(path: string): Uint8Array {
  const fd = openInput(path).fd;
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * A file that is read as it is needed, and stays open. It must stay as it is meanwhile; replacing it is no harm.
 * @throws UsageError as `readInput` does, and from `read` where the file has become shorter
 */
export function inputFile(path: string): ByteSource {
  const { fd, size } = openInput(path);
  let buffer = Buffer.alloc(CHUNK);
  return {
    length: size,
    read(at, length) {
      if (length > buffer.length) buffer = Buffer.alloc(length);
      for (let done = 0; done < length; ) {
        const n = readSync(fd, buffer, done, length - done, at + done);
        if (!n) throw new UsageError(`${path}: has become shorter than its ${size} bytes since it was opened`);
        done += n;
      }
      return buffer.subarray(0, length);
    },
  };
}

function openInput(path: string): { fd: number; size: number } {
  if (!path) throw new UsageError("'': an empty file name");
  // Opening a pipe that nobody writes to would wait for ever.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new UsageError(`${path}: is a folder, not a file`);
    if (!stat.isFile()) throw new UsageError(`${path}: is not a regular file`);
    if (stat.size > MAX_FILE) throw new UsageError(`${path}: ${stat.size} bytes; at most ${MAX_FILE}`);
    return { fd, size: stat.size };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Writes a file whole, or leaves what was there. A device or a pipe is written to, not replaced. */
export function writeOutput(path: string, contents: Uint8Array | string): void {
  const target = targetOf(path);
  if (!target.replace) return writeFileSync(target.path, contents);
  const temporary = `${target.path}.${process.pid}.part`;
  try {
    writeFileSync(temporary, contents);
    renameSync(temporary, target.path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Throws as `writeOutput` would: said before a long run, not after it. */
export function checkOutput(path: string): void {
  const target = targetOf(path);
  if (!target.replace) return;
  const temporary = `${target.path}.${process.pid}.part`;
  closeSync(openSync(temporary, 'w'));
  rmSync(temporary, { force: true });
}

/** Makes a folder and those above it. (Node's own recursive mkdir never returns where /proc refuses one.) */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  if (statOf(folder)?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder);
}

function targetOf(path: string): { path: string; replace: boolean } {
  if (!path) throw new UsageError("'': an empty file name");
  const stat = statOf(path);
  if (!stat) return { path: join(realFolder(dirname(path)), basename(path)), replace: true };
  if (stat.isDirectory()) throw new UsageError(`${path}: is a folder, not a file`);
  return stat.isFile() ? { path: realpathSync(path), replace: true } : { path, replace: false };
}

function realFolder(path: string): string {
  const stat = statOf(path);
  if (!stat) throw new UsageError(`${path}: no such folder`);
  if (!stat.isDirectory()) throw new UsageError(`${path}: is not a folder`);
  return path;
}

/** Null where there is nothing by that name. */
function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
