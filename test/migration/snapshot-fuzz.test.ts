/** The snapshot reader takes anything: CI a seeded share, CV_SNAPSHOT_FUZZ=100000 a campaign. */
import { describe, expect, test } from 'vitest';
import { Random } from '../conformance/random.js';
import { mutate, seeds, tryRead, tryRun } from './snapshot-fuzz.js';

const count = Number(process.env.CV_SNAPSHOT_FUZZ ?? 1500);
const seed = Number(process.env.CV_SEED ?? 1);
/** One accepted snapshot of so many is made into a machine and run, which takes many times as long. */
const RUN_ONE_OF = 10;

describe('wrong snapshots', () => {
  const origins = seeds();

  test('come from right ones', () => {
    for (const origin of origins) {
      expect(tryRead(origin)).toBe(null);
      tryRun(origin, 'jit');
    }
  });

  test(`are read or refused in one line, and run or not, ${count} from seed ${seed}`, () => {
    const random = new Random(seed);
    const outcomes = new Map<string, number>();
    let accepted = 0;
    let ran = 0;
    let slowest = 0;
    for (let n = 0; n < count; n++) {
      const origin = origins[n % origins.length]!;
      const { kind, bytes } = mutate(random, origin);
      const started = process.cpuUsage();
      const refusal = tryRead(bytes);
      slowest = Math.max(slowest, process.cpuUsage(started).user / 1000);
      const outcome = `${kind} ${refusal === null ? 'read' : 'refused'}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (refusal !== null) {
        expect(refusal).toMatch(/^snapshot: [\x20-\x7e]{1,250}$/);
      } else if (++accepted % RUN_ONE_OF === 1) {
        tryRun(bytes, ran++ % 2 ? 'jit' : 'interp');
      }
    }
    console.log(
      Object.fromEntries([...outcomes].sort()),
      `ran ${ran}, slowest read ${slowest.toFixed(1)} ms of a processor`,
    );
    for (const kind of ['bytes', 'sections', 'fields', 'text', 'pages']) {
      expect(outcomes.get(`${kind} refused`)).toBeGreaterThan(0);
    }
    for (const kind of ['fields', 'pages']) expect(outcomes.get(`${kind} read`)).toBeGreaterThan(0);
  });
});
