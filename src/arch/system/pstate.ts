/** PSTATE in the state area: its SPSR form, the stack pointer banks, and what may need attention when masks fall. */
import type { Cpu } from '../cpu.js';
import { Exit, S } from '../engine/layout.js';
import { low, SLOT } from './slots.js';

/** Bits of PSTATE at their places in SPSR_EL1 (C5.2.18). */
export const PSTATE = {
  IL: 1 << 20,
  SS: 1 << 21,
  PAN: 1 << 22,
  UAO: 1 << 23,
  D: 1 << 9,
  A: 1 << 8,
  I: 1 << 7,
  F: 1 << 6,
} as const;

/** Why S.LINES is not 0. */
const LINE_INTERRUPT = 1;
const LINE_SERROR = 2;
const LINE_STEP = 4;

const HCR_VSE = 1 << 8;
/** MDSCR_EL1.{MDE,SS}. */
const MDSCR_ANY = 0x8001;

/** PSTATE as an exception saves it (GetPSRFromPSTATE), as a signed 32-bit number. */
export function spsrOf(cpu: Cpu): number {
  const { i32 } = cpu;
  const el = i32[S.EL >> 2]!;
  return (cpu.nzcv << 28) | i32[S.PSTATE >> 2]! | i32[S.DAIF >> 2]! | (el << 2) | (el ? i32[S.SPSEL >> 2]! : 0);
}

/** Changes EL and PSTATE.SP, with the bank of SP that they select (D1.8.1). */
export function selectStack(cpu: Cpu, el: number, spsel: number): void {
  const { i32 } = cpu;
  const from = i32[S.EL >> 2] && i32[S.SPSEL >> 2] ? SLOT.SP_EL1 : SLOT.SP_EL0;
  const to = el && spsel ? SLOT.SP_EL1 : SLOT.SP_EL0;
  if (from !== to) {
    cpu.setSys(from, cpu.sp);
    cpu.sp = cpu.sys(to);
  }
  i32[S.EL >> 2] = el;
  i32[S.SPSEL >> 2] = spsel;
}

/** Brings S.LINES up to date: everything that a change of PSTATE.DAIF may let through. */
export function refreshLines(cpu: Cpu): void {
  const { outside } = cpu;
  cpu.i32[S.LINES >> 2] =
    (outside.irq || outside.fiq ? LINE_INTERRUPT : 0) |
    (low(cpu, SLOT.HCR_EL2) & HCR_VSE ? LINE_SERROR : 0) |
    (low(cpu, SLOT.MDSCR_EL1) & MDSCR_ANY ? LINE_STEP : 0);
}

/** The interrupt that is taken before the next instruction, or null. SError first, then FIQ, then IRQ (D1.13.4). */
export function pendingInterrupt(cpu: Cpu): 'serror' | 'fiq' | 'irq' | null {
  const daif = cpu.daif;
  if (low(cpu, SLOT.HCR_EL2) & HCR_VSE && !(daif & PSTATE.A)) return 'serror';
  if (!(daif & PSTATE.F) && cpu.outside.fiq) return 'fiq';
  if (!(daif & PSTATE.I) && cpu.outside.irq) return 'irq';
  return null;
}

/** After anything that may have unmasked or raised an interrupt: the run loop must look before the next instruction. */
export function lookForInterrupts(cpu: Cpu): void {
  refreshLines(cpu);
  if (cpu.i32[S.LINES >> 2] && (pendingInterrupt(cpu) || cpu.system.debug.stepping())) cpu.requestExit(Exit.Event);
}

/** Whether the virtual SError of HCR_EL2.VSE is pending, masked or not. */
export const serrorPending = (cpu: Cpu): boolean => (low(cpu, SLOT.HCR_EL2) & HCR_VSE) !== 0;

/** The virtual SError has been taken or deferred. */
export function clearSerror(cpu: Cpu): void {
  cpu.setSys(SLOT.HCR_EL2, cpu.sys(SLOT.HCR_EL2) & ~BigInt(HCR_VSE));
  refreshLines(cpu);
}
