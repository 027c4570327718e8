/** Registers outside the core: the GIC CPU interface (IHI 0069, 12.2) and the generic timer (Arm ARM D17.8). */
import { type El0TimerRegister, el0MayAccess, trappedToEl2 } from '../../timer/index.js';
import { SLOT } from '../slots.js';
import { type Encoding, type Options, register, type SystemRegister } from './definition.js';

/** 5 priority bits: AP0R0 and AP1R0 only. */
const GIC: readonly [name: string, crn: number, crm: number, op2: number, only?: 'read' | 'write'][] = [
  ['ICC_PMR_EL1', 4, 6, 0],
  ['ICC_IAR0_EL1', 12, 8, 0, 'read'],
  ['ICC_EOIR0_EL1', 12, 8, 1, 'write'],
  ['ICC_HPPIR0_EL1', 12, 8, 2, 'read'],
  ['ICC_BPR0_EL1', 12, 8, 3],
  ['ICC_AP0R0_EL1', 12, 8, 4],
  ['ICC_AP1R0_EL1', 12, 9, 0],
  ['ICC_DIR_EL1', 12, 11, 1, 'write'],
  ['ICC_RPR_EL1', 12, 11, 3, 'read'],
  ['ICC_SGI1R_EL1', 12, 11, 5, 'write'],
  ['ICC_ASGI1R_EL1', 12, 11, 6, 'write'],
  ['ICC_SGI0R_EL1', 12, 11, 7, 'write'],
  ['ICC_IAR1_EL1', 12, 12, 0, 'read'],
  ['ICC_EOIR1_EL1', 12, 12, 1, 'write'],
  ['ICC_HPPIR1_EL1', 12, 12, 2, 'read'],
  ['ICC_BPR1_EL1', 12, 12, 3],
  ['ICC_CTLR_EL1', 12, 12, 4],
  ['ICC_SRE_EL1', 12, 12, 5],
  ['ICC_IGRPEN0_EL1', 12, 12, 6],
  ['ICC_IGRPEN1_EL1', 12, 12, 7],
];

function timer(name: El0TimerRegister, crm: number, op2: number, options: Options = {}): SystemRegister {
  const encoding: Encoding = [3, 3, 14, crm, op2];
  return register(name, encoding, {
    el: 0,
    external: true,
    el0: (cpu) => el0MayAccess(cpu.sys(SLOT.CNTKCTL_EL1), name),
    el2: (cpu) => trappedToEl2(cpu.sys(SLOT.CNTHCTL_EL2), name),
    ...options,
  });
}

const readOnly: Options = { readEl: 0, writeEl: 3 };

export function externalRegisters(): SystemRegister[] {
  return [
    ...GIC.map(([name, crn, crm, op2, only]) =>
      register(name, [3, 0, crn, crm, op2], { external: true, ...(only && { only }) }),
    ),
    // The core keeps a copy, for EL0's access rights.
    register('CNTKCTL_EL1', [3, 0, 14, 1, 0], {
      slot: SLOT.CNTKCTL_EL1,
      mask: 0x3ffn,
      external: true,
    }),
    timer('CNTFRQ_EL0', 0, 0, readOnly),
    timer('CNTPCT_EL0', 0, 1, readOnly),
    timer('CNTVCT_EL0', 0, 2, readOnly),
    timer('CNTP_TVAL_EL0', 2, 0),
    timer('CNTP_CTL_EL0', 2, 1),
    timer('CNTP_CVAL_EL0', 2, 2),
    timer('CNTV_TVAL_EL0', 3, 0),
    timer('CNTV_CTL_EL0', 3, 1),
    timer('CNTV_CVAL_EL0', 3, 2),
  ];
}
