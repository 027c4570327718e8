/** ITS and LPI registers, the command queue, save and restore. */
import { describe, expect, test } from 'vitest';
import { Vgic } from '../index.js';
import { COMMANDS_AT_ONCE } from './its.js';
import { GITS, PLACE, TestIts, TestMemory } from './test-its.js';

const LPI = 8192;
const VALID = 1n << 63n;

describe('identification', () => {
  test('the registers say what there is', () => {
    const its = new TestIts();
    expect(its.read(GITS.TYPER, 8)).toBe(0x17_0001_ef71n);
    expect(its.read(GITS.TYPER + 4, 4)).toBe(0x17n);
    expect(its.read(GITS.IIDR, 4)).toBe(0x4300_043bn);
    expect(its.read(0xffe8, 4)).toBe(0x3bn);
    expect(its.read(GITS.BASER0, 8)).toBe(0x0107_0000_0000_0200n);
    expect(its.read(GITS.BASER1, 8)).toBe(0x0407_0000_0000_0200n);
    for (let n = 2; n < 8; n++) expect(its.read(GITS.BASER0 + n * 8, 8)).toBe(0n);
    expect(its.read(GITS.CTLR, 4)).toBe(0x8000_0000n);
    // GICD_TYPER.LPIS, GICR_TYPER.PLPIS and not DirectLPI, GICR_CTLR.CES and not IR.
    expect(its.vgic.mmioRead('dist', 4, 4, 0)! & (1n << 17n)).toBe(1n << 17n);
    expect(its.vgic.mmioRead('redist', 8, 8, 0)! & 9n).toBe(1n);
    expect(its.vgic.mmioRead('redist', 0, 4, 0)).toBe(2n);
  });

  test('without an ITS its frames abort', () => {
    const vgic = new Vgic({
      vcpus: 1,
      mpidr: [0n],
      spis: 32,
      listRegisters: 4,
      host: { kick: () => {}, resident: () => true },
    });
    expect(vgic.mmioRead('its', 0, 4, 0)).toBeNull();
    expect(vgic.mmioWrite('its', 0, 4, 1n, 0)).toBe(false);
    vgic.msi(0, 0);
    expect([vgic.lpisPending, vgic.hasCommands]).toEqual([0, false]);
  });

  test('an access beyond the frames aborts; GITS_TRANSLATER is for devices to write', () => {
    const its = new TestIts().start();
    expect(its.vgic.mmioRead('its', 0x2_0000, 4, 0)).toBeNull();
    expect(its.vgic.mmioWrite('its', GITS.TRANSLATER, 4, 1n, 0)).toBe(true);
    expect(its.read(GITS.TRANSLATER, 4)).toBe(0n);
    expect(its.vgic.lpisPending).toBe(0);
  });
});

describe('bases', () => {
  test('keep what can be written, in halves too, and stay while the ITS is enabled', () => {
    const its = new TestIts();
    its.write(GITS.BASER0, 8, 0xffff_ffff_ffff_ffffn);
    expect(its.read(GITS.BASER0, 8)).toBe(0xf9e7_ffff_ffff_feffn);
    its.write(GITS.BASER0, 4, 0n);
    expect(its.read(GITS.BASER0, 8)).toBe(0xf9e7_ffff_0000_0200n);
    its.write(GITS.BASER1, 8, 0xffff_ffff_ffff_ffffn);
    expect(its.read(GITS.BASER1, 8)).toBe(0xbce7_ffff_ffff_feffn);
    its.write(GITS.CBASER, 8, 0xffff_ffff_ffff_ffffn);
    expect(its.read(GITS.CBASER, 8)).toBe(0xb8ef_ffff_ffff_fcffn);
    its.write(GITS.CTLR, 4, 1n);
    for (const offset of [GITS.BASER0, GITS.BASER1, GITS.CBASER]) its.write(offset, 8, 0n);
    expect(its.read(GITS.CBASER, 8)).toBe(0xb8ef_ffff_ffff_fcffn);
    expect(its.read(GITS.BASER1, 8)).toBe(0xbce7_ffff_ffff_feffn);
  });

  test('of the redistributor stay while LPIs are enabled; PTZ reads as zero', () => {
    const its = new TestIts();
    its.gicr(1, 0x70, 8, 0xffff_ffff_ffff_ffffn);
    its.gicr(1, 0x78, 8, 0xffff_ffff_ffff_ffffn);
    const read = () => [0x70, 0x78].map((at) => its.vgic.mmioRead('redist', 0x2_0000 + at, 8, 0));
    expect(read()).toEqual([0x070f_ffff_ffff_ff9fn, 0x070f_ffff_ffff_0f80n]);
    its.gicr(1, 0, 4, 1n);
    its.gicr(1, 0x70, 8, 0n);
    its.gicr(1, 0x78, 8, 0n);
    expect(read()).toEqual([0x070f_ffff_ffff_ff9fn, 0x070f_ffff_ffff_0f80n]);
    expect(its.vgic.mmioRead('redist', 0x70, 8, 0)).toBe(0n);
  });
});

describe('EnableLPIs', () => {
  test('reads the pending table, unless PTZ says it is all zeros; cleared, the state goes back there', () => {
    const its = new TestIts().start();
    its.gicr(0, 0, 4, 0n);
    for (const lpi of [LPI, LPI + 31, LPI + 32, 0xffff]) {
      its.configure(lpi, 0xa0);
      its.memory.write8(
        PLACE.pending(0) + (lpi >> 3),
        its.memory.read8(PLACE.pending(0) + (lpi >> 3)) | (1 << (lpi & 7)),
      );
    }
    its.gicr(0, 0x78, 8, BigInt(PLACE.pending(0)) | (1n << 62n));
    its.gicr(0, 0, 4, 1n);
    expect(its.vgic.lpisPending).toBe(0);
    its.gicr(0, 0, 4, 0n);
    its.gicr(0, 0x78, 8, BigInt(PLACE.pending(0)));
    its.gicr(0, 0, 4, 1n);
    expect(its.vgic.lpisPending).toBe(4);
    expect(its.acknowledge(0)).toBe(LPI);
    its.gicr(0, 0, 4, 0n);
    its.end(0, LPI);
    expect(its.take(0)).toEqual([]);
    expect([LPI, LPI + 31, LPI + 32, 0xffff].map((lpi) => its.pending(0, lpi))).toEqual([false, true, true, true]);
    its.gicr(0, 0, 4, 1n);
    expect(its.take(0)).toEqual([LPI + 31, LPI + 32, 0xffff]);
  });
});

describe('command queue', () => {
  test('wraps', () => {
    const its = new TestIts().start();
    its.configure(LPI, 0xa0);
    its.mapd(0, PLACE.itt(0));
    its.mapti(0, 0, LPI, 0);
    for (let n = 0; n < 300; n++) {
      its.int(0, 0);
      expect(its.take(0)).toEqual([LPI]);
    }
    expect(its.read(GITS.CREADR, 8)).toBe(its.read(GITS.CWRITER, 8));
    expect(its.read(GITS.CREADR, 8)).toBe(BigInt((304 * 32) % 0x1000));
  });

  test('runs so many commands an access, the rest when told', () => {
    const its = new TestIts({ vcpus: 1 }).start();
    const before = its.read(GITS.CREADR, 8);
    for (let n = 0; n < 2.5 * COMMANDS_AT_ONCE; n++) its.queue(0x05n);
    its.ring();
    const done = () => Number(its.read(GITS.CREADR, 8) - before) / 32;
    expect(done()).toBe(COMMANDS_AT_ONCE);
    expect(its.vgic.hasCommands).toBe(true);
    its.vgic.runCommands();
    expect(done()).toBe(2 * COMMANDS_AT_ONCE);
    its.vgic.runCommands();
    expect(done()).toBe(2.5 * COMMANDS_AT_ONCE);
    expect(its.vgic.hasCommands).toBe(false);
  });

  test('a queue outside RAM stalls, and goes on when told to retry', () => {
    const its = new TestIts();
    its.write(GITS.CBASER, 8, VALID | BigInt(TestMemory.BASE + 0x40_0000 - 0x1000) | 1n);
    its.write(GITS.CTLR, 4, 1n);
    for (let at = 0x20; at <= 0x1000; at += 0x400) its.write(GITS.CWRITER, 8, BigInt(at));
    its.write(GITS.CWRITER, 8, 0x1020n);
    for (let n = 0; n < 4; n++) its.vgic.runCommands();
    expect(its.read(GITS.CREADR, 8)).toBe(0x1001n);
    expect(its.refused.at(-1)).toBe('ITS: the command queue is not in RAM');
    its.write(GITS.CWRITER, 8, 0x1040n);
    expect(its.read(GITS.CREADR, 8)).toBe(0x1001n);
    its.write(GITS.CWRITER, 8, 0x1000n | 1n);
    expect(its.read(GITS.CREADR, 8)).toBe(0x1000n);
    expect(its.vgic.hasCommands).toBe(false);
  });

  test('an offset beyond the queue is ignored; CBASER starts it anew', () => {
    const its = new TestIts().start();
    const at = its.read(GITS.CWRITER, 8);
    its.write(GITS.CWRITER, 8, 0x1000n);
    expect(its.read(GITS.CWRITER, 8)).toBe(at);
    its.write(GITS.CTLR, 4, 0n);
    expect(its.read(GITS.CTLR, 4)).toBe(0x8000_0000n);
    its.write(GITS.CBASER, 8, VALID | BigInt(PLACE.queue));
    expect([GITS.CWRITER, GITS.CREADR].map((offset) => its.read(offset, 8))).toEqual([0n, 0n]);
  });

  test('waits while the ITS is disabled', () => {
    const its = new TestIts();
    its.write(GITS.CBASER, 8, VALID | BigInt(PLACE.queue));
    its.write(GITS.CWRITER, 8, 0x40n);
    expect(its.read(GITS.CREADR, 8)).toBe(0n);
    its.write(GITS.CTLR, 4, 1n);
    expect(its.read(GITS.CREADR, 8)).toBe(0x40n);
    expect(its.read(GITS.CTLR, 4)).toBe(1n);
  });
});

describe('save and restore', () => {
  function busy(): TestIts {
    const its = new TestIts().start();
    its.mapd(3, PLACE.itt(0));
    for (let n = 0; n < 6; n++) {
      its.configure(LPI + n, 0x80 + n * 8);
      its.mapti(3, n, LPI + n, n & 1);
      its.int(3, n);
    }
    its.vgic.flush(0);
    return its;
  }

  test('pending LPIs come back from the pending tables', () => {
    const its = busy();
    expect(its.vgic.save().lpis!.differences).toEqual([]);
    its.restore();
    expect(its.vgic.lpisPending).toBe(6);
    expect([its.take(0), its.take(1)]).toEqual([
      [LPI, LPI + 2, LPI + 4],
      [LPI + 1, LPI + 3, LPI + 5],
    ]);
    its.int(3, 2);
    expect(its.take(0)).toEqual([LPI + 2]);
  });

  test('one that was taken is not there any more; one that is handled can be ended', () => {
    const its = busy();
    expect(its.acknowledge(0)).toBe(LPI);
    its.restore();
    expect(its.acknowledge(0)).toBe(1023);
    its.end(0, LPI);
    expect(its.take(0)).toEqual([LPI + 2, LPI + 4]);
  });

  test('does not change what it saves, and is the same before memory is there', () => {
    const its = busy();
    const state = its.vgic.save();
    const memory = its.memory.bytes.buffer.slice(0);
    its.restore();
    expect(its.vgic.save()).toEqual(state);
    expect(
      Buffer.compare(Buffer.from(its.memory.bytes.buffer as ArrayBuffer), Buffer.from(memory as ArrayBuffer)),
    ).toBe(0);
  });

  test('what the guest changed in its tables without saying so does not change the run', () => {
    const its = busy();
    its.configure(LPI, 0xf0, false);
    its.memory.write8(PLACE.pending(0) + (LPI >> 3), 0b1000_0100);
    const { differences } = its.vgic.save().lpis!;
    expect(differences).toEqual([
      { vcpu: 0, intid: LPI, config: 0x81 },
      { vcpu: 0, intid: LPI + 4, config: 0xa1 },
      { vcpu: 0, intid: LPI + 7, config: -1 },
    ]);
    its.restore();
    expect(its.vgic.save().lpis!.differences).toEqual(differences);
    expect(its.take(0)).toEqual([LPI, LPI + 2, LPI + 4]);
  });

  test('a state of an ITS is for a vGIC with one, and must be one that an ITS can have', () => {
    const its = busy();
    const options = {
      vcpus: 2,
      mpidr: [0n, 1n],
      spis: 32,
      listRegisters: 4,
      host: { kick: () => {}, resident: () => true },
    };
    const state = its.vgic.save();
    expect(() => new Vgic(options, state)).toThrow('vGIC state: it has an ITS: this vGIC has none');
    const { lpis: _none, ...without } = state;
    expect(() => new Vgic({ ...options, lpis: its.memory }, without)).toThrow('it has no ITS');
    const spoil = (its: object) => ({ ...state, lpis: { ...state.lpis!, its: { ...state.lpis!.its, ...its } } });
    for (const wrong of [{ cwriter: 0x1000 }, { creadr: 1 }, { cbaser: 1n << 62n }, { deviceBaser: 1n << 56n }]) {
      expect(() => new Vgic({ ...options, lpis: its.memory }, spoil(wrong))).toThrow('registers that it cannot have');
    }
    const differing = { ...state, lpis: { ...state.lpis!, differences: [{ vcpu: 2, intid: LPI, config: 1 }] } };
    expect(() => new Vgic({ ...options, lpis: its.memory }, differing)).toThrow('LPI 8192 of vCPU 2');
  });
});
