/** Workers that answer, die, hang or talk nonsense: each run ends with a result, the pool with an end. */
import { describe, expect, it } from 'vitest';
import type { Job, RunResult } from './messages.js';
import { runAll } from './pool.js';

/** A worker thread that does what the plan's title says. */
const CODE = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ plan }) => {
  const { title } = plan;
  if (title === 'throw') throw new Error('kaputt');
  if (title === 'exit') process.exit(7);
  if (title === 'hang') for (;;);
  if (title === 'reject') return void Promise.reject(new Error('unheard'));
  if (title === 'progress') parentPort.postMessage({ kind: 'progress', hostTimeNs: 5 });
  parentPort.postMessage({ kind: 'failed', text: title });
});
`;
const worker = new URL(`data:text/javascript,${encodeURIComponent(CODE)}`);

const job = (title: string, limitMs = 50): Job =>
  ({ plan: { title, limitMs, expect: { stateHash: null } }, paths: {} }) as unknown as Job;
const text = (result: RunResult): string => (result.kind === 'done' ? 'done' : result.text);

describe('the pool', () => {
  it('gives the results in the order of the jobs, however many run at once', async () => {
    const titles = Array.from({ length: 9 }, (_, i) => `run ${i}`);
    for (const jobs of [1, 4]) {
      const heard: number[] = [];
      const results = await runAll(
        titles.map((t) => job(t)),
        { jobs, worker, grace: 20_000, onEnd: (i) => heard.push(i) },
      );
      expect(results.map(text)).toEqual(titles);
      expect(heard.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  it('tells progress', async () => {
    const heard: [number, number][] = [];
    await runAll([job('a'), job('progress')], {
      jobs: 1,
      worker,
      grace: 20_000,
      onProgress: (i, ns) => heard.push([i, ns]),
    });
    expect(heard).toEqual([[1, 5]]);
  });

  it('calls a worker that dies or hangs a failure of that run alone', async () => {
    const titles = ['throw', 'a', 'exit', 'b', 'reject', 'c', 'hang', 'd'];
    const results = await runAll(
      titles.map((t) => job(t, t === 'hang' ? 50 : 30_000)),
      { jobs: 1, worker, grace: 2000 },
    );
    expect(results.map(text)).toEqual([
      'its worker died: kaputt',
      'a',
      'its worker died: it ended with code 7 before it answered',
      'b',
      'its worker died: unheard',
      'c',
      'its worker gave no answer within 2.05 s (its limit and some grace) and was ended',
      'd',
    ]);
  });

  it('has nothing to do with no job', async () => {
    expect(await runAll([], { jobs: 2, worker, grace: 1 })).toEqual([]);
  });
});
