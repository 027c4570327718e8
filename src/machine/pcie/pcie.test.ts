/** The host bridge from the CPU's side: enumeration, BARs, MSI-X, interrupt lines. */
import { describe, expect, it } from 'vitest';
import { Bus } from '../bus.js';
import { SPI, VIRT } from '../virt.js';
import { HostBridge, PciFunction, type PciState } from './index.js';

const IDS = { vendor: 0x1234, device: 0x5678, revision: 9, classCode: 0x01_0802, subsystemVendor: 1, subsystem: 2 };
const [SLOT, BAR_ADDRESS, MSIX_ADDRESS] = [3, 0x1100_0000, 0x1200_0000];
const CONFIG = VIRT.pcieEcam.base + (SLOT << 15);
const MSIX_CONTROL = 0x42;

function make(state?: PciState) {
  const bus = new Bus();
  const lines: [number, boolean][] = [];
  const messages: [bigint, number][] = [];
  const stored = new Map<number, bigint>();
  const bridge = new HostBridge(bus, { interrupt: (intid, level) => lines.push([intid, level]) });
  const device = {
    read: (offset: number) => stored.get(offset) ?? 0n,
    write: (offset: number, _size: number, value: bigint) => stored.set(offset, value),
  };
  const options = {
    ids: IDS,
    regions: [{ bar: 2, size: 0x4000, wide: true, device }],
    msix: { bar: 0, vectors: 3 },
    pin: true,
  };
  const connections = {
    interrupt: (level: boolean) => bridge.setPin(SLOT, level),
    msi: (address: bigint, data: number) => messages.push([address, data]),
  };
  const f = new PciFunction(options, connections, state);
  bridge.add(SLOT, f);
  const read = (address: number, size: 1 | 2 | 4 | 8 = 4) => bus.readDevice(address, size);
  const write = (address: number, value: number, size: 1 | 2 | 4 | 8 = 4) =>
    bus.writeDevice(address, size, BigInt(value));
  return { bus, f, lines, messages, stored, read, write };
}

/** With both BARs placed, memory and bus mastering on. */
function placed() {
  const made = make();
  made.write(CONFIG + 0x10, MSIX_ADDRESS);
  made.write(CONFIG + 0x18, BAR_ADDRESS);
  made.write(CONFIG + 0x1c, 0);
  made.write(CONFIG + 4, 6, 2);
  return made;
}

describe('configuration space', () => {
  it('has the header, in any width', () => {
    const { read } = make();
    expect(read(CONFIG)).toBe(0x5678_1234n);
    expect(read(CONFIG + 2, 2)).toBe(0x5678n);
    expect(read(CONFIG + 8)).toBe(0x0108_0209n);
    expect(read(CONFIG + 0xb, 1)).toBe(1n);
    expect(read(CONFIG, 8)).toBe(0x0010_0000_5678_1234n);
    expect(read(CONFIG + 0x3d, 1)).toBe(1n);
    expect(read(CONFIG + 0x100)).toBe(0n);
  });

  it('is all ones where there is no function, and writes there are lost', () => {
    const { read, write } = make();
    for (const address of [
      CONFIG + 0x1000,
      CONFIG + 0x8000,
      VIRT.pcieEcam.base + (1 << 20),
      VIRT.pcieEcam.base + 0xff_f000,
    ]) {
      write(address, 0);
      expect(read(address)).toBe(0xffff_ffffn);
      expect(read(address, 2)).toBe(0xffffn);
    }
  });

  it('has the host bridge at 0.0', () => {
    expect(make().read(VIRT.pcieEcam.base)).toBe(0x0008_1b36n);
  });

  it('lets only what is writable be written', () => {
    const { read, write } = make();
    for (let at = 0; at < 0x100; at += 4) write(CONFIG + at, 0xffff_ffff);
    expect(read(CONFIG)).toBe(0x5678_1234n);
    expect(read(CONFIG + 4)).toBe(0x0010_0406n);
    expect(read(CONFIG + 0x3c)).toBe(0x0000_01ffn);
    expect(read(CONFIG + 0x34)).toBe(0x40n);
    // MSI-X: three vectors, enable and mask writable.
    expect(read(CONFIG + 0x40)).toBe(0xc002_0011n);
  });

  it('tells the size of a BAR', () => {
    const { read, write } = make();
    for (const bar of [0, 1, 2, 3, 4]) write(CONFIG + 0x10 + 4 * bar, 0xffff_ffff);
    expect([0, 1, 2, 3, 4].map((bar) => read(CONFIG + 0x10 + 4 * bar))).toEqual([
      0xffff_f000n,
      0n,
      0xffff_c004n,
      0xffff_ffffn,
      0n,
    ]);
  });
});

describe('memory', () => {
  it('is the device where a BAR maps it and the command register allows it', () => {
    const { stored, read, write } = placed();
    write(BAR_ADDRESS + 0x10, 77);
    expect(stored.get(0x10)).toBe(77n);
    expect(read(BAR_ADDRESS + 0x10)).toBe(77n);
    expect(read(BAR_ADDRESS + 0x4000)).toBe(0xffff_ffffn);
    write(CONFIG + 4, 4, 2);
    expect(read(BAR_ADDRESS + 0x10)).toBe(0xffff_ffffn);
  });

  it('moves with the BAR; above 4 GiB it is out of the window', () => {
    const { stored, read, write } = placed();
    stored.set(0, 5n);
    write(CONFIG + 0x18, BAR_ADDRESS + 0x4000);
    expect(read(BAR_ADDRESS)).toBe(0xffff_ffffn);
    expect(read(BAR_ADDRESS + 0x4000)).toBe(5n);
    write(CONFIG + 0x1c, 1);
    expect(read(BAR_ADDRESS + 0x4000)).toBe(0xffff_ffffn);
  });

  it('that nobody answers, and I/O ports, read as ones', () => {
    const { read, write } = placed();
    expect(read(VIRT.pcieMemory.base, 8)).toBe(0xffff_ffff_ffff_ffffn);
    expect(read(VIRT.pciePorts.base + 0x60, 1)).toBe(0xffn);
    expect(write(VIRT.pciePorts.base, 1)).toBe(true);
  });
});

describe('MSI-X', () => {
  /** Vector 1 set up, unmasked; the function enabled. */
  function ready() {
    const made = placed();
    made.write(MSIX_ADDRESS + 16, 0x0809_0040);
    made.write(MSIX_ADDRESS + 24, 42);
    made.write(MSIX_ADDRESS + 28, 0);
    made.write(CONFIG + MSIX_CONTROL, 0x8000, 2);
    return made;
  }
  const pending = (made: ReturnType<typeof make>) => made.read(MSIX_ADDRESS + 0x800);

  it('sends the message of its vector', () => {
    const made = ready();
    made.f.msix!.fire(1);
    made.f.msix!.fire(1);
    expect(made.messages).toEqual([
      [0x0809_0040n, 42],
      [0x0809_0040n, 42],
    ]);
    expect(pending(made)).toBe(0n);
  });

  it("holds it back, once, behind the vector's mask", () => {
    const made = ready();
    made.write(MSIX_ADDRESS + 28, 1);
    made.f.msix!.fire(1);
    made.f.msix!.fire(1);
    expect(made.messages).toEqual([]);
    expect(pending(made)).toBe(2n);
    made.write(MSIX_ADDRESS + 24, 43);
    made.write(MSIX_ADDRESS + 28, 0);
    expect(made.messages).toEqual([[0x0809_0040n, 43]]);
    expect(pending(made)).toBe(0n);
  });

  it("holds it back behind the function's mask", () => {
    const made = ready();
    made.write(CONFIG + MSIX_CONTROL, 0xc000, 2);
    made.f.msix!.fire(1);
    expect([made.messages.length, pending(made)]).toEqual([0, 2n]);
    made.write(CONFIG + MSIX_CONTROL, 0x8000, 2);
    expect([made.messages.length, pending(made)]).toEqual([1, 0n]);
  });

  it('knows no other vectors, and does nothing while it is off or may not master the bus', () => {
    const made = ready();
    made.f.msix!.fire(3);
    made.f.msix!.fire(0xffff);
    made.write(CONFIG + 4, 2, 2);
    made.f.msix!.fire(1);
    made.write(CONFIG + MSIX_CONTROL, 0, 2);
    made.f.msix!.fire(1);
    expect([made.messages.length, pending(made)]).toEqual([0, 0n]);
  });

  it('has a table of as many entries, read back as written', () => {
    const { read, write } = ready();
    write(MSIX_ADDRESS + 20, 7);
    expect(read(MSIX_ADDRESS + 16, 8)).toBe(0x7_0809_0040n);
    expect(read(MSIX_ADDRESS + 12)).toBe(1n);
    write(MSIX_ADDRESS + 48, 5);
    expect(read(MSIX_ADDRESS + 48)).toBe(0n);
  });
});

describe('INTA', () => {
  it('is the line of its slot, held back by MSI-X and the command register, and shown in the status', () => {
    const made = placed();
    const line = SPI.pcie + (SLOT % 4);
    const status = () => Number(made.read(CONFIG + 6, 2)! & 8n);
    made.f.setInterrupt(true);
    expect([made.lines.splice(0), status()]).toEqual([[[line, true]], 8]);
    made.write(CONFIG + 4, 0x406, 2);
    expect([made.lines.splice(0), status()]).toEqual([[[line, false]], 8]);
    made.write(CONFIG + 4, 6, 2);
    made.write(CONFIG + MSIX_CONTROL, 0x8000, 2);
    expect([made.lines.splice(0), status()]).toEqual([
      [
        [line, true],
        [line, false],
      ],
      0,
    ]);
    made.write(CONFIG + MSIX_CONTROL, 0, 2);
    made.f.setInterrupt(false);
    expect(made.lines).toEqual([
      [line, true],
      [line, false],
    ]);
  });

  it('is high while one of the slots that share it asks', () => {
    const bus = new Bus();
    const lines: [number, boolean][] = [];
    const bridge = new HostBridge(bus, { interrupt: (intid, level) => lines.push([intid, level]) });
    bridge.setPin(1, true);
    bridge.setPin(5, true);
    bridge.setPin(1, false);
    bridge.setPin(5, false);
    expect(lines).toEqual([
      [36, true],
      [36, false],
    ]);
  });
});

it('is the same behind a save', () => {
  const made = placed();
  made.write(MSIX_ADDRESS + 24, 42);
  made.write(CONFIG + MSIX_CONTROL, 0xc000, 2);
  made.write(CONFIG + 0x3c, 5, 1);
  made.f.msix!.fire(2);
  const state = made.f.save();
  expect(state.msix!.map((v) => v.pending)).toEqual([false, false, true]);
  const again = make(state);
  expect(again.f.save()).toEqual(state);
  expect(again.read(MSIX_ADDRESS + 24)).toBe(42n);
  expect(again.read(CONFIG + 0x3c, 1)).toBe(5n);
});
