/** The snapshot reader takes anything: CI a seeded share, CV_SNAPSHOT_FUZZ=100000 with several CV_SEED a campaign. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MAX_VCPUS, memoryMap } from '../../src/arch/engine/layout.js';
import { useCrc32 } from '../../src/migration/crc32.js';
import { Random } from '../conformance/random.js';
import { MemoryMeter } from '../support/memory-meter.js';
import { mutate, origins, RAM, tryRead, tryRun } from './snapshot-fuzz.js';

const count = Number(process.env.CV_SNAPSHOT_FUZZ ?? 50_000);
const seed = Number(process.env.CV_SEED ?? 1);
/** One accepted snapshot of so many is made into a machine and run, which takes many times as long. */
const RUN_ONE_OF = 200;
/** Most that a machine has beyond its RAM: TLBs and records of all vCPUs, the small memories. */
const OWN_BYTES = memoryMap(MAX_VCPUS, 2 ** 20).pages * 65536;

useCrc32(crc32);
// Most inputs end in an error: saying where takes a good part of the time.
Error.stackTraceLimit = 2;

describe('wrong snapshots', () => {
  const right = origins();

  test('come from right ones', () => {
    for (const { bytes, json, sections } of right) {
      expect(tryRead(bytes)).toBe(null);
      expect(json.map((text) => Buffer.compare(text.right(), sections[json.indexOf(text)]!.payload))).toEqual([0, 0]);
      expect(tryRun(bytes, 'jit')).toBeLessThan(OWN_BYTES);
    }
  });

  test(`are read or refused in one line, and run or not, ${count} from seed ${seed}`, () => {
    const random = new Random(seed);
    const outcomes = new Map<string, number>();
    const meter = new MemoryMeter();
    let accepted = 0;
    let ran = 0;
    let slowest = 0;
    for (let n = 0; n < count; n++) {
      const { kind, bytes } = mutate(random, right[n % right.length]!);
      const started = process.cpuUsage();
      const refusal = meter.measure(() => tryRead(bytes));
      slowest = Math.max(slowest, process.cpuUsage(started).user / 1000);
      const outcome = `${kind} ${refusal === null ? 'read' : 'refused'}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (refusal === null) {
        if (++accepted % RUN_ONE_OF === 1) {
          expect(tryRun(bytes, ran++ % 2 ? 'jit' : 'interp')).toBeLessThan(OWN_BYTES);
        }
      } else if (!/^snapshot: [\x20-\x7e]{1,250}$/.test(refusal)) throw new Error(`not a line: ${refusal}`);
    }
    console.log(
      Object.fromEntries([...outcomes].sort()),
      `ran ${ran}, slowest read ${slowest.toFixed(1)} ms of a processor, most memory of one ${meter.most}, kept ${meter.kept()}`,
    );
    // Whatever they claim to be.
    expect(meter.most).toBeLessThan(RAM);
    expect(meter.kept()).toBeLessThan(RAM);
    for (const kind of ['bytes', 'sections', 'fields', 'text', 'pages']) {
      expect(outcomes.get(`${kind} refused`)).toBeGreaterThan(0);
    }
    for (const kind of ['fields', 'pages']) expect(outcomes.get(`${kind} read`)).toBeGreaterThan(0);
  });
});
