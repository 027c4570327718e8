/** Each ITS command, and what each refuses. */
import { describe, expect, test } from 'vitest';
import { GITS, PLACE, TestIts } from './test-its.js';

const LPI = 8192;

/** Device 3 has 32 events; event 1 is LPI + 7 of collection 0. */
function mapped(options = {}): TestIts {
  const its = new TestIts(options).start();
  its.configure(LPI + 7, 0xa0);
  its.mapd(3, PLACE.itt(0));
  its.mapti(3, 1, LPI + 7, 0);
  return its;
}

const counted = (its: TestIts): string[] => [...its.vgic.refusals.keys()];

describe('INT', () => {
  test('makes the LPI pending at the vCPU of its collection', () => {
    const its = mapped();
    its.int(3, 1);
    expect(its.pending(0, LPI + 7)).toBe(true);
    expect([its.vgic.hasPending(0), its.vgic.hasPending(1)]).toEqual([true, false]);
    expect(its.acknowledge(0)).toBe(LPI + 7);
    its.vgic.exit(0);
    expect(its.pending(0, LPI + 7)).toBe(false);
    expect(its.vgic.lpisPending).toBe(0);
    its.end(0, LPI + 7);
    expect(its.acknowledge(0)).toBe(1023);
    expect(counted(its)).toEqual([]);
  });

  test('twice before it is taken is once; while it is handled, once more', () => {
    const its = mapped();
    its.int(3, 1);
    its.int(3, 1);
    expect(its.acknowledge(0)).toBe(LPI + 7);
    its.int(3, 1);
    expect(its.acknowledge(0)).toBe(1023);
    its.end(0, LPI + 7);
    expect(its.take(0)).toEqual([LPI + 7]);
  });

  test('of what is not mapped does nothing, and is told once', () => {
    const its = mapped();
    its.int(4, 1);
    its.int(4, 1);
    its.int(3, 2);
    its.int(3, 32);
    its.int(0x1_0000, 1);
    expect(its.vgic.lpisPending).toBe(0);
    expect([...its.vgic.refusals]).toEqual([
      ['INT: its device is not mapped', 3],
      ['INT: its event is not mapped', 1],
      ["INT: the EventID is beyond its device's", 1],
    ]);
    expect(its.refused).toEqual(counted(its).map((what) => `ITS: ${what}`));
  });

  test('needs LPIs enabled, and INTIDs as wide, at the redistributor', () => {
    const its = mapped();
    its.gicr(0, 0, 4, 0n);
    its.int(3, 1);
    expect(its.vgic.lpisPending).toBe(0);
    its.gicr(0, 0x70, 8, BigInt(PLACE.properties) | 12n);
    its.gicr(0, 0, 4, 1n);
    its.int(3, 1);
    expect(its.vgic.lpisPending).toBe(0);
    expect(counted(its)).toEqual(['INT: the redistributor has LPIs disabled, or not this one']);
  });
});

test('an MSI does what INT does, while the ITS is enabled', () => {
  const its = mapped();
  its.vgic.msi(3, 1);
  expect(its.take(0)).toEqual([LPI + 7]);
  its.vgic.msi(3, 5);
  expect(counted(its)).toEqual(['MSI: its event is not mapped']);
  its.write(GITS.CTLR, 4, 0n);
  its.vgic.msi(3, 1);
  expect(its.take(0)).toEqual([]);
});

describe('CLEAR', () => {
  test('takes the pending state back, also out of a list register', () => {
    const its = mapped();
    its.int(3, 1);
    its.vgic.flush(0);
    expect(its.vgic.cpuInterfaces[0]!.lrState(0)).toBe(1);
    its.clear(3, 1);
    expect(its.pending(0, LPI + 7)).toBe(false);
    expect(its.take(0)).toEqual([]);
    its.int(3, 1);
    expect(its.take(0)).toEqual([LPI + 7]);
  });
});

describe('MAPD', () => {
  test('writes the entry of the version 0 layout, and unmaps', () => {
    const its = mapped();
    const entry = PLACE.devices + 3 * 8;
    expect(its.memory.read64(entry) & ~(0x3fffn << 49n)).toBe((1n << 63n) | (BigInt(PLACE.itt(0)) >> 3n) | 4n);
    its.mapd(3, null);
    expect(its.memory.read64(entry)).toBe(0n);
    its.int(3, 1);
    expect(its.vgic.lpisPending).toBe(0);
  });

  test('refuses DeviceIDs beyond the table, ITTs outside RAM, too many events', () => {
    const its = mapped();
    its.mapd(0x1_0000, PLACE.itt(1));
    its.mapd(0x2000, PLACE.itt(1));
    its.mapd(5, 0x1000_0000);
    its.mapd(5, PLACE.queue + 0x40_0000 - 0x100, 6);
    its.mapd(5, PLACE.itt(0), 17);
    expect([...its.vgic.refusals]).toEqual([
      ['MAPD: the device table has no place for the DeviceID', 2],
      ['MAPD: the ITT is too big, or not in RAM', 3],
    ]);
  });

  test('of an indirect table: only where the second level is', () => {
    const its = mapped({ indirect: true });
    expect(its.memory.read64(PLACE.level2 + 3 * 8) >> 63n).toBe(1n);
    its.int(3, 1);
    expect(its.take(0)).toEqual([LPI + 7]);
    its.mapd(0x1fff, PLACE.itt(1));
    its.mapd(0x2000, PLACE.itt(1));
    its.mapd(0xffff, PLACE.itt(1));
    expect(its.vgic.refusals.get('MAPD: the device table has no place for the DeviceID')).toBe(2);
    // The first level says where the second is: in RAM, or nowhere.
    its.memory.write64(PLACE.devices + 8, (1n << 63n) | 0x1000_0000n);
    its.mapd(0x2000, PLACE.itt(1));
    expect(its.vgic.refusals.get('MAPD: the device table has no place for the DeviceID')).toBe(3);
  });

  test('links entries: at most 256 ahead, 0 behind the last', () => {
    const its = mapped();
    const next = (id: number): number => Number((its.memory.read64(PLACE.devices + id * 8) >> 49n) & 0x3fffn);
    its.mapd(9, PLACE.itt(1));
    its.mapd(5, PLACE.itt(2));
    its.mapd(8191, PLACE.itt(3));
    expect([3, 5, 9, 8191].map(next)).toEqual([2, 4, 256, 0]);
    its.mapd(5, null);
    expect([3, 5, 9].map(next)).toEqual([6, 0, 256]);
  });
});

describe('MAPC', () => {
  test('keeps a list of collections without gaps', () => {
    const its = mapped();
    its.mapc(7, 1);
    const entries = () => [0, 1, 2, 3].map((n) => its.memory.read64(PLACE.collections + n * 8));
    const entry = (id: bigint, vcpu: bigint) => (1n << 63n) | (vcpu << 16n) | id;
    expect(entries()).toEqual([entry(0n, 0n), entry(1n, 1n), entry(7n, 1n), 0n]);
    its.mapc(0, null);
    expect(entries()).toEqual([entry(7n, 1n), entry(1n, 1n), 0n, 0n]);
    its.mapc(1, 0);
    expect(entries()).toEqual([entry(7n, 1n), entry(1n, 0n), 0n, 0n]);
  });

  test('refuses collection ids and redistributors that are not there', () => {
    const its = mapped();
    its.mapc(256, 0);
    its.mapc(5, 2);
    expect(counted(its)).toEqual([
      'MAPC: the collection table has no place for the ICID',
      'MAPC: there is no such redistributor',
    ]);
  });
});

describe('MAPTI and MAPI', () => {
  test('write the entry of the version 0 layout', () => {
    const its = mapped();
    expect(its.memory.read64(PLACE.itt(0) + 8)).toBe((BigInt(LPI + 7) << 16n) | 0n);
    its.mapd(4, PLACE.itt(1), 14);
    its.event(0x0b, 4, LPI + 3, 1);
    expect(its.memory.read64(PLACE.itt(1) + (LPI + 3) * 8) & 0xffff_ffff_ffffn).toBe((BigInt(LPI + 3) << 16n) | 1n);
  });

  test('refuse what is no LPI, an event beyond the device, a collection id beyond the table, a mapped event', () => {
    const its = mapped();
    its.mapti(3, 2, 8191, 0);
    its.mapti(3, 2, 0x1_0000, 0);
    its.mapti(3, 32, LPI, 0);
    its.mapti(3, 2, LPI, 256);
    its.mapti(3, 1, LPI, 0);
    its.mapti(9, 1, LPI, 0);
    expect([...its.vgic.refusals]).toEqual([
      ['MAPTI: the INTID is no LPI', 2],
      ["MAPTI: the EventID is beyond its device's", 1],
      ['MAPTI: the collection table has no place for the ICID', 1],
      ['MAPTI: its event is mapped already', 1],
      ['MAPTI: its device is not mapped', 1],
    ]);
    its.int(3, 1);
    expect(its.take(0)).toEqual([LPI + 7]);
  });
});

describe('MOVI and MOVALL', () => {
  test('MOVI moves an LPI that is pending, or pending in a list register, with its bit', () => {
    for (const loaded of [false, true]) {
      const its = mapped();
      its.int(3, 1);
      if (loaded) its.vgic.flush(0);
      its.movi(3, 1, 1);
      expect([its.pending(0, LPI + 7), its.pending(1, LPI + 7)]).toEqual([false, true]);
      expect(its.take(0)).toEqual([]);
      expect(its.take(1)).toEqual([LPI + 7]);
      its.int(3, 1);
      expect([its.take(0), its.take(1)]).toEqual([[], [LPI + 7]]);
    }
  });

  test('MOVI of one that has been taken moves the next only', () => {
    const its = mapped();
    its.int(3, 1);
    expect(its.acknowledge(0)).toBe(LPI + 7);
    its.movi(3, 1, 1);
    expect(its.take(1)).toEqual([]);
    its.int(3, 1);
    expect(its.take(1)).toEqual([LPI + 7]);
    its.end(0, LPI + 7);
    expect(its.take(0)).toEqual([]);
  });

  test('MOVI needs both collections mapped', () => {
    const its = mapped();
    its.movi(3, 1, 5);
    its.mapc(0, null);
    its.movi(3, 1, 1);
    expect(its.vgic.refusals.get('MOVI: its collection is not mapped')).toBe(2);
  });

  test('MOVALL moves all that are pending, and mappings not', () => {
    const its = mapped();
    for (let n = 0; n < 8; n++) {
      its.configure(LPI + 100 + n, 0xa0);
      its.mapti(3, 10 + n, LPI + 100 + n, 0);
      its.int(3, 10 + n);
    }
    its.vgic.flush(0);
    its.command(0x0en, 0n, 0n << 16n, 1n << 16n);
    expect(its.take(0)).toEqual([]);
    expect(its.take(1)).toEqual([...Array(8).keys()].map((n) => LPI + 100 + n));
    its.int(3, 10);
    expect(its.take(0)).toEqual([LPI + 100]);
    its.command(0x0en, 0n, 0n << 16n, 2n << 16n);
    expect(counted(its)).toEqual(['MOVALL: there is no such redistributor']);
  });
});

describe('INV and INVALL', () => {
  test('what is pending goes by its configuration as last read', () => {
    for (const all of [false, true]) {
      const its = mapped();
      its.configure(LPI + 7, 0xa0, false);
      its.int(3, 1);
      expect(its.take(0)).toEqual([]);
      its.configure(LPI + 7, 0xa0);
      expect(its.take(0)).toEqual([]);
      if (all) its.event(0x0d, 0, 0, 0);
      else its.inv(3, 1);
      expect(its.vgic.priority(0, LPI + 7)).toBe(0xa0);
      its.vgic.flush(0);
      its.configure(LPI + 7, 0x40);
      if (all) its.event(0x0d, 0, 0, 0);
      else its.inv(3, 1);
      expect(its.vgic.priority(0, LPI + 7)).toBe(0x40);
      expect(its.take(0)).toEqual([LPI + 7]);
    }
  });

  test('INVALL needs its collection', () => {
    const its = mapped();
    its.event(0x0d, 0, 0, 9);
    expect(counted(its)).toEqual(['INVALL: its collection is not mapped']);
  });
});

describe('DISCARD', () => {
  test('takes mapping and pending state away', () => {
    const its = mapped();
    its.int(3, 1);
    its.vgic.flush(0);
    its.discard(3, 1);
    expect(its.memory.read64(PLACE.itt(0) + 8)).toBe(0n);
    expect(its.pending(0, LPI + 7)).toBe(false);
    expect(its.take(0)).toEqual([]);
    its.int(3, 1);
    its.discard(3, 1);
    expect(counted(its)).toEqual(['INT: its event is not mapped', 'DISCARD: its event is not mapped']);
  });

  test('of an event whose collection is not mapped is an error, and the mapping stays (case I5)', () => {
    const its = mapped();
    its.mapti(3, 4, LPI + 20, 6);
    its.discard(3, 4);
    expect(counted(its)).toEqual(['DISCARD: its collection is not mapped']);
    its.configure(LPI + 20, 0xa0);
    its.mapc(6, 1);
    its.int(3, 4);
    expect(its.take(1)).toEqual([LPI + 20]);
  });

  test('and MAPTI of its number before the EOI: the old cycle ends, the new one is delivered once (case I9)', () => {
    for (const collection of [0, 1]) {
      for (const taken of [false, true]) {
        const its = mapped();
        its.int(3, 1);
        its.vgic.flush(0);
        if (taken) expect(its.acknowledge(0)).toBe(LPI + 7);
        its.discard(3, 1);
        its.mapti(3, 2, LPI + 7, collection);
        its.int(3, 2);
        expect(its.vgic.lpisPending).toBe(1);
        if (taken) its.end(0, LPI + 7);
        const all = [...its.take(0).map((n) => [0, n]), ...its.take(1).map((n) => [1, n])];
        expect(all).toEqual([[collection, LPI + 7]]);
        expect(its.vgic.lpisPending).toBe(0);
      }
    }
  });
});

test('more LPIs than list registers: the last that is taken asks for the next', () => {
  for (const listRegisters of [1, 2, 4]) {
    const its = mapped({ listRegisters });
    for (let n = 0; n < 12; n++) {
      its.configure(LPI + 100 + n, 0x80 + 8 * (n & 3));
      its.mapti(3, 10 + n, LPI + 100 + n, 0);
      its.int(3, 10 + n);
    }
    its.vgic.flush(0);
    const taken: number[] = [];
    for (;;) {
      // No flush but where the hardware asks for an exit.
      const intid = Number(its.vgic.readIcc(0, 'ICC_IAR1_EL1'));
      if (intid === 1023) break;
      taken.push(intid);
      its.end(0, intid);
      if (its.vgic.cpuInterfaces[0]!.maintenance) its.vgic.flush(0);
    }
    expect(taken).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11].map((n) => LPI + 100 + n));
  }
});

test('SYNC does nothing; a command that does not exist is refused', () => {
  const its = mapped();
  its.command(0x05n);
  expect(counted(its)).toEqual([]);
  its.command(0x2dn);
  its.command(0n);
  expect([...its.vgic.refusals]).toEqual([['a command that this ITS does not have', 2]]);
});
