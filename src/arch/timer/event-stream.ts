/**
 * CNTKCTL_EL1: EL0 access controls and the event stream of the virtual counter (Arm ARM D11.2).
 */

export const EL0PCTEN = 1n << 0n;
export const EL0VCTEN = 1n << 1n;
export const EVNTEN = 1n << 2n;
export const EVNTDIR = 1n << 3n;
export const EL0VTEN = 1n << 8n;
export const EL0PTEN = 1n << 9n;

/** Bits that hold a value without FEAT_ECV; all others are RES0. */
export const CNTKCTL_MASK = 0x3ffn;

/** EVNTI: which bit of the virtual counter triggers the events, 0 to 15. */
export function eventBit(cntkctl: bigint): bigint {
  return (cntkctl >> 4n) & 0xfn;
}

/**
 * Ticks from the virtual count `view` to the next event, at least 1; null where the stream is off.
 * EVNTDIR 0: the bit goes from 0 to 1; EVNTDIR 1: from 1 to 0.
 */
export function ticksUntilEvent(cntkctl: bigint, view: bigint): bigint | null {
  if ((cntkctl & EVNTEN) === 0n) return null;
  const half = 1n << eventBit(cntkctl);
  const period = half << 1n;
  const phase = cntkctl & EVNTDIR ? 0n : half;
  return period - (BigInt.asUintN(64, view - phase) % period);
}

/** True where an event falls in the virtual counts (from, to], with to reached from `from` in less than 2^64 ticks. */
export function eventBetween(cntkctl: bigint, from: bigint, to: bigint): boolean {
  const ticks = ticksUntilEvent(cntkctl, from);
  return ticks !== null && ticks <= BigInt.asUintN(64, to - from);
}

export type El0TimerRegister =
  | 'CNTFRQ_EL0'
  | 'CNTPCT_EL0'
  | 'CNTVCT_EL0'
  | 'CNTP_CTL_EL0'
  | 'CNTP_CVAL_EL0'
  | 'CNTP_TVAL_EL0'
  | 'CNTV_CTL_EL0'
  | 'CNTV_CVAL_EL0'
  | 'CNTV_TVAL_EL0';

/** Whether CNTKCTL_EL1 lets EL0 access the register; where not, the access is trapped to EL1 (EC 0x18). */
export function el0MayAccess(cntkctl: bigint, register: El0TimerRegister): boolean {
  switch (register) {
    case 'CNTFRQ_EL0':
      return (cntkctl & (EL0PCTEN | EL0VCTEN)) !== 0n;
    case 'CNTPCT_EL0':
      return (cntkctl & EL0PCTEN) !== 0n;
    case 'CNTVCT_EL0':
      return (cntkctl & EL0VCTEN) !== 0n;
    case 'CNTP_CTL_EL0':
    case 'CNTP_CVAL_EL0':
    case 'CNTP_TVAL_EL0':
      return (cntkctl & EL0PTEN) !== 0n;
    case 'CNTV_CTL_EL0':
    case 'CNTV_CVAL_EL0':
    case 'CNTV_TVAL_EL0':
      return (cntkctl & EL0VTEN) !== 0n;
  }
}
