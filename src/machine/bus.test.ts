import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessSize, Bus, type DeviceRegion, type MmioDevice } from './bus.js';

fc.configureGlobal({ seed: 1 });

class Recorder implements MmioDevice {
  readonly log: string[] = [];
  read(offset: number, size: AccessSize): bigint {
    this.log.push(`r${size} ${offset}`);
    return BigInt(offset);
  }
  write(offset: number, size: AccessSize, value: bigint): void {
    this.log.push(`w${size} ${offset} ${value}`);
  }
}

function device(name: string, base: number, size: number): DeviceRegion & { device: Recorder } {
  return { kind: 'device', name, base, size, device: new Recorder() };
}

describe('Bus', () => {
  it('finds the region of every address, in any order of additions and look-ups', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 420 }), { minLength: 50, maxLength: 50 }),
        (slots, addresses) => {
          const bus = new Bus();
          const regions = slots.map((slot) => device(`${slot}`, slot * 10, 1 + (slot % 10)));
          for (const region of regions) bus.add(region);
          for (const a of addresses) {
            const expected = regions.find((r) => a >= r.base && a < r.base + r.size) ?? null;
            expect(bus.find(a)).toBe(expected);
          }
          expect(bus.regions.map((r) => r.base)).toEqual(slots.map((s) => s * 10).sort((a, b) => a - b));
        },
      ),
    );
  });

  it('refuses overlaps, and ranges that are none', () => {
    const bus = new Bus();
    bus.add(device('uart', 0x0900_0000, 0x1000));
    bus.add({ kind: 'memory', name: 'ram', base: 0x4000_0000, size: 0x2000_0000, offset: 0, writable: true });
    expect(() => bus.add(device('a', 0x0900_0fff, 1))).toThrow(
      new RangeError('a: 0x9000fff..0x9001000 overlaps uart at 0x9000000..0x9001000'),
    );
    expect(() => bus.add(device('b', 0x08ff_ffff, 2))).toThrow(/overlaps uart/);
    expect(() => bus.add(device('c', 0, 2 ** 40))).toThrow(/overlaps uart/);
    expect(() => bus.add(device('d', 0x5fff_ffff, 2))).toThrow(/overlaps ram/);
    expect(() => bus.add(device('e', 0x6000_0000, 0))).toThrow(/no range of physical addresses/);
    expect(() => bus.add(device('f', 2 ** 52 - 1, 2))).toThrow(/no range/);
    expect(() => bus.add(device('g', -1, 2))).toThrow(/no range/);
    bus.add(device('h', 0x0900_1000, 1));
    bus.add(device('i', 2 ** 52 - 1, 1));
    expect(bus.regions.length).toBe(4);
  });

  it('passes offsets to devices, and aborts where no device has the whole access', () => {
    const bus = new Bus();
    const uart = device('uart', 0x0900_0000, 0x1000);
    bus.add(uart);
    bus.add({ kind: 'memory', name: 'rom', base: 0, size: 0x1000, offset: 0, writable: false });
    expect(bus.readDevice(0x0900_0ff8, 8)).toBe(0xff8n);
    expect(bus.writeDevice(0x0900_0018, 2, 7n)).toBe(true);
    expect(uart.device.log).toEqual(['r8 4088', 'w2 24 7']);
    expect(bus.readDevice(0x0900_0ffc, 8)).toBeNull();
    expect(bus.writeDevice(0x0900_0fff, 2, 0n)).toBe(false);
    expect(bus.readDevice(0, 4)).toBeNull();
    expect(bus.writeDevice(0x0a00_0000, 4, 0n)).toBe(false);
    expect(uart.device.log.length).toBe(2);
  });
});
