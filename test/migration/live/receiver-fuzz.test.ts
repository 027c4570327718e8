/** The receiver takes any stream: CI a seeded share, CV_RECEIVER_FUZZ=100000 with several CV_SEED a campaign. */
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { useCrc32 } from '../../../src/migration/crc32.js';
import { Random } from '../../conformance/random.js';
import { MemoryMeter } from '../../support/memory-meter.js';
import { FuzzRoom, mutate, RAM, receiveForReal, rightStream } from './receiver-fuzz.js';

const count = Number(process.env.CV_RECEIVER_FUZZ ?? 50_000);
const seed = Number(process.env.CV_SEED ?? 1);
/** One stream of so many with other fields that is taken comes to a receiver that makes a machine, which takes far longer. */
const MAKE_ONE_OF = 100;

useCrc32(crc32);
// Most inputs end in an error: saying where takes a good part of the time.
Error.stackTraceLimit = 2;

test(`wrong streams are refused in one line or taken, ${count} from seed ${seed}`, () => {
  const right = rightStream();
  const room = new FuzzRoom();
  expect(room.receive(right.stream).phase).toBe('running');
  expect(receiveForReal(right.stream).phase).toBe('running');
  const random = new Random(seed);
  const outcomes = new Map<string, number>();
  const meter = new MemoryMeter();
  let taken = 0;
  const hear = (who: string, { phase, reason }: { phase: string; reason: string | null }): void => {
    expect(['failed', 'ready', 'running', 'answered']).toContain(phase);
    if (phase === 'failed' && !/^[\x20-\x7e]{1,420}$/.test(reason ?? '')) throw new Error(`reason: ${reason}`);
    const outcome = `${who} ${phase}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  for (let n = 0; n < count; n++) {
    const { kind, stream } = mutate(random, right);
    const destination = meter.measure(() => room.receive(stream));
    hear(kind, destination);
    if (kind === 'fields' && destination.phase === 'running' && ++taken % MAKE_ONE_OF === 0) {
      hear('machine', receiveForReal(stream));
    }
  }
  console.log(
    Object.fromEntries([...outcomes].sort()),
    `most memory of one beside the guest's ${meter.most}, kept ${meter.kept()}`,
  );
  expect(meter.most).toBeLessThan(RAM);
  expect(meter.kept()).toBeLessThan(RAM);
  for (const kind of ['bytes', 'cut', 'repaired', 'fields']) {
    expect(outcomes.get(`${kind} failed`)).toBeGreaterThan(0);
  }
  expect(outcomes.get('fields running')).toBeGreaterThan(0);
});
