/** WFI, WFE, SEV and ESB (Arm ARM D1.16, D1.17, C6.2). */
import type { Cpu } from '../cpu.js';
import { Exit, S } from '../engine/layout.js';
import { ExceptionClass, ISS_ALWAYS, synchronous } from './exceptions.js';
import { clearSerror, PSTATE, serrorPending } from './pstate.js';
import { SCTLR } from './regime.js';
import { low, SLOT } from './slots.js';

const TRAPPED_WFE = 1;
/** HCR_EL2.TWE: a WFE that would wait is trapped to EL2. */
export const HCR_TWE = 1n << 14n;
/** DISR_EL1.A: an SError was deferred by ESB. */
const DISR_A = 1n << 31n;
const VSESR_SYNDROME = 0x1ff_ffffn;

/** Waits end for pending interrupts whether or not PSTATE masks them. */
export function waitForInterrupt(cpu: Cpu): void {
  const { outside } = cpu;
  if (outside.irq || outside.fiq || serrorPending(cpu)) return;
  if (isTrapped(cpu, SCTLR.nTWI)) return synchronous(cpu, ExceptionClass.WfxTrap, ISS_ALWAYS);
  cpu.requestExit(Exit.Wfi);
}

export function waitForEvent(cpu: Cpu): void {
  const { i32 } = cpu;
  if (i32[S.EVENT >> 2]) {
    i32[S.EVENT >> 2] = 0;
    return;
  }
  if (isTrapped(cpu, SCTLR.nTWE)) return synchronous(cpu, ExceptionClass.WfxTrap, ISS_ALWAYS | TRAPPED_WFE);
  if (cpu.sys(SLOT.HCR_EL2) & HCR_TWE) return cpu.outside.trap(ExceptionClass.WfxTrap, ISS_ALWAYS | TRAPPED_WFE);
  cpu.requestExit(Exit.Wfe);
}

const isTrapped = (cpu: Cpu, allowed: number): boolean => cpu.el === 0 && !(low(cpu, SLOT.SCTLR_EL1) & allowed);

/** SEV: to every vCPU; the run loop must look who waits. */
export function sendEvent(cpu: Cpu): void {
  const { system } = cpu;
  for (let v = 0; v < system.vcpus; v++) system.setEvent(v);
  if (system.vcpus > 1) cpu.requestExit(Exit.Event);
}

/** ESB: a virtual SError that is pending and masked is deferred to DISR_EL1 (D1.13.6). */
export function errorSynchronizationBarrier(cpu: Cpu): void {
  if (!serrorPending(cpu) || !(cpu.daif & PSTATE.A)) return;
  cpu.setSys(SLOT.DISR_EL1, DISR_A | (cpu.sys(SLOT.VSESR_EL2) & VSESR_SYNDROME));
  clearSerror(cpu);
}
