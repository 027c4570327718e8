import { expect, test } from 'vitest';
import { RAM_BASE, TestRam } from '../virtio/test-driver.js';
import { FwCfg, type FwCfgState } from './fw-cfg.js';

function device(state?: FwCfgState, ram = new TestRam()) {
  const seen = { attended: 0 };
  const attend = (): void => void seen.attended++;
  return { fwCfg: new FwCfg(3, { ram, now: () => 7n, attend }, state), ram, seen };
}

/** The number whose little-endian bytes are the big-endian ones of a value. */
const swapped = (value: bigint, bytes: number): bigint =>
  Array.from({ length: bytes }, (_, i) => ((value >> BigInt(8 * i)) & 0xffn) << BigInt(8 * (bytes - 1 - i))).reduce(
    (sum, part) => sum | part,
    0n,
  );

const select = (fwCfg: FwCfg, item: number): void => fwCfg.write(8, 2, swapped(BigInt(item), 2));
const text = (value: bigint, bytes: number): string =>
  String.fromCharCode(...Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)));

test('gives the selected item byte by byte, and zeros behind it', () => {
  const { fwCfg } = device();
  expect(text(fwCfg.read(0, 4), 4)).toBe('QEMU');
  expect(fwCfg.read(0, 4)).toBe(0n);
  select(fwCfg, 0);
  expect(text(fwCfg.read(0, 1), 1)).toBe('Q');
  expect(text(fwCfg.read(0, 2), 2)).toBe('EM');
  select(fwCfg, 1);
  expect(fwCfg.read(0, 8)).toBe(3n);
  select(fwCfg, 5);
  expect(fwCfg.read(0, 2)).toBe(3n);
  select(fwCfg, 0x4242);
  expect(fwCfg.read(0, 8)).toBe(0n);
  expect(text(fwCfg.read(16, 8), 8)).toBe('QEMU CFG');
});

function request(ram: TestRam, control: number, length: number, address: number): void {
  ram.view.setUint32(0x100, control);
  ram.view.setUint32(0x104, length);
  ram.view.setBigUint64(0x108, BigInt(address));
}

test('DMA is served between slices, and goes on from a saved state', () => {
  const { fwCfg, ram, seen } = device();
  ram.bytes.fill(0xaa, 0x200, 0x210);
  request(ram, 0x0000_000a, 6, RAM_BASE + 0x200);
  fwCfg.write(16, 4, 0n);
  fwCfg.write(20, 4, swapped(BigInt(RAM_BASE + 0x100), 4));
  expect([seen.attended, fwCfg.nextDeadline(), ram.view.getUint32(0x100)]).toEqual([1, 7n, 0xa]);
  const again = device(fwCfg.save(), ram);
  again.fwCfg.fireDue();
  expect(ram.view.getUint32(0x100)).toBe(0);
  expect([...ram.bytes.subarray(0x200, 0x208)]).toEqual([...new TextEncoder().encode('QEMU'), 0, 0, 0xaa, 0xaa]);
  expect(ram.writes).toEqual([
    [RAM_BASE + 0x200, 6],
    [RAM_BASE + 0x100, 4],
  ]);
  expect(again.fwCfg.nextDeadline()).toBeNull();
});

test('skips, and refuses what is not RAM and what is written', () => {
  const { fwCfg, ram } = device();
  const serve = (control: number, length: number, address: number): number => {
    request(ram, control, length, address);
    fwCfg.write(16, 8, swapped(BigInt(RAM_BASE + 0x100), 8));
    fwCfg.fireDue();
    return ram.view.getUint32(0x100);
  };
  expect(serve(0x0000_000c, 2, 0)).toBe(0);
  expect(text(fwCfg.read(0, 2), 2)).toBe('MU');
  expect(serve(0x0000_000a, 4, 0x1000)).toBe(1);
  expect(serve(0x0000_000a, 0xffff_ffff, RAM_BASE)).toBe(1);
  expect(serve(0x0000_0018, 4, RAM_BASE)).toBe(1);
  fwCfg.write(16, 8, (1n << 64n) - 1n);
  fwCfg.fireDue();
  expect(fwCfg.nextDeadline()).toBeNull();
});
