/**
 * One timer comparator (CTL, CVAL, TVAL) against a 64-bit view of the counter (Arm ARM D11.2.4).
 * Pure functions; `view` is the counter as this timer sees it (offset applied), 0 to 2^64 - 1.
 */

/** CTL bits. ISTATUS is computed, never stored. */
export const CTL_ENABLE = 1;
export const CTL_IMASK = 2;
export const CTL_ISTATUS = 4;

/** The stored part of a timer: CTL bits 1:0 and the 64-bit unsigned CompareValue. */
export interface ComparatorState {
  ctl: number;
  cval: bigint;
}

/** TimerConditionMet of the CompareValue view: an unsigned 64-bit comparison, so a CVAL near 2^64 may never be met. */
export function conditionMet(timer: ComparatorState, view: bigint): boolean {
  return view >= timer.cval;
}

/** CTL as read: ISTATUS is 0 while ENABLE is 0 (UNKNOWN in the architecture; QEMU reads 0 too). */
export function readCtl(timer: ComparatorState, view: bigint): number {
  return timer.ctl & CTL_ENABLE && conditionMet(timer, view) ? timer.ctl | CTL_ISTATUS : timer.ctl;
}

/** CTL as stored after a write: ISTATUS is read-only, bits 63:3 are RES0. */
export function writeCtl(timer: ComparatorState, value: bigint): void {
  timer.ctl = Number(value & 3n);
}

/** TVAL as read: the low 32 bits of CVAL - counter, zero-extended. */
export function readTval(timer: ComparatorState, view: bigint): bigint {
  return BigInt.asUintN(32, timer.cval - view);
}

/** TVAL written: CVAL = counter + SignExtend(TVAL<31:0>), modulo 2^64. */
export function writeTval(timer: ComparatorState, value: bigint, view: bigint): void {
  timer.cval = BigInt.asUintN(64, view + BigInt.asIntN(32, value));
}

/** The timer's level output: ENABLE, not IMASK, and the condition met. */
export function line(timer: ComparatorState, view: bigint): boolean {
  return (timer.ctl & (CTL_ENABLE | CTL_IMASK)) === CTL_ENABLE && conditionMet(timer, view);
}

/** Ticks until the line rises, at least 1; null where it is high already, or the timer is disabled or masked. */
export function ticksUntilLine(timer: ComparatorState, view: bigint): bigint | null {
  if ((timer.ctl & (CTL_ENABLE | CTL_IMASK)) !== CTL_ENABLE || conditionMet(timer, view)) return null;
  return timer.cval - view;
}
