import { describe, expect, test } from 'vitest';
import { GicCpuInterface } from './cpu-interface.js';
import type { IccRegister } from './registers.js';
import { trapBits } from './registers.js';

const PENDING = 1n << 62n;
const HW = 1n << 61n;
const GROUP1 = 1n << 60n;
const EOI = 1n << 41n;

function lr(state: bigint, intid: number, priority: number): bigint {
  return state | (BigInt(priority) << 48n) | BigInt(intid);
}

/** Both groups on, nothing masked, ICH_HCR_EL2.En. */
function open(listRegisters = 4): GicCpuInterface {
  const it = new GicCpuInterface(undefined, { listRegisters });
  it.writeIch('ICH_HCR_EL2', 1n);
  it.writeIcc('ICC_PMR_EL1', 0xffn);
  it.writeIcc('ICC_IGRPEN0_EL1', 1n);
  it.writeIcc('ICC_IGRPEN1_EL1', 1n);
  return it;
}

describe('virtual CPU interface', () => {
  test('group 0 is signalled as FIQ, group 1 as IRQ, and only while En', () => {
    const it = open();
    it.writeLr(0, lr(PENDING, 40, 0x80));
    expect([it.virq, it.vfiq]).toEqual([false, true]);
    it.writeLr(0, lr(PENDING | GROUP1, 40, 0x80));
    expect([it.virq, it.vfiq]).toEqual([true, false]);
    it.writeIch('ICH_HCR_EL2', 0n);
    expect([it.virq, it.vfiq]).toEqual([false, false]);
    expect(it.readIcc('ICC_IAR1_EL1')).toBe(1023n);
  });

  test('of equal priorities the lowest list register wins', () => {
    const it = open();
    it.writeLr(2, lr(PENDING | GROUP1, 33, 0x80));
    it.writeLr(1, lr(PENDING | GROUP1, 50, 0x80));
    expect(it.readIcc('ICC_IAR1_EL1')).toBe(50n);
  });

  test('a special INTID is returned and goes from pending to invalid without an active priority', () => {
    const it = open();
    it.writeLr(0, lr(PENDING | GROUP1, 1021, 0x80));
    expect(it.readIcc('ICC_IAR1_EL1')).toBe(1021n);
    expect(it.lrState(0)).toBe(0);
    expect(it.readIcc('ICC_RPR_EL1')).toBe(0xffn);
  });

  test('an EOI of an LPI that is in no list register is not counted', () => {
    const it = open();
    it.writeIch('ICH_AP1R0_EL2', 0b110n);
    it.writeIcc('ICC_EOIR1_EL1', 8192n);
    expect(it.eoiCount).toBe(0);
    it.writeIcc('ICC_EOIR1_EL1', 8191n);
    expect(it.eoiCount).toBe(1);
  });

  test('with HW, deactivation asks for no maintenance interrupt and leaves the register empty', () => {
    const it = open();
    it.writeLr(0, lr(PENDING | GROUP1 | HW, 27, 0x80) | (27n << 32n));
    it.writeLr(1, lr(PENDING | GROUP1 | EOI, 28, 0x90));
    for (const intid of [27n, 28n]) {
      expect(it.readIcc('ICC_IAR1_EL1')).toBe(intid);
      it.writeIcc('ICC_EOIR1_EL1', intid);
    }
    expect(it.readIch('ICH_ELRSR_EL2')).toBe(0b1101n);
    expect(it.readIch('ICH_EISR_EL2')).toBe(0b0010n);
    expect(it.maintenance).toBe(true);
  });

  test('ICH_VTR_EL2 tells the number of list registers, 5 priority and preemption bits, A3V, nV4 and TDS', () => {
    expect(open(16).readIch('ICH_VTR_EL2')).toBe(0x9038_000fn);
    expect(open(1).readIch('ICH_VTR_EL2')).toBe(0x9038_0000n);
  });

  test('each trap bit traps its registers and no others', () => {
    const names = [
      'IAR0',
      'EOIR0',
      'HPPIR0',
      'BPR0',
      'IGRPEN0',
      'AP0R0',
      'IAR1',
      'EOIR1',
      'HPPIR1',
      'BPR1',
      'IGRPEN1',
      'AP1R0',
    ];
    const common = ['CTLR', 'PMR', 'RPR', 'DIR', 'SRE'];
    const all = [...names, ...common].map((name) => `ICC_${name}_EL1` as IccRegister);
    const it = open();
    const trapped = (bit: number) => {
      it.writeIch('ICH_HCR_EL2', 1n | (1n << BigInt(bit)));
      return all.filter((register) => it.traps(register)).map((register) => register.slice(4, -4));
    };
    expect(trapped(10)).toEqual(['CTLR', 'PMR', 'RPR', 'DIR']);
    expect(trapped(11)).toEqual(names.slice(0, 6));
    expect(trapped(12)).toEqual(names.slice(6));
    expect(trapped(13)).toEqual([]);
    expect(trapped(14)).toEqual(['DIR']);
    expect(trapBits('ICC_SRE_EL1')).toBe(0);
  });

  test('ICC_SRE_EL1 is RAO/WI', () => {
    const it = open();
    it.writeIcc('ICC_SRE_EL1', 0n);
    expect(it.readIcc('ICC_SRE_EL1')).toBe(7n);
  });

  test('accesses that are UNDEFINED are errors', () => {
    const it = open();
    expect(() => it.readIcc('ICC_EOIR1_EL1')).toThrow('ICC_EOIR1_EL1: write-only');
    expect(() => it.writeIcc('ICC_IAR1_EL1', 0n)).toThrow('ICC_IAR1_EL1: read-only');
    expect(() => it.writeIch('ICH_MISR_EL2', 0n)).toThrow('ICH_MISR_EL2: read-only');
  });

  test('the saved state is complete, and of that many list registers only', () => {
    const it = open(2);
    it.writeLr(0, lr(PENDING | GROUP1, 40, 0x40));
    it.writeLr(1, lr(PENDING, 41, 0x20));
    it.readIcc('ICC_IAR0_EL1');
    it.writeIcc('ICC_EOIR0_EL1', 99n);
    it.writeIcc('ICC_CTLR_EL1', 3n);
    it.writeIcc('ICC_BPR0_EL1', 5n);
    const copy = new GicCpuInterface(structuredClone(it.save()));
    expect(copy.save()).toEqual(it.save());
    expect([copy.virq, copy.vfiq, copy.maintenance, copy.changed]).toEqual([it.virq, it.vfiq, it.maintenance, true]);
    expect(() => new GicCpuInterface(it.save(), { listRegisters: 4 })).toThrow('state of 2 list registers');
    expect(() => new GicCpuInterface(undefined, { listRegisters: 17 })).toThrow('listRegisters 17: a GIC has 1 to 16');
  });
});
