// Builds oracle.c with the cross compiler and runs single instructions through it under qemu-aarch64 (user mode).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoreState } from '../../../src/arch/engine/harness.js';

const COMPILER = 'aarch64-linux-gnu-gcc';
const EMULATOR = 'qemu-aarch64';
const SOURCE = new URL('oracle.c', import.meta.url).pathname;

/** The oracle's window of memory: its address, which is in the harness's data window too, and its size. */
export const WINDOW = 0x1000_8000;
export const WINDOW_BYTES = 256;

const X = 8;
const SP = X + 31 * 8;
const V = SP + 8;
const MEMORY = V + 512;
const RECORD_BYTES = MEMORY + WINDOW_BYTES;

/** Registers and memory before or after one instruction; NZCV and FPCR stay out of it. */
export interface Case {
  readonly word: number;
  readonly state: CoreState;
  readonly memory: Uint8Array;
}

/** What the instruction left; registers x29 and x30 mean nothing. */
export interface Reply {
  readonly undefined: boolean;
  readonly fpsr: number;
  readonly x: readonly bigint[];
  readonly sp: bigint;
  readonly v: readonly (readonly [bigint, bigint])[];
  readonly memory: Uint8Array;
}

/** Why the oracle cannot run here, or undefined when it can. */
export function missingTool(): string | undefined {
  return [COMPILER, EMULATOR].find((tool) => spawnSync(tool, ['--version']).status !== 0);
}

/** A built oracle; `close` removes it. */
export class Oracle {
  readonly #directory = mkdtempSync(join(tmpdir(), 'simd-'));
  readonly #program = join(this.#directory, 'oracle');

  constructor() {
    const flags = ['-static', '-O1', '-Wall', '-Wextra', '-Werror'];
    const build = spawnSync(COMPILER, [...flags, '-o', this.#program, SOURCE], { encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`${SOURCE}: ${COMPILER} failed\n${build.stderr}`);
  }

  run(cases: readonly Case[]): Reply[] {
    const size = cases.length * RECORD_BYTES;
    const input = new Uint8Array(size);
    const view = new DataView(input.buffer);
    cases.forEach(({ word, state, memory }, i) => {
      const at = i * RECORD_BYTES;
      view.setUint32(at, word, true);
      view.setUint32(at + 4, state.fpsr, true);
      state.x.forEach((value, n) => view.setBigUint64(at + X + n * 8, value, true));
      view.setBigUint64(at + SP, state.sp, true);
      state.v.flat().forEach((half, n) => view.setBigUint64(at + V + n * 8, half, true));
      input.set(memory, at + MEMORY);
    });
    const options = { input, maxBuffer: size + 4096 };
    const { status, stdout, stderr } = spawnSync(EMULATOR, ['-cpu', 'max', this.#program], options);
    if (status !== 0 || stdout.length !== size) {
      throw new Error(`oracle: status ${status}, ${stdout.length} bytes of ${size}\n${stderr}`);
    }
    const output = new DataView(stdout.buffer, stdout.byteOffset, size);
    return cases.map((_, i) => {
      const at = i * RECORD_BYTES;
      const u64 = (offset: number): bigint => output.getBigUint64(at + offset, true);
      return {
        undefined: output.getUint32(at, true) !== 0,
        fpsr: output.getUint32(at + 4, true),
        x: Array.from({ length: 31 }, (_, n) => u64(X + n * 8)),
        sp: u64(SP),
        v: Array.from({ length: 32 }, (_, n) => [u64(V + n * 16), u64(V + n * 16 + 8)] as const),
        memory: new Uint8Array(stdout.buffer, stdout.byteOffset + at + MEMORY, WINDOW_BYTES),
      };
    });
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }
}
