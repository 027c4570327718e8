import { expect, test } from 'vitest';
import { MemoryMeter } from './memory-meter.js';

const MIB = 2 ** 20;

test('buffers are seen, also those that no one has written', () => {
  const meter = new MemoryMeter();
  meter.measure(() => new Uint8Array(64 * MIB).length);
  expect(meter.most).toBeGreaterThan(63 * MIB);
  expect(meter.most).toBeLessThan(80 * MIB);
  expect(meter.kept()).toBeLessThan(MIB);
});

test('objects are seen, also of what throws', () => {
  const meter = new MemoryMeter();
  const kept: object[] = [];
  const fail = (): void => {
    for (let n = 0; n < 2 ** 17; n++) kept.push({ n, next: [n] });
    throw new Error(`${kept.length}`);
  };
  expect(() => meter.measure(fail)).toThrow('131072');
  expect(meter.most).toBeGreaterThan(4 * MIB);
  expect(meter.kept()).toBeGreaterThan(4 * MIB);
});

test('what takes nothing is seen to', () => {
  const meter = new MemoryMeter();
  for (let n = 0; n < 1000; n++) meter.measure(() => n);
  expect(meter.most).toBeLessThan(MIB);
  expect(meter.kept()).toBeLessThan(MIB);
});
