/** Chronovisor as processes that run beside the test, for migrations between them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ROOT } from '../support/machine.js';

/** Where they run: a guest that is held ends up here. */
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-processes-'));

export class Process {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  #changed: () => void = () => {};

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [`${ROOT}/dist/cli/main.js`, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (d: Buffer) => (this.stdout += d.toString('latin1')));
    this.child.stderr!.on('data', (d: Buffer) => {
      this.stderr += d.toString('latin1');
      this.#changed();
    });
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
  }

  /** Until its stderr matches, or it has ended. */
  async says(pattern: RegExp): Promise<RegExpExecArray | null> {
    let over = false;
    void this.ended.then(() => {
      over = true;
      this.#changed();
    });
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match || over) return match;
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

const running: Process[] = [];
/** Starts one; what is left of it at the end of the tests is killed. */
export const start = (...args: string[]): Process => {
  const process = new Process(args);
  running.push(process);
  return process;
};
afterAll(() => {
  for (const p of running) p.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A destination on loopback. */
export async function receiver(...args: string[]): Promise<{ process: Process; address: string }> {
  const process = start('receive', '--listen', '127.0.0.1:0', '--hash', ...args);
  const address = (await process.says(/waiting for a guest on (tcp:[\d.]+:\d+)/))?.[1];
  return { process, address: address ?? '' };
}

export const hashOf = (stderr: string): string => /state-hash: (\w+)/.exec(stderr)?.[1] ?? '';
