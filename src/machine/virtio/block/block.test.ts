import { describe, expect, it } from 'vitest';
import { CAUSE, FEATURE, STATUS } from '../constants.js';
import { TestDriver } from '../test-driver.js';
import { Block } from './block.js';
import { CLUSTER, Disk, memoryContents } from './disk.js';

const SIZE = 64 * 1024 + 512;
const LATENCY = 50_000_000n;
const contents = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 9)) & 0xff);

const make = (readOnly = false) => {
  const persisted: number[][] = [];
  const base = {
    ...memoryContents(contents, '0'.repeat(64)),
    persist: (c: ReadonlyMap<number, Uint8Array>) => persisted.push([...c.keys()]),
  };
  const disk = new Disk(base);
  const driver = new TestDriver(new Block({ disk, readOnly, serial: 'serial', latency: LATENCY }));
  driver.begin();
  return { driver, disk, persisted };
};

function header(type: number, sector: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(8, sector, true);
  return bytes;
}

describe('a read', () => {
  it('takes its latency and a nanosecond a byte, fills all pieces, and interrupts once', () => {
    const { driver } = make();
    const [, a, b, status] = driver.submit(0, [header(0, 3), 512, 1024, 1]);
    driver.run(driver.now);
    const due = driver.device.deadline()!;
    expect(due - driver.now).toBe(LATENCY + BigInt(16 + 512 + 1024 + 1) * 1000n);
    driver.run(due - 1n);
    expect(driver.used(0)).toEqual([]);
    driver.run();
    expect(driver.used(0)).toEqual([{ head: 0, written: 1537 }]);
    expect(driver.bytes(a!, 512)).toEqual(contents.slice(1536, 2048));
    expect(driver.bytes(b!, 1024)).toEqual(contents.slice(2048, 3072));
    expect(driver.bytes(status!, 1)).toEqual(Uint8Array.of(0));
    expect(driver.interrupts).toEqual([[CAUSE.queue, 0xffff]]);
    for (const [at, length] of [
      [a!, 512],
      [b!, 1024],
      [status!, 1],
    ]) {
      expect(driver.ram.writes).toContainEqual([at, length]);
    }
  });

  it.each([
    ['behind the end', 128, 1024],
    ['of half a sector', 0, 256],
    ['of nothing', 0, 0],
  ])('%s is an I/O error', (_, sector, length) => {
    const { driver } = make();
    const buffers = driver.submit(0, [header(0, sector), ...(length ? [length] : []), 1]);
    driver.run();
    expect(driver.bytes(buffers.at(-1)!, 1)).toEqual(Uint8Array.of(1));
  });
});

describe('a write', () => {
  it('is read back, leaves the contents alone, and is handed on at a flush', () => {
    const { driver, disk, persisted } = make();
    const data = new Uint8Array(1024).fill(0x5a);
    driver.submit(0, [header(1, 7), data, 1]);
    driver.run();
    expect([...disk.clusters.keys()]).toEqual([0, 1]);
    expect(persisted).toEqual([]);
    driver.submit(0, [header(4, 0), 1]);
    driver.run();
    expect(persisted).toEqual([[0, 1]]);
    const [, back] = driver.submit(0, [header(0, 6), 2048, 1]);
    driver.run();
    const want = contents.slice(3072, 5120);
    want.set(data, 512);
    expect(driver.bytes(back!, 2048)).toEqual(want);
    expect(contents[3584]).not.toBe(0x5a);
  });

  it('reaches the last, shorter cluster', () => {
    const { driver, disk } = make();
    driver.submit(0, [header(1, 128), new Uint8Array(512).fill(9), 1]);
    driver.run();
    expect(disk.clusters.get(16)!.length).toBe(CLUSTER);
    const [, back] = driver.submit(0, [header(0, 127), 1024, 1]);
    driver.run();
    expect(driver.bytes(back!, 1024)).toEqual(
      Uint8Array.of(...contents.slice(65024, 65536), ...new Uint8Array(512).fill(9)),
    );
  });

  it('to a read-only drive is an I/O error, and the driver is told before', () => {
    const { driver, disk } = make(true);
    driver.device.state.deviceFeaturesSelect = 0;
    expect(driver.device.deviceFeatures & 32).toBe(32);
    const [, , status] = driver.submit(0, [header(1, 0), new Uint8Array(512), 1]);
    driver.run();
    expect(driver.bytes(status!, 1)).toEqual(Uint8Array.of(1));
    expect(disk.clusters.size).toBe(0);
  });
});

it('says its serial, and that it does not know a request', () => {
  const { driver } = make();
  const [, id, status] = driver.submit(0, [header(8, 0), 20, 1]);
  driver.run();
  expect(new TextDecoder().decode(driver.bytes(id!, 6))).toBe('serial');
  expect(driver.bytes(status!, 1)).toEqual(Uint8Array.of(0));
  const [, unknown] = driver.submit(0, [header(99, 0), 1]);
  driver.run();
  expect(driver.bytes(unknown!, 1)).toEqual(Uint8Array.of(2));
});

it('serves requests one behind the other, in the order of the ring', () => {
  const { driver } = make();
  driver.lay(driver.queues[0]!.descriptors, 0, [header(0, 0), 512, 1]);
  driver.lay(driver.queues[0]!.descriptors, 4, [header(0, 1), 512, 1]);
  driver.offer(0, 4);
  driver.offer(0, 0);
  driver.device.notify(0);
  driver.run(driver.now + LATENCY + 529n * 1000n);
  expect(driver.used(0).map((u) => u.head)).toEqual([4]);
  driver.run();
  expect(driver.used(0).map((u) => u.head)).toEqual([4, 0]);
});

it('is the same behind a save at any instant of a request', () => {
  const { driver, disk } = make();
  const [, a] = driver.submit(0, [header(0, 3), 512, 1]);
  driver.run(driver.now + LATENCY / 2n);
  driver.attach(new Block({ disk, readOnly: false, serial: '', latency: LATENCY }), driver.device.save());
  driver.run();
  expect(driver.used(0)).toEqual([{ head: 0, written: 513 }]);
  expect(driver.bytes(a!, 512)).toEqual(contents.slice(1536, 2048));
});

it('with event indices interrupts and wants notifications only where they are asked for', () => {
  const { driver } = make();
  driver.device.status = 0;
  driver.begin(FEATURE.version1 | FEATURE.eventIndex);
  const q = driver.queues[0]!;
  const usedEvent = q.driver - 0x4000_0000 + 4 + 2 * q.size;
  const availableEvent = q.device - 0x4000_0000 + 4 + 8 * q.size;
  driver.ram.view.setUint16(usedEvent, 1, true);
  driver.submit(0, [header(0, 0), 512, 1]);
  driver.run();
  expect(driver.interrupts).toEqual([]);
  expect(driver.ram.view.getUint16(availableEvent, true)).toBe(1);
  driver.submit(0, [header(0, 0), 512, 1]);
  driver.run();
  expect(driver.interrupts).toHaveLength(1);
  expect(driver.ram.view.getUint16(availableEvent, true)).toBe(2);
});

it('a request without room for its status needs a reset, and a reset is one', () => {
  const { driver } = make();
  driver.submit(0, [header(0, 0)]);
  driver.run();
  expect(driver.device.status & STATUS.needsReset).toBe(STATUS.needsReset);
  expect(driver.interrupts).toEqual([[CAUSE.config, 0xffff]]);
  expect(driver.errors).toEqual(['a block request without header or status']);
  driver.submit(0, [header(0, 0), 512, 1]);
  driver.run();
  expect(driver.used(0)).toEqual([]);
  driver.device.status = 0;
  expect(driver.device.status).toBe(0);
  driver.ram.bytes.fill(0);
  driver.begin();
  driver.submit(0, [header(0, 0), 512, 1]);
  driver.run();
  expect(driver.used(0)).toHaveLength(1);
});
