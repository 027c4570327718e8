/** The receiver takes any stream: CI a seeded share, CV_RECEIVER_FUZZ=1000000 a campaign. */
import { expect, test } from 'vitest';
import { Random } from '../../conformance/random.js';
import { FuzzRoom, mutate, rightStream } from './receiver-fuzz.js';

const count = Number(process.env.CV_RECEIVER_FUZZ ?? 50_000);
const seed = Number(process.env.CV_SEED ?? 1);

test(`wrong streams are refused in one line or taken, ${count} from seed ${seed}`, () => {
  const right = rightStream();
  const room = new FuzzRoom();
  expect(room.receive(right).phase).toBe('running');
  const random = new Random(seed);
  const outcomes = new Map<string, number>();
  const before = process.memoryUsage().rss;
  let most = 0;
  for (let n = 0; n < count; n++) {
    const { kind, stream } = mutate(random, right);
    const { phase, reason } = room.receive(stream);
    expect(['failed', 'ready', 'running', 'answered']).toContain(phase);
    if (phase === 'failed' && !/^[\x20-\x7e]{1,420}$/.test(reason ?? '')) throw new Error(`reason: ${reason}`);
    const outcome = `${kind} ${phase}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (n % 1000 === 0) most = Math.max(most, process.memoryUsage().rss - before);
  }
  console.log(Object.fromEntries([...outcomes].sort()), `at most ${(most / 2 ** 20).toFixed(0)} MiB more`);
  for (const kind of ['bytes', 'cut', 'repaired']) expect(outcomes.get(`${kind} failed`)).toBeGreaterThan(0);
});
