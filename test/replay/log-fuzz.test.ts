/** A hostile replay log is an error message or a replay, nothing else. 20,000 here; `LOG_FUZZ=200000` for the long run. */
import { expect, test } from 'vitest';
import { Random } from '../conformance/random.js';
import { MemoryMeter } from '../support/memory-meter.js';
import { mutateLog, RAM, seedLog, tryReadLog, tryReplay } from './log-fuzz.js';

const COUNT = Number(process.env.LOG_FUZZ ?? 20_000);
/** Of the logs that can be read, one in so many is replayed. */
const REPLAY_ONE_OF = 100;

test(`${COUNT} wrong logs are refused in one line, or replayed`, () => {
  const random = new Random(20);
  const origin = seedLog(random);
  const outcomes = new Map<string, number>();
  const count = (what: string): void => void outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  const meter = new MemoryMeter();
  let read = 0;
  for (let n = 0; n < COUNT; n++) {
    const { kind, bytes } = mutateLog(random, origin);
    const log = meter.measure(() => tryReadLog(bytes));
    count(`${kind} ${typeof log === 'string' ? 'refused' : 'read'}`);
    if (typeof log === 'string') expect(log).toMatch(/^replay log: [\x20-\x7e]{1,250}$/);
    else if (++read % REPLAY_ONE_OF === 0) count(`replayed: ${tryReplay(log)}`);
  }
  console.log(Object.fromEntries([...outcomes].sort()), `most memory of one ${meter.most}, kept ${meter.kept()}`);
  expect(meter.most).toBeLessThan(RAM);
  expect(meter.kept()).toBeLessThan(RAM);
  for (const kind of ['bytes', 'records', 'text', 'fields']) expect(outcomes.get(`${kind} refused`)).toBeGreaterThan(0);
  for (const kind of ['bytes', 'fields']) expect(outcomes.get(`${kind} read`)).toBeGreaterThan(0);
  expect(outcomes.get('replayed: fail')).toBeGreaterThan(0);
});
