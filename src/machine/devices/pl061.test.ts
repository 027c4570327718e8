import { describe, expect, it } from 'vitest';
import { Pl061, POWER_KEY_LINE } from './pl061.js';

const [DIR, IS, IBE, IEV, IE, RIS, MIS, IC, AFSEL] = [
  0x400, 0x404, 0x408, 0x40c, 0x410, 0x414, 0x418, 0x41c, 0x420,
] as const;
const ALL = 0x3fc;

function gpio() {
  const levels: boolean[] = [];
  const connections = { interrupt: (l: boolean) => levels.push(l) };
  return { device: Pl061.create(connections), connections, levels };
}

const read = (device: Pl061, offset: number) => Number(device.read(offset, 4));
const write = (device: Pl061, offset: number, value: number) => device.write(offset, 4, BigInt(value));

describe('PL061', () => {
  it('has the reset values and identification of DDI 0190', () => {
    const { device } = gpio();
    for (const offset of [ALL, DIR, IS, IBE, IEV, IE, RIS, MIS, AFSEL]) expect(read(device, offset)).toBe(0);
    const id = Array.from({ length: 8 }, (_, i) => read(device, 0xfe0 + 4 * i));
    expect((id[0]! | (id[1]! << 8) | (id[2]! << 16)) & 0xfffff).toBe(0x41061);
    expect(id.slice(4)).toEqual([0x0d, 0xf0, 0x05, 0xb1]);
  });

  it('reports the power key as Linux sets it up: both edges', () => {
    const { device, levels } = gpio();
    write(device, IBE, 8);
    write(device, IE, 8);
    device.setInput(POWER_KEY_LINE, true);
    expect(levels).toEqual([true]);
    expect([read(device, RIS), read(device, MIS), read(device, ALL)]).toEqual([8, 8, 8]);
    write(device, IC, 8);
    expect(levels).toEqual([true, false]);
    device.setInput(POWER_KEY_LINE, true);
    expect(device.line).toBe(false);
    device.setInput(POWER_KEY_LINE, false);
    expect(device.line).toBe(true);
  });

  it.each([
    // IEV, level at which the edge counts
    [0, false],
    [1, true],
  ])('counts one edge with IEV %i', (iev, level) => {
    const { device } = gpio();
    write(device, IEV, iev);
    device.setInput(0, true);
    expect(read(device, RIS)).toBe(level ? 1 : 0);
    device.setInput(0, false);
    expect(read(device, RIS)).toBe(1);
  });

  it('counts no edge on an output', () => {
    const { device } = gpio();
    write(device, DIR, 1);
    write(device, IBE, 3);
    device.setInput(0, true);
    device.setInput(1, true);
    expect(read(device, RIS)).toBe(2);
    expect(read(device, ALL)).toBe(2);
  });

  it('follows levels, and clears them only with the input', () => {
    const { device, levels } = gpio();
    write(device, IEV, 4);
    write(device, IS, 4);
    write(device, IE, 4);
    device.setInput(2, true);
    write(device, IC, 4);
    expect(device.line).toBe(true);
    device.setInput(2, false);
    expect(levels).toEqual([true, false]);
  });

  it('masks data by address, and drives outputs only', () => {
    const { device } = gpio();
    write(device, DIR, 0xf0);
    write(device, ALL, 0xff);
    expect(read(device, ALL)).toBe(0xf0);
    write(device, 0x10 << 2, 0);
    expect(read(device, ALL)).toBe(0xe0);
    expect(read(device, 0x60 << 2)).toBe(0x60);
    device.setInput(0, true);
    expect(read(device, 0x03 << 2)).toBe(1);
  });

  it('goes on from its saved state', () => {
    const { device, connections, levels } = gpio();
    write(device, IBE, 8);
    write(device, IE, 8);
    device.setInput(3, true);
    const copy = Pl061.fromState(connections, JSON.parse(JSON.stringify(device.save())));
    expect(levels).toEqual([true, true]);
    expect(copy.save()).toEqual(device.save());
    write(copy, IC, 8);
    expect([device.line, copy.line]).toEqual([true, false]);
  });
});
