/** The PCI transport: where the capabilities say that registers are, and what is there. */
import { describe, expect, it } from 'vitest';
import { NO_VECTOR, STATUS } from './constants.js';
import { VirtioPci } from './pci.js';
import { Rng, resetRngState } from './rng.js';
import { TestDriver } from './test-driver.js';

const BASE = 0x1000_0000;

function make() {
  const lines: boolean[] = [];
  const messages: [bigint, number][] = [];
  const driver = new TestDriver(new Rng(resetRngState(1)));
  const connections = {
    interrupt: (level: boolean) => lines.push(level),
    msi: (address: bigint, data: number) => messages.push([address, data]),
  };
  const pci = new VirtioPci(driver.device, connections);
  pci.writeConfig(0x20, 4, BASE);
  pci.writeConfig(0x14, 4, BASE + 0x1_0000);
  pci.writeConfig(4, 2, 6);
  const at = (offset: number, size: 1 | 2 | 4 | 8) => pci.find(BASE + offset, size)!;
  const read = (offset: number, size: 1 | 2 | 4 | 8) => at(offset, size).device.read(offset, size);
  const write = (offset: number, size: 1 | 2 | 4 | 8, value: bigint) =>
    at(offset, size).device.write(offset, size, value);
  return { driver, pci, lines, messages, read, write };
}

/** Vendor capabilities by cfg_type: offset in configuration space, BAR, offset and length in it. */
function capabilities(pci: VirtioPci) {
  const found = new Map<number, { at: number; bar: number; offset: number; length: number }>();
  for (let at = pci.readConfig(0x34, 1); at; at = pci.readConfig(at + 1, 1)) {
    if (pci.readConfig(at, 1) !== 9) continue;
    found.set(pci.readConfig(at + 3, 1), {
      at,
      bar: pci.readConfig(at + 4, 1),
      offset: pci.readConfig(at + 8, 4),
      length: pci.readConfig(at + 12, 4),
    });
  }
  return found;
}

it('names its parts', () => {
  const { pci } = make();
  expect(pci.readConfig(0, 4)).toBe(0x1044_1af4);
  const found = capabilities(pci);
  expect([...found].map(([type, { bar, offset }]) => [type, bar, offset])).toEqual([
    [1, 4, 0],
    [3, 4, 0x1000],
    [4, 4, 0x2000],
    [2, 4, 0x3000],
    [5, 0, 0],
  ]);
  expect(pci.readConfig(found.get(2)!.at + 16, 4)).toBe(4);
});

describe('the common configuration', () => {
  it('has features, status and the selected queue', () => {
    const { read, write } = make();
    write(0, 4, 1n);
    expect(read(4, 4)).toBe(1n);
    expect(read(0x12, 2)).toBe(1n);
    expect(read(0x18, 2)).toBe(64n);
    write(0x18, 2, 63n);
    expect(read(0x18, 2)).toBe(64n);
    write(0x18, 2, 16n);
    expect(read(0x18, 2)).toBe(16n);
    write(0x20, 8, 0x1_2345_6780n);
    expect([read(0x20, 4), read(0x24, 4), read(0x20, 8)]).toEqual([0x2345_6780n, 1n, 0x1_2345_6780n]);
    write(0x16, 2, 1n);
    expect([read(0x18, 2), read(0x1a, 2), read(0x20, 8)]).toEqual([0n, BigInt(NO_VECTOR), 0n]);
    write(0x14, 1, 3n);
    expect(read(0x14, 1)).toBe(3n);
    // Other widths are no access to a field.
    expect(read(0x14, 4)).toBe(0n);
  });

  it('takes vectors that there are, and none else', () => {
    const { read, write } = make();
    write(0x1a, 2, 1n);
    write(0x10, 2, 0n);
    expect([read(0x1a, 2), read(0x10, 2)]).toEqual([1n, 0n]);
    write(0x1a, 2, 2n);
    write(0x10, 2, 0x1_0001n & 0xffffn);
    expect([read(0x1a, 2), read(0x10, 2)]).toEqual([BigInt(NO_VECTOR), 1n]);
  });
});

describe('an interrupt', () => {
  it('without MSI-X is INTA until the ISR is read', () => {
    const { driver, lines, read, write } = make();
    driver.begin();
    driver.lay(driver.queues[0]!.descriptors, 0, [16]);
    driver.offer(0, 0);
    write(0x3000, 2, 0n);
    driver.run();
    expect(driver.interrupts).toEqual([[1, NO_VECTOR]]);
    expect(lines).toEqual([]);
    expect(read(0x1000, 1)).toBe(0n);
  });

  it('goes by the ISR or by its vector', () => {
    const { pci, lines, messages, read } = make();
    pci.raise(1, NO_VECTOR);
    pci.raise(2, NO_VECTOR);
    expect(lines).toEqual([true]);
    expect(read(0x1000, 1)).toBe(3n);
    expect(lines).toEqual([true, false]);
    expect(read(0x1000, 1)).toBe(0n);
    const table = pci.find(BASE + 0x1_0000, 4)!.device;
    table.write(16, 8, 0x0809_0040n);
    table.write(24, 4, 9n);
    table.write(28, 4, 0n);
    const msix = pci.readConfig(0x34, 1);
    pci.writeConfig(msix + 2, 2, 0x8000);
    pci.raise(1, 1);
    pci.raise(1, NO_VECTOR);
    expect(messages).toEqual([[0x0809_0040n, 9]]);
    expect(lines).toEqual([true, false]);
  });
});

it('can be reached through the window in configuration space', () => {
  const { pci, read } = make();
  const { at } = capabilities(pci).get(5)!;
  const through = (offset: number, length: number, value?: number) => {
    pci.writeConfig(at + 4, 1, 4);
    pci.writeConfig(at + 8, 4, offset);
    pci.writeConfig(at + 12, 4, length);
    if (value !== undefined) pci.writeConfig(at + 16, 4, value);
    return pci.readConfig(at + 16, 4);
  };
  expect(through(0x14, 1, STATUS.acknowledge)).toBe(1);
  expect(read(0x14, 1)).toBe(1n);
  expect(through(0x12, 2)).toBe(1);
  for (const [offset, length] of [
    [0x13, 2],
    [0x4000, 4],
    [0xffff_fffc, 4],
    [0, 3],
    [0, 0],
  ] as const) {
    expect(through(offset, length)).toBe(0);
  }
  pci.writeConfig(at + 4, 1, 3);
  expect(pci.readConfig(at + 16, 4)).toBe(0);
});

it('is the same behind a save', () => {
  const { driver, pci } = make();
  pci.writeConfig(capabilities(pci).get(5)!.at + 8, 4, 0x1234);
  const again = new VirtioPci(driver.device, { interrupt: () => {}, msi: () => {} }, pci.save());
  expect(again.save()).toEqual(pci.save());
  expect(pci.save().window.offset).toBe(0x1234);
});
