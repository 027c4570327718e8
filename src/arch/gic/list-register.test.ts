import { describe, expect, test } from 'vitest';
import { packListRegister, unpackListRegister } from './list-register.js';

describe('ICH_LR<n>_EL2', () => {
  test('fields are where 12.4.6 puts them', () => {
    const fields = { state: 3, intid: 0x1234, priority: 0xa8, group: 1, hw: true, pintid: 0x1abc, eoi: false } as const;
    expect(packListRegister(fields)).toBe(0xf0a8_1abc_0000_1234n);
    expect(unpackListRegister(0xf0a8_1abc_0000_1234n)).toEqual(fields);
  });

  test('bit 41 is EOI only where HW is not set', () => {
    expect(unpackListRegister(0x4000_0200_0000_0020n)).toMatchObject({ eoi: true, hw: false, pintid: 0 });
    expect(unpackListRegister(0x6000_0200_0000_0020n)).toMatchObject({ eoi: false, hw: true, pintid: 0x200 });
  });

  test('RES0 bits, low priority bits and vINTID[31:16] read as zero', () => {
    expect(packListRegister(unpackListRegister(0xffff_ffff_ffff_ffffn))).toBe(0xf0f8_1fff_0000_ffffn);
    expect(packListRegister(unpackListRegister(0xdfff_ffff_ffff_ffffn))).toBe(0xd0f8_0200_0000_ffffn);
  });
});
