/** A worker thread of `verify`: makes the runs that it is given, one after another. */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { Machine } from '../../migration/snapshot.js';
import { type RunTrace, runScenario } from '../../verify/scenario/index.js';
import { isUsersError } from '../errors.js';
import { stateHash } from '../state-hash.js';
import { TraceFile } from '../trace-file.js';
import type { Answer, Job, TraceOrder } from './messages.js';

const port = parentPort!;
const tell = (answer: Answer): void => port.postMessage(answer);

/** The files of the run before: most runs of a suite share their image. */
let kept = new Map<string, Uint8Array>();

function bytesOf(paths: readonly (string | null)[]): (Uint8Array | undefined)[] {
  const read = new Map<string, Uint8Array>();
  for (const path of paths) if (path !== null) read.set(path, kept.get(path) ?? readFileSync(path));
  kept = read;
  return paths.map((path) => (path === null ? undefined : read.get(path)));
}

function traceTo({ path, limit }: TraceOrder, machine: Machine, title: string): RunTrace {
  const file = new TraceFile(path, limit, machine, title);
  return {
    follow: (next) => file.follow(next),
    look: (now) => {
      const full = file.look(now);
      if (full) tell({ kind: 'note', text: full });
    },
    close: () => file.close(),
  };
}

port.on('message', ({ plan, paths, trace }: Job) => {
  try {
    const [image, initrd, dtb] = bytesOf([paths.image, paths.initrd, paths.dtb]);
    const outcome = runScenario(
      plan,
      { image: image!, initrd, dtb },
      {
        clock: () => performance.now(),
        stateHash,
        progress: (hostTime) => tell({ kind: 'progress', hostTimeNs: Number(hostTime / 1000n) }),
        ...(trace && { trace: (machine: Machine) => traceTo(trace, machine, plan.title) }),
      },
    );
    tell({ kind: 'done', outcome });
  } catch (error) {
    // A mistake of ours keeps its stack: somebody must find it.
    const text = isUsersError(error) ? error.message : ((error as Error)?.stack ?? String(error));
    tell({ kind: 'failed', text });
  }
});
