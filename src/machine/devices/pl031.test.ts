import { describe, expect, it } from 'vitest';
import { Pl031 } from './pl031.js';

const SECOND = 10n ** 12n;
const [DR, MR, LR, CR, IMSC, RIS, MIS, ICR] = [0, 4, 8, 12, 16, 20, 24, 28] as const;

function clock(startEpoch = 1_700_000_000) {
  const levels: boolean[] = [];
  const host = { t: 0n };
  const connections = { now: () => host.t, startEpoch, interrupt: (l: boolean) => levels.push(l) };
  const device = Pl031.create(connections);
  return { device, connections, host, levels };
}

const read = (device: Pl031, offset: number) => Number(device.read(offset, 4));
const write = (device: Pl031, offset: number, value: number) => device.write(offset, 4, BigInt(value));

describe('PL031', () => {
  it('has the reset values and identification of DDI 0224', () => {
    const { device } = clock();
    expect([MR, LR, CR, IMSC, RIS, MIS].map((o) => read(device, o))).toEqual([0, 0, 1, 0, 0, 0]);
    const id = Array.from({ length: 8 }, (_, i) => read(device, 0xfe0 + 4 * i));
    expect((id[0]! | (id[1]! << 8) | (id[2]! << 16)) & 0xfffff).toBe(0x41031);
    expect(id.slice(4)).toEqual([0x0d, 0xf0, 0x05, 0xb1]);
    expect(device.nextDeadline()).toBeNull();
  });

  it('counts whole seconds of host time from the start epoch', () => {
    const { device, host } = clock();
    expect(read(device, DR)).toBe(1_700_000_000);
    host.t = SECOND - 1n;
    expect(read(device, DR)).toBe(1_700_000_000);
    host.t = SECOND;
    expect(read(device, DR)).toBe(1_700_000_001);
  });

  it('wraps at 32 bits', () => {
    const { device, host } = clock(2 ** 32 - 1);
    expect(read(device, DR)).toBe(0xffff_ffff);
    host.t = SECOND;
    expect(read(device, DR)).toBe(0);
  });

  it('is set by LR', () => {
    const { device, host } = clock();
    host.t = (5n * SECOND) / 2n;
    write(device, LR, 1000);
    expect([read(device, DR), read(device, LR)]).toEqual([1000, 1000]);
    host.t = 3n * SECOND;
    expect(read(device, DR)).toBe(1001);
  });

  it('interrupts at the second that matches, once', () => {
    const { device, host, levels } = clock();
    write(device, IMSC, 1);
    host.t = SECOND / 2n;
    write(device, MR, 1_700_000_003);
    expect(device.nextDeadline()).toBe(3n * SECOND);
    host.t = 3n * SECOND - 1n;
    device.update();
    expect(levels).toEqual([]);
    host.t = 3n * SECOND;
    device.update();
    expect(levels).toEqual([true]);
    expect([read(device, RIS), read(device, MIS)]).toEqual([1, 1]);
    write(device, ICR, 1);
    expect(levels).toEqual([true, false]);
    expect(device.nextDeadline()).toBeNull();
    device.update();
    expect(device.line).toBe(false);
  });

  it('matches at once where MR is now, and a lap later where it is past', () => {
    const { device } = clock();
    write(device, MR, 1_700_000_000);
    expect([read(device, RIS), read(device, MIS), device.line]).toEqual([1, 0, false]);
    write(device, ICR, 1);
    write(device, MR, 1_699_999_999);
    expect(read(device, RIS)).toBe(0);
    expect(device.nextDeadline()).toBe((2n ** 32n - 1n) * SECOND);
  });

  it('moves the match with LR', () => {
    const { device, host } = clock();
    write(device, MR, 1_700_000_010);
    write(device, LR, 1_700_000_008);
    expect(device.nextDeadline()).toBe(2n * SECOND);
    host.t = 2n * SECOND;
    expect(read(device, RIS)).toBe(1);
  });

  it('keeps UTC over a restore on a host whose time has another origin', () => {
    const { device, host } = clock();
    host.t = 10n * SECOND;
    write(device, LR, 500);
    write(device, MR, 560);
    write(device, IMSC, 1);
    const state = device.save();
    // Resumed 20 s later, on a host that has been up for 3 s.
    const levels: boolean[] = [];
    const there = { t: 3n * SECOND };
    const copy = Pl031.fromState(
      { now: () => there.t, startEpoch: 1_700_000_027, interrupt: (l) => levels.push(l) },
      structuredClone(state),
    );
    expect(read(copy, DR)).toBe(520);
    expect(copy.nextDeadline()).toBe(43n * SECOND);
    // Resumed after the match: it comes at once.
    Pl031.fromState({ now: () => 0n, startEpoch: 1_700_000_100, interrupt: (l) => levels.push(l) }, state);
    expect(levels).toEqual([true]);
  });
});
