// Builds oracle.c with the cross compiler and exchanges batches of cases with it, running under qemu-aarch64.
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { BLOCK, CODE_BYTES, DATA_BYTES } from './state.js';

const COMPILER = 'aarch64-linux-gnu-gcc';
const DISASSEMBLER = 'aarch64-linux-gnu-objdump';
const EMULATOR = 'qemu-aarch64';
/** The program itself is where no interesting integer points. */
const PLACE = '-Wl,-Ttext-segment=0x27310000';
const MAGIC = 0x31464e43;
const HEADER_BYTES = 16;
/** As in oracle.c. */
const MOST_BLOCKS = 8192;

/** What is sent: the code image, the states, and the data window before the first case. */
export interface Request {
  readonly code: Uint8Array;
  readonly states: Uint32Array;
  readonly window: Uint8Array;
}

export interface Reply {
  readonly states: Uint32Array;
  readonly window: Uint8Array;
}

/** Why the oracle cannot run here, or undefined when it can. */
export function missingTool(): string | undefined {
  return [COMPILER, DISASSEMBLER, EMULATOR].find((tool) => spawnSync(tool, ['--version']).status !== 0);
}

/** The oracle's executable, in a temporary folder that `close` removes. */
export class OracleProgram {
  readonly directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  readonly path = join(this.directory, 'oracle');

  constructor(source: string) {
    const flags = ['-static', '-O1', '-Wall', '-Wextra', '-Werror', '-fno-stack-protector', PLACE];
    const { status, stderr } = spawnSync(COMPILER, [...flags, '-o', this.path, source], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${source}: ${COMPILER} failed\n${stderr}`);
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A running oracle of one CPU model. Requests are answered in order; several may be on their way. */
export class Oracle {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: { bytes: number; resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  #chunks: Buffer[] = [];
  #have = 0;

  constructor(program: OracleProgram, cpu: string) {
    this.#child = spawn(EMULATOR, ['-cpu', cpu, program.path], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.on('close', (status, signal) => {
      const error = new Error(`oracle (${cpu}) ended with ${signal ?? `status ${status}`}`);
      for (const w of this.#waiting.splice(0)) w.reject(error);
    });
    this.#child.stdin.on('error', () => {});
  }

  exchange(request: Request): Promise<Reply> {
    const count = request.states.length / BLOCK;
    if (count > MOST_BLOCKS || request.code.length > CODE_BYTES || request.window.length !== DATA_BYTES) {
      throw new RangeError(`oracle request of ${count} cases and ${request.code.length} bytes of code is too large`);
    }
    const header = Buffer.alloc(HEADER_BYTES);
    [MAGIC, count, request.code.length].forEach((n, i) => header.writeUInt32LE(n, i * 4));
    const { states } = request;
    for (const part of [header, request.window, request.code, new Uint8Array(states.slice().buffer)]) {
      this.#child.stdin.write(Buffer.from(part));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: states.byteLength + DATA_BYTES, resolve, reject });
    });
  }

  close(): void {
    this.#child.stdin.end();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#have += chunk.length;
    for (let next = this.#waiting[0]; next && this.#have >= next.bytes; next = this.#waiting[0]) {
      const all = Buffer.concat(this.#chunks);
      this.#chunks = [all.subarray(next.bytes)];
      this.#have -= next.bytes;
      this.#waiting.shift();
      const states = new Uint32Array(all.buffer.slice(all.byteOffset, all.byteOffset + next.bytes - DATA_BYTES));
      next.resolve({ states, window: new Uint8Array(all.subarray(next.bytes - DATA_BYTES, next.bytes)) });
    }
  }
}

/** One instruction as objdump prints it. */
export function disassemble(program: OracleProgram, words: readonly number[], address: number): string[] {
  const file = join(program.directory, 'words.bin');
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((w, i) => bytes.writeUInt32LE(w >>> 0, i * 4));
  spawnSync('sh', ['-c', `cat > ${file}`], { input: bytes });
  const flags = ['-D', '-b', 'binary', '-m', 'aarch64', `--adjust-vma=0x${address.toString(16)}`];
  const { stdout } = spawnSync(DISASSEMBLER, [...flags, file], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => /^\s*[0-9a-f]+:\t/.test(line));
}
