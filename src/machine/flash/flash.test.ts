import { expect, test } from 'vitest';
import type { AccessSize } from '../bus.js';
import { checkFlash, Flash, type FlashState, MAX_BUFFERED, resetFlashState } from './flash.js';
import { BANK_BYTES, BLOCK_BYTES } from './query.js';

/** A bank whose cells hold zeros, or what `bytes` says. */
class Bank {
  readonly bytes: Uint8Array;
  readonly presented: boolean[] = [];
  flash: Flash;

  constructor(bytes = new Uint8Array(3 * BLOCK_BYTES)) {
    this.bytes = bytes;
    this.flash = this.attach();
  }

  attach(state?: FlashState): Flash {
    const write = (offset: number, change: Uint8Array): void => this.bytes.set(change, offset);
    const present = (array: boolean): void => void this.presented.push(array);
    this.flash = new Flash({ bytes: this.bytes, write, present }, state);
    return this.flash;
  }

  read(offset: number, size: AccessSize = 4): number {
    return Number(this.flash.read(offset, size));
  }

  write(...writes: [offset: number, value: number, size?: AccessSize][]): void {
    for (const [offset, value, size = 4] of writes) this.flash.write(offset, size, BigInt(value));
  }
}

const READY = 0x0080_0080;
const both = (value: number): number => ((value << 16) | value) >>> 0;

test('is memory until a command comes, and again behind one that reads the array', () => {
  const bank = new Bank();
  bank.bytes.set([1, 2, 3, 4, 5, 6, 7, 8], 64);
  expect(bank.read(64)).toBe(0x0403_0201);
  bank.write([0, both(0x70)]);
  expect(bank.read(64)).toBe(READY);
  bank.write([0, both(0x90)], [0, both(0xff)]);
  expect([bank.read(65, 1), bank.read(66, 2), bank.flash.read(64, 8)]).toEqual([2, 0x0403, 0x0807_0605_0403_0201n]);
  expect(bank.presented).toEqual([false, true]);
});

test('each chip says that it is of Intel, and what both make together', () => {
  const bank = new Bank();
  bank.write([0, both(0x90)]);
  expect([bank.read(0), bank.read(4)]).toEqual([both(0x89), both(0x18)]);
  bank.write([0x55 * 4, both(0x98)]);
  const word = (n: number): number => {
    const value = bank.read(n * 4);
    expect(value >>> 16).toBe(value & 0xffff);
    return value & 0xffff;
  };
  expect(String.fromCharCode(word(0x10), word(0x11), word(0x12))).toBe('QRY');
  expect(String.fromCharCode(word(0x31), word(0x32), word(0x33))).toBe('PRI');
  expect(word(0x13)).toBe(1);
  expect(2 * 2 ** word(0x27)).toBe(BANK_BYTES);
  expect([word(0x2c), (word(0x2d) | (word(0x2e) << 8)) + 1]).toEqual([1, BANK_BYTES / BLOCK_BYTES]);
  expect(2 * 256 * (word(0x2f) | (word(0x30) << 8))).toBe(BLOCK_BYTES);
  expect(2 * 2 ** word(0x2a)).toBe(4 * MAX_BUFFERED);
});

test('erases the block of the address, when it is confirmed', () => {
  const bank = new Bank();
  bank.write([BLOCK_BYTES + 8, both(0x20)]);
  expect(bank.bytes.includes(0xff)).toBe(false);
  bank.write([BLOCK_BYTES + 8, both(0xd0)]);
  expect(bank.read(0)).toBe(READY);
  expect(bank.bytes.indexOf(0xff)).toBe(BLOCK_BYTES);
  expect(bank.bytes.lastIndexOf(0xff)).toBe(2 * BLOCK_BYTES - 1);
  bank.write([0, both(0x20)], [0, both(0x70)]);
  expect(bank.read(0)).toBe(both(0xb0));
  expect(bank.bytes[0]).toBe(0);
  bank.write([0, both(0x50)], [0, both(0x70)]);
  expect(bank.read(0)).toBe(READY);
});

test('programming clears bits and sets none', () => {
  const bank = new Bank();
  bank.bytes.fill(0xff, 0, 64);
  bank.write([4, both(0x40)], [4, 0x1234_5678], [8, both(0x10)], [9, 0x0f, 1], [4, both(0x40)], [4, 0xffff_00ff]);
  expect(bank.read(4)).toBe(READY);
  expect([...bank.bytes.subarray(4, 12)]).toEqual([0x78, 0, 0x34, 0x12, 0xff, 0x0f, 0xff, 0xff]);
});

test('a buffered program is done when it is confirmed', () => {
  const bank = new Bank(new Uint8Array(BLOCK_BYTES * 2).fill(0xff));
  bank.write([64, both(0xe8)]);
  expect(bank.read(64)).toBe(READY);
  bank.write([64, both(2)], [64, 1], [68, 2], [72, 3]);
  expect(bank.bytes.every((byte) => byte === 0xff)).toBe(true);
  bank.write([64, both(0xd0)]);
  bank.write([0, both(0xff)]);
  expect([64, 68, 72, 76].map((at) => bank.read(at))).toEqual([1, 2, 3, 0xffff_ffff]);
});

test('a buffer takes no more than it has room for, of one block', () => {
  const bank = new Bank(new Uint8Array(BLOCK_BYTES * 2).fill(0xff));
  bank.write([0, both(0xe8)], [0, both(MAX_BUFFERED)]);
  expect(bank.read(0)).toBe(both(0xb0));
  bank.write([0, both(0x50)], [0, both(0xe8)], [0, both(1)], [0, 1], [BLOCK_BYTES, 2]);
  expect(bank.read(0)).toBe(both(0x90));
  expect(bank.flash.save().buffer).toEqual([]);
  expect(bank.bytes.every((byte) => byte === 0xff)).toBe(true);
});

test('goes on from its state in the middle of every sequence', () => {
  const sequence: [number, number][] = [
    ...[0x70, 0x98, 0x90, 0x20, 0xd0, 0x40, 0x1234, 0x60, 0xd0, 0xff].map((v): [number, number] => [0, both(v)]),
    ...[0xe8, 2, 0x11, 0x22, 0x33, 0xd0].map((v): [number, number] => [64, both(v)]),
  ];
  const [whole, cut] = [new Bank(), new Bank()];
  for (const write of sequence) {
    whole.write(write);
    cut.write(write);
    const state = cut.flash.save();
    expect(() => checkFlash(state)).not.toThrow();
    cut.attach(state);
    expect(cut.flash.save()).toEqual(whole.flash.save());
    expect(cut.read(64)).toBe(whole.read(64));
  }
  expect(Buffer.compare(cut.bytes, whole.bytes)).toBe(0);
});

test('a state that cannot be is refused', () => {
  const state = resetFlashState();
  const write = { offset: 0, size: 4, value: 0 } as const;
  for (const wrong of [
    { ...state, buffer: [write] },
    { ...state, left: 1 },
    { ...state, expects: 'word' as const },
    { ...state, mode: 'status' as const, expects: 'confirm' as const, buffer: [{ ...write, offset: BLOCK_BYTES }] },
  ]) {
    expect(() => checkFlash(wrong)).toThrow(RangeError);
  }
});
