/** `--trace f`: the event stream as a Perfetto trace, streamed to a file that appears whole. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { Machine } from '../migration/snapshot.js';
import { PerfettoWriter, Tracer } from '../trace/perfetto/index.js';
import { UsageError } from './errors.js';
import { checkOutput } from './files.js';

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** @throws UsageError */
export function parseTraceLimit(text: string): number {
  const match = /^(\d{1,6})([KMG])$/.exec(text);
  const bytes = match ? Number(match[1]) * UNITS[match[2]!]! : 0;
  if (bytes < 64 * 1024)
    throw new UsageError(`--trace-limit ${text.slice(0, 40)}: a size from 64K on, such as 512M or 2G`);
  return bytes;
}

export class TraceFile {
  readonly #path: string;
  readonly #part: string;
  readonly #fd: number;
  readonly #writer: PerfettoWriter;
  readonly #tracer: Tracer;
  readonly #limit: number;
  #leave: () => void;
  #failure: unknown = null;

  /** @throws UsageError, or the system's error, where the file cannot be written */
  constructor(path: string, limit: number, machine: Machine, name: string) {
    checkOutput(path);
    this.#path = path;
    this.#limit = limit;
    this.#part = `${path}.${process.pid}.part`;
    this.#fd = openSync(this.#part, 'w');
    this.#writer = new PerfettoWriter((chunk) => this.#write(chunk), limit);
    this.#tracer = new Tracer(this.#writer, machine.vm.vcpus.length, name);
    this.#leave = machine.vm.trace.listen(this.#tracer.listeners);
  }

  /** Goes on with the machine that has taken the place of the one before. */
  follow(machine: Machine): void {
    if (this.#leave === nothing) return;
    this.#leave();
    this.#leave = machine.vm.trace.listen(this.#tracer.listeners);
  }

  /** Stops listening where nothing more will be written; what to say then, once. */
  look(machine: Machine): string | null {
    if (!this.#writer.full || this.#leave === nothing) return null;
    this.#leave();
    this.#leave = nothing;
    const seconds = Number(machine.host.now() / 1_000_000_000n) / 1000;
    const megabytes = Math.round(this.#limit / 2 ** 20);
    return `--trace ${this.#path}: ${megabytes} MiB reached at ${seconds} s host time; what follows is not in it (--trace-limit)`;
  }

  /** Ends the trace; the file is there then. @throws the system's error where it could not be written */
  close(): void {
    this.#leave();
    this.#tracer.close();
    closeSync(this.#fd);
    if (this.#failure) {
      rmSync(this.#part, { force: true });
      throw this.#failure;
    }
    renameSync(this.#part, this.#path);
  }

  /** A full disk must not end in the middle of a guest's instruction: it is said at the end. */
  #write(chunk: Uint8Array): void {
    if (this.#failure) return;
    try {
      for (let done = 0; done < chunk.length; ) done += writeSync(this.#fd, chunk, done);
    } catch (error) {
      this.#failure = error;
    }
  }
}

const nothing = (): void => {};
