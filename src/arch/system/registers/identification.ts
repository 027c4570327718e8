/** Identification registers (Arm ARM D17.2.49 ff.): those of `../identity` are noted when they are read. */
import type { Profile } from '../../profiles.js';
import { IDENTITY_REGISTERS, type IdentityRegister } from '../identity.js';
import { SCTLR } from '../regime.js';
import { low, SLOT } from '../slots.js';
import { constant, type Encoding, type Options, register, type SystemRegister } from './definition.js';
import { cachesOf } from './identification-values.js';

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

const DCZID_PROHIBITED = 16n;

const isIdentity = (name: string): name is IdentityRegister => (IDENTITY_REGISTERS as readonly string[]).includes(name);

/** A register that says what the host or the VM says, and whose reads are noted. */
const identity = (name: IdentityRegister, encoding: Encoding, options: Options = {}): SystemRegister =>
  register(name, encoding, {
    only: 'read',
    identity: name,
    read: (cpu) => cpu.system.identification.values[name],
    ...options,
  });

export function identificationRegisters(profile: Profile): SystemRegister[] {
  const caches = cachesOf(profile);
  const ids: SystemRegister[] = [];
  for (let crm = 1; crm <= 7; crm++) {
    for (let op2 = 0; op2 <= 7; op2++) {
      const encoding: Encoding = [3, 0, 0, crm, op2];
      const name = NAMED[`${crm}.${op2}`] ?? `S3_0_C0_C${crm}_${op2}`;
      ids.push(isIdentity(name) ? identity(name, encoding) : constant(name, encoding, 0n));
    }
  }
  return [
    ...ids,
    identity('MIDR_EL1', [3, 0, 0, 0, 0]),
    register('MPIDR_EL1', [3, 0, 0, 0, 5], { only: 'read', read: (cpu) => cpu.sys(SLOT.VMPIDR_EL2) }),
    identity('REVIDR_EL1', [3, 0, 0, 0, 6]),
    register('CCSIDR_EL1', [3, 1, 0, 0, 0], {
      only: 'read',
      read: (cpu) => caches.ccsidr[low(cpu, SLOT.CSSELR_EL1)] ?? 0n,
    }),
    constant('CLIDR_EL1', [3, 1, 0, 0, 1], caches.clidr),
    identity('AIDR_EL1', [3, 1, 0, 0, 7]),
    register('CSSELR_EL1', [3, 2, 0, 0, 0], { slot: SLOT.CSSELR_EL1, mask: 15n }),
    identity('CTR_EL0', [3, 3, 0, 0, 1], {
      readEl: 0,
      writeEl: 3,
      el0: (cpu) => (low(cpu, SLOT.SCTLR_EL1) & SCTLR.UCT) !== 0,
    }),
    identity('DCZID_EL0', [3, 3, 0, 0, 7], {
      readEl: 0,
      writeEl: 3,
      read(cpu) {
        const prohibited = cpu.el === 0 && !(low(cpu, SLOT.SCTLR_EL1) & SCTLR.DZE);
        return cpu.system.identification.values.DCZID_EL0 | (prohibited ? DCZID_PROHIBITED : 0n);
      },
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
