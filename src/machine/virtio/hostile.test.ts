/** Drivers that break the rules: the device asks for a reset; it never throws, and takes no more than it may. */
import { describe, expect, it } from 'vitest';
import { Block } from './block/block.js';
import { Disk, memoryContents } from './block/disk.js';
import { MAX_REQUEST } from './chain.js';
import { Console, resetConsoleState } from './console.js';
import { DESCRIPTOR, FEATURE, STATUS } from './constants.js';
import type { DeviceModel } from './model.js';
import { Rng, resetRngState } from './rng.js';
import { RAM_BASE, RAM_SIZE, TestDriver, TestRam } from './test-driver.js';

const ALL = FEATURE.version1 | FEATURE.indirectDescriptors | FEATURE.eventIndex;
const rng = () => new Rng(resetRngState(1));

/** A driver of an entropy device with `wrong` done to its queue of 16. */
function broken(wrong: (driver: TestDriver, table: number) => void, features = ALL): TestDriver {
  const driver = new TestDriver(rng());
  driver.begin(features);
  wrong(driver, driver.queues[0]!.descriptors);
  driver.device.notify(0);
  driver.run();
  return driver;
}

const BUFFER = RAM_BASE + 0x8_0000;
const { next, write, indirect } = DESCRIPTOR;

describe('needs a reset', () => {
  it.each<[string, RegExp, (driver: TestDriver, table: number) => void]>([
    ['a loop', /more than 16 descriptors/, (d, t) => [d.descriptor(t, 0, BUFFER, 16, next | write, 0), d.offer(0, 0)]],
    [
      'a next beyond the table',
      /descriptor 16 of a table of 16/,
      (d, t) => [d.descriptor(t, 0, BUFFER, 16, next | write, 16), d.offer(0, 0)],
    ],
    ['a head beyond the table', /descriptor 16 available/, (d) => d.offer(0, 16)],
    [
      'an index too far ahead',
      /17 requests available in a queue of 16/,
      (d) => d.ram.view.setUint16(d.queues[0]!.driver - RAM_BASE + 2, 17, true),
    ],
    ['a buffer below RAM', /not RAM/, (d, t) => [d.descriptor(t, 0, RAM_BASE - 8, 16, write), d.offer(0, 0)]],
    [
      'a buffer across the end of RAM',
      /not RAM/,
      (d, t) => [d.descriptor(t, 0, RAM_BASE + RAM_SIZE - 8, 16, write), d.offer(0, 0)],
    ],
    [
      'a buffer at the end of addresses',
      /not RAM/,
      (d, t) => [d.descriptor(t, 0, 0xffff_ffff_ffff_f000, 0x1000, write), d.offer(0, 0)],
    ],
    ['an empty buffer', /no bytes/, (d, t) => [d.descriptor(t, 0, BUFFER, 0, write), d.offer(0, 0)]],
    [
      'a readable descriptor last',
      /behind a writable/,
      (d, t) => [d.descriptor(t, 0, BUFFER, 16, next | write, 1), d.descriptor(t, 1, BUFFER, 16, 0), d.offer(0, 0)],
    ],
    [
      'an indirect table with a next',
      /indirect descriptor/,
      (d, t) => [d.descriptor(t, 0, BUFFER, 16, indirect | next, 1), d.offer(0, 0)],
    ],
    [
      'an indirect table in another',
      /indirect descriptor/,
      (d, t) => [
        d.descriptor(BUFFER, 0, BUFFER, 16, indirect),
        d.descriptor(t, 0, BUFFER, 16, indirect),
        d.offer(0, 0),
      ],
    ],
    [
      'an indirect table of half an entry',
      /table of 24 bytes/,
      (d, t) => [d.descriptor(t, 0, BUFFER, 24, indirect), d.offer(0, 0)],
    ],
    [
      'an indirect table larger than the queue',
      /table of 272 bytes/,
      (d, t) => [d.descriptor(t, 0, BUFFER, 17 * 16, indirect), d.offer(0, 0)],
    ],
    [
      'an indirect table that is not RAM',
      /not RAM/,
      (d, t) => [d.descriptor(t, 0, 0x900_0000, 16, indirect), d.offer(0, 0)],
    ],
    [
      'a request that is too large',
      /more than/,
      (d, t) => {
        d.descriptor(t, 0, RAM_BASE, RAM_SIZE, write | next, 1);
        d.descriptor(t, 1, RAM_BASE, MAX_REQUEST, write);
        d.offer(0, 0);
      },
    ],
    ['nothing to write to', /without a buffer/, (d, t) => [d.descriptor(t, 0, BUFFER, 16, 0), d.offer(0, 0)]],
    [
      'bus mastering that is off',
      /bus mastering/,
      (d, t) => [d.descriptor(t, 0, BUFFER, 16, write), d.offer(0, 0), (d.mayAccess = false)],
    ],
    [
      'a table that is not aligned',
      /not aligned/,
      (d) => {
        d.device.setQueueReady(false);
        d.device.setQueueAddress('descriptors', false, RAM_BASE + 8);
        d.device.setQueueAddress('driver', false, d.queues[0]!.driver);
        d.device.setQueueAddress('device', false, d.queues[0]!.device);
        d.device.setQueueReady(true);
        d.offer(0, 0);
      },
    ],
    [
      'a used ring that is not RAM',
      /used ring/,
      (d, t) => {
        d.device.setQueueReady(false);
        d.device.setQueueAddress('descriptors', false, t);
        d.device.setQueueAddress('driver', false, d.queues[0]!.driver);
        d.device.setQueueAddress('device', true, 0xffff_ffff);
        d.device.setQueueReady(true);
        d.descriptor(t, 0, BUFFER, 16, write);
        d.offer(0, 0);
      },
    ],
  ])('%s', (_, message, wrong) => {
    const { device, errors } = broken(wrong);
    expect(errors).toEqual([expect.stringMatching(message)]);
    expect(device.status & STATUS.needsReset).toBe(STATUS.needsReset);
    expect(device.deadline()).toBeNull();
  });

  it('an indirect table that was not negotiated', () => {
    const { errors } = broken((d, t) => {
      d.descriptor(BUFFER, 0, BUFFER + 64, 16, write);
      d.descriptor(t, 0, BUFFER, 16, indirect);
      d.offer(0, 0);
    }, FEATURE.version1);
    expect(errors).toEqual(['an indirect descriptor']);
  });

  it('a request that is changed while it is served', () => {
    const driver = new TestDriver(rng());
    driver.begin();
    driver.submit(0, [16]);
    driver.run(driver.now);
    driver.descriptor(driver.queues[0]!.descriptors, 0, 0x10, 16, write);
    driver.run();
    expect(driver.errors).toEqual([expect.stringMatching(/not RAM/)]);
    expect(driver.used(0)).toEqual([]);
  });
});

it('an indirect table that is right is served', () => {
  const driver = broken((d, t) => {
    d.descriptor(BUFFER, 0, BUFFER + 64, 8, write | next, 1);
    d.descriptor(BUFFER, 1, BUFFER + 96, 8, write);
    d.descriptor(t, 3, BUFFER, 32, indirect);
    d.offer(0, 3);
  });
  expect(driver.errors).toEqual([]);
  expect(driver.used(0)).toEqual([{ head: 3, written: 16 }]);
});

it('features that were not offered are not agreed to', () => {
  const { device } = new TestDriver(rng());
  device.status = STATUS.acknowledge | STATUS.driver;
  device.state.driverFeaturesSelect = 0;
  device.driverFeatures = 1 << 5;
  device.state.driverFeaturesSelect = 1;
  device.driverFeatures = 1;
  device.status = STATUS.featuresOk;
  expect(device.status & STATUS.featuresOk).toBe(0);
});

/** A small generator of the same numbers each time (xorshift32). */
function generator(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const MODELS: readonly [string, () => DeviceModel][] = [
  ['rng', rng],
  ['console', () => new Console(() => {}, { ...resetConsoleState(), input: [1, 2, 3], due: 2000n })],
  [
    'block',
    () => {
      const disk = new Disk(memoryContents(new Uint8Array(65536), ''));
      return new Block({ disk, readOnly: false, serial: 'x', latency: 1000n });
    },
  ],
];

const ROUNDS = Number(process.env.CV_VIRTIO_FUZZ ?? 400);

describe.each(MODELS)('any garbage in the queues of %s', (_, model) => {
  it('is served or needs a reset', () => {
    let [served, refused] = [0, 0];
    const ram = new TestRam();
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = generator(seed * 2654435761);
      ram.bytes.fill(0);
      const driver = new TestDriver(model(), undefined, ram);
      driver.begin(random(4) ? ALL : FEATURE.version1);
      const address = (): number =>
        [
          RAM_BASE + random(RAM_SIZE),
          RAM_BASE + random(0x1000) * 16,
          RAM_BASE + RAM_SIZE - random(64),
          random(2 ** 32),
        ][[0, 0, 0, 1, 1, 1, 2, 3][random(8)]!]!;
      let before = 0;
      for (let step = 0; step < 12; step++) {
        const queue = random(driver.queues.length);
        const { descriptors, size, driver: ring } = driver.queues[queue]!;
        for (let n = random(6); n >= 0; n--) {
          const flags = [0, next, write, write | next, write | next, indirect, random(8)][random(7)]!;
          const length = [16, 1, 512, 64, random(70000), random(2 ** 32), 0][random(random(3) ? 4 : 7)]!;
          driver.descriptor(random(8) ? descriptors : BUFFER, random(size), address(), length, flags, random(size + 1));
        }
        // Sometimes a request as devices know them, with a word of it wrong perhaps.
        const whole = random(3) === 0;
        if (whole)
          driver.lay(descriptors, 0, [Uint8Array.of(random(10), ...new Uint8Array(15)), 512 * (1 + random(4)), 1]);
        if (whole && random(2)) driver.descriptor(descriptors, 1, address(), 512, write | next, random(4));
        if (whole) driver.offer(queue, 0);
        else if (random(12) === 0) driver.ram.view.setUint16(ring - RAM_BASE + 2, random(65536), true);
        else driver.offer(queue, random(20) ? random(size) : random(65536));
        driver.device.notify(random(8) ? queue : random(2 ** 16));
        if (random(3)) driver.run(driver.now + BigInt(random(1_000_000)));
        else driver.run();
        const used = driver.device.save().queues.reduce((sum, q) => sum + q.used, 0);
        served += used - before;
        before = used;
        if (driver.device.status & STATUS.needsReset) {
          refused++;
          driver.device.status = 0;
          before = 0;
          driver.begin(ALL);
        }
      }
    }
    expect(served).toBeGreaterThan(ROUNDS / 10);
    expect(refused).toBeGreaterThan(ROUNDS / 10);
  });
});
