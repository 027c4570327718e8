import { describe, expect, it } from 'vitest';
import { Pl011 } from './pl011.js';
import { CR, DR, FR, ICR, IMSC, LCR_H, MIS, RIS, RSR_ECR, RX_QUEUE_MAX } from './pl011-state.js';

function uart() {
  const sent: number[] = [];
  const levels: boolean[] = [];
  const connections = { transmit: (byte: number) => sent.push(byte), interrupt: (l: boolean) => levels.push(l) };
  const device = Pl011.create(connections);
  return { device, connections, sent, levels };
}

const text = (s: string) => new TextEncoder().encode(s);
const read = (device: Pl011, offset: number) => Number(device.read(offset, 4));
const write = (device: Pl011, offset: number, value: number) => device.write(offset, 4, BigInt(value));

describe('PL011', () => {
  it('has the reset values and identification of DDI 0183', () => {
    const { device } = uart();
    const values = [0x000, 0x004, 0x018, 0x020, 0x024, 0x028, 0x02c, 0x030, 0x034, 0x038, 0x03c, 0x040, 0x048];
    expect(values.map((o) => read(device, o))).toEqual([0, 0, 0x90, 0, 0, 0, 0, 0x300, 0x12, 0, 0, 0, 0]);
    const id = Array.from({ length: 8 }, (_, i) => read(device, 0xfe0 + 4 * i));
    expect(id.slice(4)).toEqual([0x0d, 0xf0, 0x05, 0xb1]);
    expect((id[0]! | (id[1]! << 8) | (id[2]! << 16)) & 0xfffff).toBe(0x41011);
  });

  it('sends every character at once, and has the transmit interrupt from then on', () => {
    const { device, sent, levels } = uart();
    device.write(DR, 1, 0x48n);
    write(device, DR, 0x369);
    expect(sent).toEqual([0x48, 0x69]);
    expect(read(device, FR)).toBe(0x90);
    expect([read(device, RIS), read(device, MIS)]).toEqual([0x20, 0]);
    expect(levels).toEqual([]);
    write(device, IMSC, 0x20);
    expect(levels).toEqual([true]);
    write(device, ICR, 0x20);
    expect(levels).toEqual([true, false]);
  });

  it('receives through one place without FIFOs and sixteen with them; nothing is lost', () => {
    const { device } = uart();
    device.receive(text('ab'));
    expect(read(device, FR)).toBe(0xc0);
    expect([read(device, DR), read(device, FR), read(device, DR), read(device, FR)]).toEqual([97, 0xc0, 98, 0x90]);
    expect(read(device, DR)).toBe(0);

    write(device, LCR_H, 0x70);
    device.receive(text('0123456789abcdef'.slice(0, 15)));
    expect(read(device, FR)).toBe(0x80);
    device.receive(text('fghi'));
    expect(read(device, FR)).toBe(0xc0);
    let got = '';
    while (!(read(device, FR) & 0x10)) got += String.fromCharCode(read(device, DR));
    expect(got).toBe('0123456789abcdefghi');
  });

  it('interrupts while there is something to read', () => {
    const { device, levels } = uart();
    write(device, LCR_H, 0x10);
    write(device, IMSC, 0x10);
    device.receive(text('ab'));
    expect(levels).toEqual([true]);
    read(device, DR);
    expect(levels).toEqual([true]);
    read(device, DR);
    expect(levels).toEqual([true, false]);
    device.receive(text('c'));
    write(device, ICR, 0x7ff);
    expect(levels).toEqual([true, false, true, false]);
    device.receive(text('d'));
    expect(device.line).toBe(true);
  });

  it('empties the FIFO when it is turned on or off', () => {
    const { device } = uart();
    device.receive(text('a'));
    write(device, LCR_H, 0x10);
    expect(read(device, FR)).toBe(0x90);
  });

  it('marks a break', () => {
    const { device } = uart();
    write(device, IMSC, 0x200);
    device.receiveBreak();
    expect(device.line).toBe(true);
    expect(read(device, DR)).toBe(0x400);
    expect(read(device, RSR_ECR)).toBe(4);
    write(device, RSR_ECR, 0);
    expect(read(device, RSR_ECR)).toBe(0);
  });

  it('loops back when asked to', () => {
    const { device, sent } = uart();
    write(device, CR, 0x3f80);
    write(device, DR, 0x5a);
    expect(sent).toEqual([]);
    expect(read(device, FR) & 0x107).toBe(0x107);
    expect(read(device, DR)).toBe(0x5a);
  });

  it('loses what is looped back and finds the FIFO full, and says so until it is told', () => {
    const { device } = uart();
    write(device, LCR_H, 0x10);
    write(device, CR, 0x380);
    for (let n = 0; n < 16; n++) write(device, DR, n);
    expect([read(device, RSR_ECR), read(device, RIS)]).toEqual([0, 0x30]);
    for (let n = 0; n < 1000; n++) write(device, DR, 0xff);
    expect(device.save().rxQueue).toEqual([]);
    expect([read(device, RSR_ECR), read(device, RIS)]).toEqual([8, 0x430]);
    expect([read(device, DR), read(device, RSR_ECR)]).toEqual([0, 8]);
    write(device, RSR_ECR, 0);
    write(device, ICR, 0x400);
    expect([read(device, RSR_ECR), read(device, RIS)]).toEqual([0, 0x30]);
  });

  it('has at most so much input wait outside', () => {
    const { device } = uart();
    device.receive(new Uint8Array(RX_QUEUE_MAX + 100));
    device.receiveBreak();
    expect(device.save().rxQueue).toHaveLength(RX_QUEUE_MAX);
    read(device, DR);
    device.receiveBreak();
    expect(device.save().rxQueue.at(-1)).toBe(0x400);
  });

  it('shows byte lanes to narrow accesses and two words to wide ones', () => {
    const { device } = uart();
    expect(device.read(0x031, 1)).toBe(0x03n);
    expect(device.read(0x030, 2)).toBe(0x300n);
    expect(device.read(0x030, 8)).toBe(0x12_0000_0300n);
    device.write(0x024, 8, 0x2a_0000_1234n);
    expect([read(device, 0x024), read(device, 0x028)]).toEqual([0x1234, 0x2a]);
  });

  it('goes on from its saved state', () => {
    const { device, connections, levels } = uart();
    write(device, LCR_H, 0x10);
    write(device, IMSC, 0x10);
    device.receive(text('0123456789abcdefXYZ'));
    const state = device.save();
    const copy = Pl011.fromState(connections, JSON.parse(JSON.stringify(state)));
    expect(levels).toEqual([true, true]);
    read(device, DR);
    expect(copy.save()).toEqual(state);
    let got = '';
    while (!(read(copy, FR) & 0x10)) got += String.fromCharCode(read(copy, DR));
    expect(got).toBe('0123456789abcdefXYZ');
  });
});
