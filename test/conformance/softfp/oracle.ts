// Builds oracle.c with the cross compiler and runs records through it under qemu-aarch64 (user mode).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Case } from './operations.js';

const COMPILER = 'aarch64-linux-gnu-gcc';
const EMULATOR = 'qemu-aarch64';
const SOURCE = new URL('oracle.c', import.meta.url).pathname;
const REQUEST_BYTES = 40;
const REPLY_BYTES = 16;

/** What an instruction left: result register, FPSR, and NZCV as a nibble. */
export interface Reply {
  readonly result: bigint;
  readonly fpsr: number;
  readonly nzcv: number;
}

/** Why the oracle cannot run here, or undefined when it can. */
export function missingTool(): string | undefined {
  return [COMPILER, EMULATOR].find((tool) => spawnSync(tool, ['--version']).status !== 0);
}

/** A built oracle; `close` removes it. */
export class Oracle {
  readonly #directory = mkdtempSync(join(tmpdir(), 'softfp-'));
  readonly #program = join(this.#directory, 'oracle');

  constructor() {
    const flags = ['-static', '-O1', '-Wall', '-Wextra', '-Werror', '-march=armv8.2-a+fp16'];
    const build = spawnSync(COMPILER, [...flags, '-o', this.#program, SOURCE], { encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`${SOURCE}: ${COMPILER} failed\n${build.stderr}`);
  }

  /** Runs the cases on the real instructions, in order. */
  run(cases: readonly Case[]): Reply[] {
    const input = new DataView(new ArrayBuffer(cases.length * REQUEST_BYTES));
    cases.forEach((k, i) => {
      const at = i * REQUEST_BYTES;
      input.setUint32(at, k.operation, true);
      input.setUint32(at + 4, k.fmt, true);
      input.setUint32(at + 8, k.fpcr, true);
      input.setUint32(at + 12, k.param, true);
      input.setBigUint64(at + 16, k.a, true);
      input.setBigUint64(at + 24, k.b, true);
      input.setBigUint64(at + 32, k.c, true);
    });
    const size = cases.length * REPLY_BYTES;
    const { status, stdout, stderr } = spawnSync(EMULATOR, ['-cpu', 'max', this.#program], {
      input: new Uint8Array(input.buffer),
      maxBuffer: size + 4096,
    });
    if (status !== 0 || stdout.length !== size) {
      throw new Error(`oracle: status ${status}, ${stdout.length} bytes of ${size}\n${stderr}`);
    }
    const output = new DataView(stdout.buffer, stdout.byteOffset, size);
    return cases.map((_, i) => ({
      result: output.getBigUint64(i * REPLY_BYTES, true),
      fpsr: output.getUint32(i * REPLY_BYTES + 8, true),
      nzcv: output.getUint32(i * REPLY_BYTES + 12, true),
    }));
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }
}
