/** Worker threads that make runs. Whatever a worker does, each run ends with a result and the pool with an end. */
import { Worker } from 'node:worker_threads';
import type { Answer, Job, RunResult } from './messages.js';

export interface PoolOptions {
  readonly jobs: number;
  /** What a worker thread runs. */
  readonly worker: URL;
  /** Wall milliseconds behind a run's own limit after which its worker counts as hung. */
  readonly grace: number;
  readonly onStart?: (index: number) => void;
  readonly onProgress?: (index: number, hostTimeNs: number) => void;
  readonly onNote?: (text: string) => void;
  readonly onEnd?: (index: number, result: RunResult) => void;
}

/** Wall milliseconds that a run may take in all; one that is compared with an uninterrupted one runs twice. */
const allowance = ({ plan }: Job): number => plan.limitMs * (plan.expect.stateHash ? 2 : 1);

/** One run on a worker: its result, and whether the worker can be given another. */
function runOn(
  worker: Worker,
  job: Job,
  { grace, onNote }: PoolOptions,
  onProgress: (hostTimeNs: number) => void,
): Promise<{ result: RunResult; usable: boolean }> {
  const started = performance.now();
  return new Promise((resolve) => {
    const end = (result: RunResult, usable: boolean): void => {
      clearTimeout(timer);
      // By name: the thread's own bookkeeping listens, too.
      for (const event of ['message', 'messageerror', 'error', 'exit']) worker.removeAllListeners(event);
      // A worker that dies behind its answer is replaced when the next run finds it dead.
      worker.on('error', () => {});
      resolve({ result, usable });
    };
    const failed = (text: string, usable: boolean): void =>
      end({ kind: 'failed', text, wallMs: Math.round(performance.now() - started) }, usable);
    const total = allowance(job) + grace;
    const timer = setTimeout(() => {
      void worker.terminate();
      failed(`its worker gave no answer within ${total / 1000} s (its limit and some grace) and was ended`, false);
    }, total);
    worker.on('message', (answer: Answer) => {
      if (answer.kind === 'progress') onProgress(answer.hostTimeNs);
      else if (answer.kind === 'note') onNote?.(answer.text);
      else if (answer.kind === 'failed') failed(answer.text, true);
      else end({ kind: 'done', outcome: answer.outcome, wallMs: Math.round(performance.now() - started) }, true);
    });
    worker.on('messageerror', (error) => failed(`its worker sent what cannot be read: ${error.message}`, false));
    worker.on('error', (error) => failed(`its worker died: ${error.message}`, false));
    worker.on('exit', (code) => failed(`its worker died: it ended with code ${code} before it answered`, false));
    worker.postMessage(job);
  });
}

/** @returns the results in the order of the jobs */
export async function runAll(jobs: readonly Job[], options: PoolOptions): Promise<RunResult[]> {
  const results: RunResult[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    let worker: Worker | null = null;
    while (next < jobs.length) {
      const index = next++;
      options.onStart?.(index);
      worker ??= new Worker(options.worker);
      const { result, usable } = await runOn(worker, jobs[index]!, options, (ns) => options.onProgress?.(index, ns));
      results[index] = result;
      options.onEnd?.(index, result);
      if (!usable) {
        void worker.terminate();
        worker = null;
      }
    }
    await worker?.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, jobs.length) }, lane));
  return results;
}
