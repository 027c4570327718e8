/** Identification registers, derived from the profile: they say what works, and no more (Arm ARM D17.2.49 ff.). */
import type { Feature } from '../../a64/pattern.js';
import type { Profile } from '../../profiles.js';
import { SCTLR } from '../regime.js';
import { BREAKPOINTS, low, SLOT, WATCHPOINTS } from '../slots.js';
import { constant, type Encoding, register, type SystemRegister } from './definition.js';

/** ID_AA64MMFR0_EL1.PARange by physical address bits. */
const PA_RANGE: Readonly<Record<number, bigint>> = { 32: 0n, 36: 1n, 40: 2n, 42: 3n, 44: 4n, 48: 5n };
const CONTEXT_BREAKPOINTS = 2;

interface Caches {
  readonly ctr: bigint;
  readonly clidr: bigint;
  /** CCSIDR_EL1 by CSSELR_EL1: L1 data, L1 instruction, L2. */
  readonly ccsidr: readonly [bigint, bigint, bigint];
}

/** From the cores' TRMs; CTR_EL0.IDC is set where the core may be built so, as nothing need be cleaned here. */
const CACHES: Readonly<Record<string, Caches>> = {
  'cortex-a57': {
    ctr: 0x8444_c004n,
    clidr: 0x0a20_0023n,
    ccsidr: [0x701f_e00an, 0x201f_e012n, 0x70ff_e07an],
  },
  'neoverse-n1': {
    ctr: 0x9444_c004n,
    clidr: 0x0200_0023n,
    ccsidr: [0x701f_e01an, 0x201f_e01an, 0x70ff_e03an],
  },
};

type FieldValue = readonly [shift: number, value: number | bigint];
const fields = (...list: FieldValue[]): bigint =>
  list.reduce((sum, [shift, value]) => sum | (BigInt(value) << BigInt(shift)), 0n);

/** Values of the registers that are not zero. */
export function idValues(profile: Profile): Readonly<Record<string, bigint>> {
  const has = (f: Feature): number => (profile.features.has(f) ? 1 : 0);
  const v8_1 = has('lse');
  const v8_2 = has('uao');
  const fp = has('fp16');
  return {
    // AArch64 only at EL0 and EL1; as a KVM guest sees it, no EL2 and EL3; GICv3 system registers. CSV2 and CSV3 from
    // v8.2 on, as there is no speculation.
    ID_AA64PFR0_EL1: fields([0, 1], [4, 1], [16, fp], [20, fp], [24, 1], [28, has('ras')], [56, v8_2], [60, v8_2]),
    ID_AA64DFR0_EL1: fields(
      [0, v8_2 ? 8 : 6],
      [8, 1],
      [12, BREAKPOINTS - 1],
      [20, WATCHPOINTS - 1],
      [28, CONTEXT_BREAKPOINTS - 1],
    ),
    ID_AA64ISAR0_EL1: fields(
      [4, has('crypto') * 2],
      [8, has('crypto')],
      [12, has('crypto')],
      [16, has('crc32')],
      [20, has('lse') * 2],
      [28, has('rdm')],
      [44, has('dotprod')],
    ),
    ID_AA64ISAR1_EL1: fields([0, has('dpb')], [20, has('rcpc')]),
    // 16-bit ASIDs; 4 KiB and 64 KiB granules (0), 16 KiB from v8.1 on. Little-endian only.
    ID_AA64MMFR0_EL1: fields([0, PA_RANGE[profile.physicalBits]!], [4, 2], [20, v8_1]),
    ID_AA64MMFR1_EL1: fields([0, profile.hafdbs], [12, v8_1], [20, has('pan') * 2]),
    ID_AA64MMFR2_EL1: fields([0, v8_2], [4, has('uao')]),
  };
}

/** ID registers by CRm and op2 in op0 3, op1 0, CRn 0; what has no name here reads as zero too (D17.1.2). */
const NAMED: Readonly<Record<string, string>> = {
  '1.0': 'ID_PFR0_EL1',
  '1.1': 'ID_PFR1_EL1',
  '1.2': 'ID_DFR0_EL1',
  '1.3': 'ID_AFR0_EL1',
  '1.4': 'ID_MMFR0_EL1',
  '1.5': 'ID_MMFR1_EL1',
  '1.6': 'ID_MMFR2_EL1',
  '1.7': 'ID_MMFR3_EL1',
  '2.0': 'ID_ISAR0_EL1',
  '2.1': 'ID_ISAR1_EL1',
  '2.2': 'ID_ISAR2_EL1',
  '2.3': 'ID_ISAR3_EL1',
  '2.4': 'ID_ISAR4_EL1',
  '2.5': 'ID_ISAR5_EL1',
  '2.6': 'ID_MMFR4_EL1',
  '2.7': 'ID_ISAR6_EL1',
  '3.0': 'MVFR0_EL1',
  '3.1': 'MVFR1_EL1',
  '3.2': 'MVFR2_EL1',
  '3.4': 'ID_PFR2_EL1',
  '3.5': 'ID_DFR1_EL1',
  '3.6': 'ID_MMFR5_EL1',
  '4.0': 'ID_AA64PFR0_EL1',
  '4.1': 'ID_AA64PFR1_EL1',
  '4.4': 'ID_AA64ZFR0_EL1',
  '5.0': 'ID_AA64DFR0_EL1',
  '5.1': 'ID_AA64DFR1_EL1',
  '5.4': 'ID_AA64AFR0_EL1',
  '5.5': 'ID_AA64AFR1_EL1',
  '6.0': 'ID_AA64ISAR0_EL1',
  '6.1': 'ID_AA64ISAR1_EL1',
  '6.2': 'ID_AA64ISAR2_EL1',
  '7.0': 'ID_AA64MMFR0_EL1',
  '7.1': 'ID_AA64MMFR1_EL1',
  '7.2': 'ID_AA64MMFR2_EL1',
};

const DCZID_64_BYTES = 4n;
const DCZID_PROHIBITED = 16n;

export function identificationRegisters(profile: Profile): SystemRegister[] {
  const values = idValues(profile);
  const caches = CACHES[profile.name]!;
  const ids: SystemRegister[] = [];
  for (let crm = 1; crm <= 7; crm++) {
    for (let op2 = 0; op2 <= 7; op2++) {
      const encoding: Encoding = [3, 0, 0, crm, op2];
      const name = NAMED[`${crm}.${op2}`] ?? `S3_0_C0_C${crm}_${op2}`;
      ids.push(constant(name, encoding, values[name] ?? 0n));
    }
  }
  return [
    ...ids,
    constant('MIDR_EL1', [3, 0, 0, 0, 0], profile.midr),
    register('MPIDR_EL1', [3, 0, 0, 0, 5], { only: 'read', read: (cpu) => cpu.sys(SLOT.VMPIDR_EL2) }),
    constant('REVIDR_EL1', [3, 0, 0, 0, 6], 0n),
    register('CCSIDR_EL1', [3, 1, 0, 0, 0], {
      only: 'read',
      read: (cpu) => caches.ccsidr[low(cpu, SLOT.CSSELR_EL1)] ?? 0n,
    }),
    constant('CLIDR_EL1', [3, 1, 0, 0, 1], caches.clidr),
    constant('AIDR_EL1', [3, 1, 0, 0, 7], 0n),
    register('CSSELR_EL1', [3, 2, 0, 0, 0], { slot: SLOT.CSSELR_EL1, mask: 15n }),
    constant('CTR_EL0', [3, 3, 0, 0, 1], caches.ctr, {
      readEl: 0,
      writeEl: 3,
      el0: (cpu) => (low(cpu, SLOT.SCTLR_EL1) & SCTLR.UCT) !== 0,
    }),
    register('DCZID_EL0', [3, 3, 0, 0, 7], {
      readEl: 0,
      writeEl: 3,
      read: (cpu) =>
        cpu.el === 0 && !(low(cpu, SLOT.SCTLR_EL1) & SCTLR.DZE) ? DCZID_64_BYTES | DCZID_PROHIBITED : DCZID_64_BYTES,
    }),
    ...errorRecords,
  ];
}

/** RAS with no error records (ERRIDR_EL1.NUM 0): ERX* read as zero and ignore writes. */
const errorRecords: SystemRegister[] = [
  constant('ERRIDR_EL1', [3, 0, 5, 3, 0], 0n, { feature: 'ras' }),
  ...(
    [
      ['ERRSELR_EL1', 3, 1],
      ['ERXCTLR_EL1', 4, 1],
      ['ERXSTATUS_EL1', 4, 2],
      ['ERXADDR_EL1', 4, 3],
      ['ERXMISC0_EL1', 5, 0],
      ['ERXMISC1_EL1', 5, 1],
    ] as const
  ).map(([name, crm, op2]) =>
    register(name, [3, 0, 5, crm, op2], { feature: 'ras', mask: 0n, read: () => 0n, write: () => {} }),
  ),
  constant('ERXFR_EL1', [3, 0, 5, 4, 0], 0n, { feature: 'ras' }),
];
