/**
 * The generic timer of one vCPU (Arm ARM D11): CNTVOFF_EL2, CNTKCTL_EL1 and the CNTV and CNTP comparators.
 * Every operation takes the system counter's count, so the timer itself holds no clock.
 */

import { type ComparatorState, line, readCtl, readTval, ticksUntilLine, writeCtl, writeTval } from './comparator.js';
import { CNTKCTL_MASK, ticksUntilEvent } from './event-stream.js';

/** Plain state of one vCPU's timers. Offsets are 64-bit and subtracted modulo 2^64. */
export interface TimerState {
  /** CNTVOFF_EL2. */
  cntvoff: bigint;
  /**
   * Offset of the guest's view of the physical counter: CNTPOFF_EL2 where FEAT_ECV is, elsewhere what a hypervisor
   * subtracts when it traps CNTPCT_EL0 and CNTP_* (as KVM does). 0 until the first migration.
   */
  cntpoff: bigint;
  /** CNTKCTL_EL1. */
  cntkctl: bigint;
  cntv: ComparatorState;
  cntp: ComparatorState;
}

export type TimerRegister =
  | 'CNTPCT_EL0'
  | 'CNTVCT_EL0'
  | 'CNTVOFF_EL2'
  | 'CNTKCTL_EL1'
  | 'CNTV_CTL_EL0'
  | 'CNTV_CVAL_EL0'
  | 'CNTV_TVAL_EL0'
  | 'CNTP_CTL_EL0'
  | 'CNTP_CVAL_EL0'
  | 'CNTP_TVAL_EL0';

/** Timers off, no offset, no event stream. The architecture leaves most of it UNKNOWN at reset; ENABLE is 0. */
export function resetTimerState(cntvoff = 0n): TimerState {
  return {
    cntvoff: BigInt.asUintN(64, cntvoff),
    cntpoff: 0n,
    cntkctl: 0n,
    cntv: { ctl: 0, cval: 0n },
    cntp: { ctl: 0, cval: 0n },
  };
}

/** A deep copy of a timer state. */
export function copyTimerState(state: TimerState): TimerState {
  return { ...state, cntv: { ...state.cntv }, cntp: { ...state.cntp } };
}

export class GenericTimer {
  /** The live state: plain data, changed in place by `write` and `restore`. */
  readonly state: TimerState;

  constructor(state: TimerState = resetTimerState()) {
    this.state = copyTimerState(state);
  }

  save(): TimerState {
    return copyTimerState(this.state);
  }

  restore(state: TimerState): void {
    Object.assign(this.state, copyTimerState(state));
  }

  /** CNTVCT_EL0 at the system counter's `count`. */
  cntvct(count: bigint): bigint {
    return BigInt.asUintN(64, count - this.state.cntvoff);
  }

  /** CNTPCT_EL0 as the guest sees it at the system counter's `count`. */
  cntpct(count: bigint): bigint {
    return BigInt.asUintN(64, count - this.state.cntpoff);
  }

  /** The register's value at the system counter's `count`; 64 bits, RES0 bits 0. */
  read(register: TimerRegister, count: bigint): bigint {
    const { state } = this;
    switch (register) {
      case 'CNTPCT_EL0':
        return this.cntpct(count);
      case 'CNTVCT_EL0':
        return this.cntvct(count);
      case 'CNTVOFF_EL2':
        return state.cntvoff;
      case 'CNTKCTL_EL1':
        return state.cntkctl;
      case 'CNTV_CTL_EL0':
        return BigInt(readCtl(state.cntv, this.cntvct(count)));
      case 'CNTV_CVAL_EL0':
        return state.cntv.cval;
      case 'CNTV_TVAL_EL0':
        return readTval(state.cntv, this.cntvct(count));
      case 'CNTP_CTL_EL0':
        return BigInt(readCtl(state.cntp, this.cntpct(count)));
      case 'CNTP_CVAL_EL0':
        return state.cntp.cval;
      case 'CNTP_TVAL_EL0':
        return readTval(state.cntp, this.cntpct(count));
    }
  }

  /** Writes a register at the system counter's `count`. The counters are read-only: a RangeError, for the caller to trap first. */
  write(register: TimerRegister, value: bigint, count: bigint): void {
    const { state } = this;
    switch (register) {
      case 'CNTPCT_EL0':
      case 'CNTVCT_EL0':
        throw new RangeError(`${register}: read-only; the instruction is UNDEFINED and must not get here`);
      case 'CNTVOFF_EL2':
        state.cntvoff = BigInt.asUintN(64, value);
        return;
      case 'CNTKCTL_EL1':
        state.cntkctl = value & CNTKCTL_MASK;
        return;
      case 'CNTV_CTL_EL0':
        writeCtl(state.cntv, value);
        return;
      case 'CNTV_CVAL_EL0':
        state.cntv.cval = BigInt.asUintN(64, value);
        return;
      case 'CNTV_TVAL_EL0':
        writeTval(state.cntv, value, this.cntvct(count));
        return;
      case 'CNTP_CTL_EL0':
        writeCtl(state.cntp, value);
        return;
      case 'CNTP_CVAL_EL0':
        state.cntp.cval = BigInt.asUintN(64, value);
        return;
      case 'CNTP_TVAL_EL0':
        writeTval(state.cntp, value, this.cntpct(count));
        return;
    }
  }

  /** Level of the virtual timer's interrupt line. */
  lineV(count: bigint): boolean {
    return line(this.state.cntv, this.cntvct(count));
  }

  /** Level of the physical timer's interrupt line. */
  lineP(count: bigint): boolean {
    return line(this.state.cntp, this.cntpct(count));
  }

  /** The earliest system count, after `count`, at which a line rises; null where none will. */
  nextDeadlineCount(count: bigint): bigint | null {
    const v = ticksUntilLine(this.state.cntv, this.cntvct(count));
    const p = ticksUntilLine(this.state.cntp, this.cntpct(count));
    if (v === null) return p === null ? null : count + p;
    return count + (p === null || v < p ? v : p);
  }

  /** The system count, after `count`, of the next event of the event stream; null where the stream is off. */
  nextEventCount(count: bigint): bigint | null {
    const ticks = ticksUntilEvent(this.state.cntkctl, this.cntvct(count));
    return ticks === null ? null : count + ticks;
  }
}
