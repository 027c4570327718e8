/** The built command line as a child process. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ROOT } from '../support/machine.js';

export interface CliResult {
  /** Null where it had to be ended. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Largest resident set seen, in bytes. */
  readonly peak: number;
}

export interface CliOptions {
  readonly cwd?: string;
  /** What hangs is ended after so many seconds. */
  readonly limit?: number;
  readonly env?: Record<string, string>;
}

/** The peak so far, as Linux counts it; 0 where the process is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Runs `chronovisor` with nothing on its standard input. */
export function chronovisor(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { cwd = ROOT, limit = 60, env = {} } = options;
  const child = spawn(process.execPath, [`${ROOT}/dist/cli/main.js`, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let peak = 0;
  child.stdout.on('data', (data: Buffer) => out.push(data));
  child.stderr.on('data', (data: Buffer) => err.push(data));
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid!));
  }, 100);
  const ending = setTimeout(() => child.kill('SIGKILL'), limit * 1000);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(watch);
      clearTimeout(ending);
      const text = (parts: Buffer[]): string => Buffer.concat(parts).toString('latin1');
      resolve({ status, stdout: text(out), stderr: text(err), peak });
    });
  });
}
