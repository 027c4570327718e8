/** Exit codes and what a user sees of an error: one line, the thing first, then the limit, then the way out. */

import { FetchFailed } from '../loader/debian/index.js';
import { BadImage } from '../loader/index.js';
import { BadDeviceTree } from '../machine/device-tree/index.js';
import { BadSnapshot } from '../migration/errors.js';
import { MigrationFailed } from '../migration/live/index.js';

export const EXIT = {
  /** The guest ended well and all verdicts are as expected. */
  ok: 0,
  /** The guest failed, or a verdict differs. */
  failed: 1,
  /** Bad input or usage. */
  usage: 2,
  /** Our fault. */
  internal: 3,
  timeout: 124,
} as const;

/** Input that cannot be used. */
export class UsageError extends Error {}

/** Whether the error is about the user's input, and not ours. */
export const isUsersError = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof BadImage ||
  error instanceof BadDeviceTree ||
  error instanceof BadSnapshot ||
  error instanceof MigrationFailed ||
  error instanceof FetchFailed ||
  (error instanceof RangeError &&
    !/^(Maximum call|Invalid (array|string|typed)|Array buffer|WebAssembly)/.test(error.message)) ||
  (error instanceof Error && 'syscall' in error);

/** Prints the error and gives the exit code. */
export function reportError(error: unknown): number {
  if (isUsersError(error)) {
    process.stderr.write(`chronovisor: ${fileMessage(error)}\n`);
    return EXIT.usage;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`chronovisor: internal error, please report it: ${text}\n`);
  return EXIT.internal;
}

function fileMessage(error: Error): string {
  const { code, path } = error as NodeJS.ErrnoException;
  if (!code || !path) return error.message.split('\n')[0]!;
  const why: Record<string, string> = {
    ENOENT: 'no such file',
    EISDIR: 'is a folder, not a file',
    EACCES: 'no permission',
    ENOTDIR: 'a part of the path is not a folder',
  };
  return `${path}: ${why[code] ?? error.message}`;
}
