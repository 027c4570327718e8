/** CNTHCTL_EL2 with HCR_EL2.E2H 0: which accesses of EL0 and EL1 to counters and timers are trapped to EL2. */
import type { El0TimerRegister } from './event-stream.js';

export const CNTHCTL = {
  /** 0 traps CNTPCT_EL0. */
  EL1PCTEN: 1n << 0n,
  /** 0 traps CNTP_CTL_EL0, CNTP_CVAL_EL0 and CNTP_TVAL_EL0. */
  EL1PCEN: 1n << 1n,
  /** FEAT_ECV: 1 traps CNTV_CTL_EL0, CNTV_CVAL_EL0 and CNTV_TVAL_EL0. */
  EL1TVT: 1n << 13n,
  /** FEAT_ECV: 1 traps CNTVCT_EL0. */
  EL1TVCT: 1n << 14n,
} as const;

/** Whether CNTHCTL_EL2 traps an access from below EL2. No bit of it traps CNTFRQ_EL0 or CNTKCTL_EL1. */
export function trappedToEl2(cnthctl: bigint, register: El0TimerRegister): boolean {
  switch (register) {
    case 'CNTFRQ_EL0':
      return false;
    case 'CNTPCT_EL0':
      return (cnthctl & CNTHCTL.EL1PCTEN) === 0n;
    case 'CNTVCT_EL0':
      return (cnthctl & CNTHCTL.EL1TVCT) !== 0n;
    case 'CNTP_CTL_EL0':
    case 'CNTP_CVAL_EL0':
    case 'CNTP_TVAL_EL0':
      return (cnthctl & CNTHCTL.EL1PCEN) === 0n;
    case 'CNTV_CTL_EL0':
    case 'CNTV_CVAL_EL0':
    case 'CNTV_TVAL_EL0':
      return (cnthctl & CNTHCTL.EL1TVT) !== 0n;
  }
}
