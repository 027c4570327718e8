// Builds oracle.c with the cross compiler and runs single instructions through it under qemu-aarch64 (user mode).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'aarch64-linux-gnu-gcc';
const EMULATOR = 'qemu-aarch64';
const SOURCE = new URL('oracle.c', import.meta.url).pathname;

/** General registers that the oracle sets and shows. */
export const GENERAL = 8;
const REQUEST_HEADER = 16;
const REPLY_HEADER = 8;
const REGISTERS = GENERAL * 8 + 512;

/** An instruction and the registers it finds. `v` is 64 halves, low first. */
export interface Case {
  readonly word: number;
  readonly fpcr: number;
  readonly fpsr: number;
  readonly nzcv: number;
  readonly x: BigUint64Array;
  readonly v: BigUint64Array;
}

/** What the instruction left. */
export interface Reply {
  readonly fpsr: number;
  readonly nzcv: number;
  readonly x: BigUint64Array;
  readonly v: BigUint64Array;
}

/** Why the oracle cannot run here, or undefined when it can. */
export function missingTool(): string | undefined {
  return [COMPILER, EMULATOR].find((tool) => spawnSync(tool, ['--version']).status !== 0);
}

/** A built oracle; `close` removes it. */
export class Oracle {
  readonly #directory = mkdtempSync(join(tmpdir(), 'fp-'));
  readonly #program = join(this.#directory, 'oracle');

  constructor() {
    const flags = ['-static', '-O1', '-Wall', '-Wextra', '-Werror'];
    const build = spawnSync(COMPILER, [...flags, '-o', this.#program, SOURCE], { encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`${SOURCE}: ${COMPILER} failed\n${build.stderr}`);
  }

  /** Runs the cases on the real instructions, in order. */
  run(cases: readonly Case[]): Reply[] {
    const input = new ArrayBuffer(cases.length * (REQUEST_HEADER + REGISTERS));
    cases.forEach((k, i) => {
      const at = i * (REQUEST_HEADER + REGISTERS);
      new Uint32Array(input, at, 4).set([k.word, k.fpcr, k.fpsr, k.nzcv]);
      new BigUint64Array(input, at + REQUEST_HEADER, GENERAL).set(k.x);
      new BigUint64Array(input, at + REQUEST_HEADER + GENERAL * 8, 64).set(k.v);
    });
    const size = cases.length * (REPLY_HEADER + REGISTERS);
    const { status, stdout, stderr } = spawnSync(EMULATOR, ['-cpu', 'max', this.#program], {
      input: new Uint8Array(input),
      maxBuffer: size + 4096,
    });
    if (status !== 0 || stdout.length !== size) {
      throw new Error(`oracle: status ${status}, ${stdout.length} bytes of ${size}\n${stderr}`);
    }
    // A copy: its buffer starts at a multiple of 8.
    const output = new Uint8Array(stdout).buffer;
    return cases.map((_, i) => {
      const at = i * (REPLY_HEADER + REGISTERS);
      const [fpsr, nzcv] = new Uint32Array(output, at, 2) as unknown as [number, number];
      return {
        fpsr,
        nzcv,
        x: new BigUint64Array(output, at + REPLY_HEADER, GENERAL),
        v: new BigUint64Array(output, at + REPLY_HEADER + GENERAL * 8, 64),
      };
    });
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }
}
