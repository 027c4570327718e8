import { describe, expect, it } from 'vitest';
import { callKvm, type KvmServices } from './calls.js';

const PAIR = { utcNs: 0x17c5_0000_1234_5678n, virtual: 0x0123_4567_89ab_cdefn, physical: 0xfedc_ba98_7654_3210n };

function service(implementations: KvmServices['implementations'] = []) {
  const told: number[] = [];
  const kvm: KvmServices = { implementations, implementationTold: (i) => told.push(i), now: () => PAIR };
  return { told, call: (id: number, ...args: bigint[]) => callKvm(kvm, 0, id, args) };
}

const LIST = [
  { midr: 0x411f_d070n, revidr: 0n, aidr: 0n },
  { midr: 0x413f_d0c1n, revidr: 5n, aidr: 7n },
];

describe("KVM's calls", () => {
  it('names itself by its UID and says what there is', () => {
    const { call } = service();
    // 28b46fb6-2ec5-11e9-a9ca-4b564d003a74 as bytes, four a register.
    const bytes = call(0x8600_ff01)!.flatMap((word) => [0, 8, 16, 24].map((n) => Number((word >> BigInt(n)) & 255n)));
    expect(Buffer.from(bytes).toString('hex')).toBe('28b46fb62ec511e9a9ca4b564d003a74');
    expect(call(0x8600_0000)).toEqual([3n, 0n, 0n, 0n]);
    expect(service(LIST).call(0x8600_0000)).toEqual([3n, 0n, 3n, 0n]);
  });

  it.each([0x8600_0002, 0xc600_0002, 0x8600_0040, 0xc600_0001, 0xc600_0000, 0x8600_ff03, 0x8400_0000])(
    'has no 0x%x',
    (id) => expect(service(LIST).call(id)).toBeNull(),
  );

  it('pairs true time with either counter, in halves', () => {
    const { call } = service();
    expect(call(0x8600_0001, 0n)).toEqual([0x17c5_0000n, 0x1234_5678n, 0x0123_4567n, 0x89ab_cdefn]);
    expect(call(0x8600_0001, 1n)).toEqual([0x17c5_0000n, 0x1234_5678n, 0xfedc_ba98n, 0x7654_3210n]);
    // The argument is 32 bits wide.
    expect(call(0x8600_0001, 1n << 32n)![2]).toBe(0x0123_4567n);
    expect(call(0x8600_0001, 2n)).toEqual([-1n, 0n, 0n, 0n]);
  });

  it('tells of the implementations, and notes which', () => {
    const { call, told } = service(LIST);
    expect(call(0xc600_0040)).toEqual([0n, 0x1_0000n, 2n, 0n]);
    expect(call(0xc600_0041, 1n, 0n, 0n)).toEqual([0n, 0x413f_d0c1n, 5n, 7n]);
    expect(told).toEqual([1]);
    expect(call(0xc600_0041, 2n, 0n, 0n)).toEqual([-3n, 0n, 0n, 0n]);
    expect(call(0xc600_0041, 0n, 1n, 0n)).toEqual([-3n, 0n, 0n, 0n]);
    expect(call(0xc600_0041, 0n, 0n, 1n)).toEqual([-3n, 0n, 0n, 0n]);
    expect(call(0xc600_0041, 1n << 32n, 0n, 0n)).toEqual([-3n, 0n, 0n, 0n]);
    expect(told).toEqual([1]);
  });

  it('has no DISCOVER_IMPL where there is nothing to tell', () => {
    const { call } = service();
    expect(call(0xc600_0040)).toEqual([-1n, 0n, 0n, 0n]);
    expect(call(0xc600_0041, 0n, 0n, 0n)).toEqual([-1n, 0n, 0n, 0n]);
  });
});
