/**
 * A long run of the fuzzer:
 *
 *     npx tsc -p test/gic && nice -n 10 node out/gic/test/gic/campaign.js [sequences] [first seed]
 *
 * Prints how far it is, and at the end how often each thing of interest happened. Exit status 1 where a sequence fails.
 */

import { fuzz, LENGTH } from './fuzz.js';

const BATCH = 10_000;

const [sequences = 1_000_000, first = 1] = process.argv.slice(2).map(Number);
const counts = new Map<string, number>();
const started = process.cpuUsage();
const seconds = (): number => (process.cpuUsage(started).user + process.cpuUsage(started).system) / 1e6;

try {
  for (let done = 0; done < sequences; ) {
    const batch = Math.min(BATCH, sequences - done);
    fuzz(first + done, batch, counts);
    done += batch;
    console.log(
      `${done} sequences of ${LENGTH} operations without a difference, ${seconds().toFixed(0)} s of CPU time`,
    );
  }
  console.log(Object.fromEntries([...counts].sort()));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
