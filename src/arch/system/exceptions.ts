/** Taking exceptions to EL1 and returning from them (Arm ARM D1.10, D1.11, D17.2.37). */
import type { Cpu } from '../cpu.js';
import { Raise } from '../engine/emitter.js';
import { S } from '../engine/layout.js';
import { PmuEvent } from './pmu.js';
import {
  clearSerror,
  lookForInterrupts,
  PSTATE,
  pendingInterrupt,
  refreshLines,
  selectStack,
  spsrOf,
} from './pstate.js';
import { SCTLR } from './regime.js';
import { low, SLOT } from './slots.js';

/** ESR_EL1.EC. Those that tell where the exception came from are the form for a lower EL; EL1's is one more. */
export const ExceptionClass = {
  Unknown: 0x00,
  WfxTrap: 0x01,
  FpAccess: 0x07,
  IllegalState: 0x0e,
  Svc: 0x15,
  SystemRegister: 0x18,
  InstructionAbort: 0x20,
  PcAlignment: 0x22,
  DataAbort: 0x24,
  SpAlignment: 0x26,
  SError: 0x2f,
  Breakpoint: 0x30,
  SoftwareStep: 0x32,
  Watchpoint: 0x34,
  Brk: 0x3c,
} as const;

/** Offsets in the vector table for each kind; 0x200 for the current EL with SP_ELx, 0x400 for a lower one (D1.10.2). */
const Vector = { Synchronous: 0, Irq: 0x80, Fiq: 0x100, SError: 0x180 } as const;

/** ISS of instructions that have no condition field: CV 1, COND 0b1110. */
export const ISS_ALWAYS = 0x1e00000;
const IL = 1 << 25;
const SPSR_NRW = 1 << 4;

/** Everything that any exception to EL1 does; `returnAddress` goes to ELR_EL1. */
function enter(cpu: Cpu, vector: number, returnAddress: bigint): void {
  const { i32 } = cpu;
  const el = i32[S.EL >> 2]!;
  const { system } = cpu;
  system.pmu.count(PmuEvent.ExceptionTaken);
  const origin = el === 0 ? 0x400 : i32[S.SPSEL >> 2] ? 0x200 : 0;
  cpu.setSys(SLOT.SPSR_EL1, BigInt(spsrOf(cpu) >>> 0));
  cpu.setSys(SLOT.ELR_EL1, returnAddress);
  selectStack(cpu, 1, 1);
  i32[S.DAIF >> 2] = PSTATE.D | PSTATE.A | PSTATE.I | PSTATE.F;
  let pstate = i32[S.PSTATE >> 2]! & PSTATE.PAN;
  if (system.hasPan && !(low(cpu, SLOT.SCTLR_EL1) & SCTLR.SPAN)) pstate = PSTATE.PAN;
  i32[S.PSTATE >> 2] = pstate;
  i32[S.STEPPED >> 2] = 0;
  system.switchContext();
  cpu.branchTo(BigInt.asUintN(64, cpu.sys(SLOT.VBAR_EL1) + BigInt(origin + vector)));
}

/** A synchronous exception with its syndrome. The preferred return address is the present instruction unless given. */
export function synchronous(cpu: Cpu, exceptionClass: number, iss: number, returnAddress?: bigint): void {
  const pc = cpu.pc;
  if (returnAddress === undefined) cpu.system.pmu.notRetired();
  cpu.setSys(SLOT.ESR_EL1, BigInt(((exceptionClass << 26) | IL | iss) >>> 0));
  enter(cpu, Vector.Synchronous, returnAddress ?? pc);
}

/** As `synchronous`, for classes that say whether the exception came from EL0 or EL1. */
export function synchronousFrom(cpu: Cpu, lowerClass: number, iss: number): void {
  synchronous(cpu, lowerClass + cpu.el, iss);
}

export function undefinedInstruction(cpu: Cpu): void {
  synchronous(cpu, ExceptionClass.Unknown, 0);
}

/** An abort or alignment fault at a virtual address, which goes to FAR_EL1. */
export function faultAt(cpu: Cpu, exceptionClass: number, iss: number, addressLow: number, addressHigh: number): void {
  const far = (S.SYS >> 2) + SLOT.FAR_EL1 * 2;
  cpu.i32[far] = addressLow;
  cpu.i32[far + 1] = addressHigh;
  synchronous(cpu, exceptionClass, iss);
}

/** ISS of a trapped MSR, MRS or SYS (D17.2.37, EC 0x18): the instruction's fields. */
export function systemAccessIss(insn: number): number {
  const field = (shift: number, bits: number): number => (insn >>> shift) & ((1 << bits) - 1);
  return (
    (field(19, 2) << 20) |
    (field(5, 3) << 17) |
    (field(16, 3) << 14) |
    (field(12, 4) << 10) |
    (field(0, 5) << 5) |
    (field(8, 4) << 1) |
    field(21, 1)
  );
}

/** Traps an access to EL1. */
export function trapSystemAccess(cpu: Cpu, insn: number): void {
  synchronous(cpu, ExceptionClass.SystemRegister, systemAccessIss(insn));
}

/** What generated code raises itself; see Raise. */
export function raise(cpu: Cpu, what: number): void {
  if (what === Raise.SpAlignment) synchronous(cpu, ExceptionClass.SpAlignment, 0);
  else if (what === Raise.FpAccess) synchronous(cpu, ExceptionClass.FpAccess, ISS_ALWAYS);
  else undefinedInstruction(cpu);
}

/** Takes the interrupt that is pending and not masked, if there is one. */
export function takePendingInterrupt(cpu: Cpu): boolean {
  refreshLines(cpu);
  const kind = cpu.i32[S.LINES >> 2] ? pendingInterrupt(cpu) : null;
  if (!kind) return false;
  const pc = cpu.pc;
  if (kind === 'irq') enter(cpu, Vector.Irq, pc);
  else if (kind === 'fiq') enter(cpu, Vector.Fiq, pc);
  else {
    const iss = cpu.profile.features.has('ras') ? low(cpu, SLOT.VSESR_EL2) & 0x1ffffff : 0;
    clearSerror(cpu);
    cpu.setSys(SLOT.ESR_EL1, BigInt(((ExceptionClass.SError << 26) | IL | iss) >>> 0));
    enter(cpu, Vector.SError, pc);
  }
  return true;
}

/** Whether EL1 may return to the state in SPSR_EL1 (D1.11.4): AArch64 only, EL0t, EL1t or EL1h. */
function isLegalReturn(spsr: number): boolean {
  const mode = spsr & 0xf;
  return !(spsr & SPSR_NRW) && (mode === 0 || mode === 4 || mode === 5);
}

/** ERET at EL1 (AArch64.ExceptionReturn, SetPSTATEFromPSR). */
export function exceptionReturn(cpu: Cpu): void {
  const { i32, system } = cpu;
  system.pmu.count(PmuEvent.ExceptionReturn);
  const spsr = low(cpu, SLOT.SPSR_EL1);
  const legal = isLegalReturn(spsr);
  const el = legal ? (spsr >> 2) & 1 : 1;
  let pstate = spsr & system.debug.stepBitAfterReturn(el, spsr);
  if (system.hasPan) pstate |= spsr & PSTATE.PAN;
  if (system.hasUao) pstate |= spsr & PSTATE.UAO;
  pstate |= legal ? spsr & PSTATE.IL : PSTATE.IL;
  if (legal) selectStack(cpu, el, spsr & 1);
  i32[S.PSTATE >> 2] = pstate;
  i32[S.DAIF >> 2] = spsr & 0x3c0;
  cpu.nzcv = (spsr >>> 28) & 0xf;
  i32[S.EXCL_SIZE >> 2] = 0;
  i32[S.EVENT >> 2] = 1;
  i32[S.STEPPED >> 2] = 0;
  system.switchContext();
  cpu.branchTo(cpu.sys(SLOT.ELR_EL1));
  // The Illegal Execution state exception is taken by the slow path of fetches.
  if (pstate & PSTATE.IL) system.mmu.fast.forgetFetches(cpu.vcpu, cpu.el);
  lookForInterrupts(cpu);
}
