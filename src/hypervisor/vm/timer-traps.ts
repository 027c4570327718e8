/**
 * EL2's traps of counters, timers and WFE, and their emulation: what makes strategy `trap`.
 *
 * CNTKCTL_EL1 and CNTFRQ_EL0 have no trap. CNTFRQ_EL0 is written by the highest exception level, which is EL2 on our
 * hosts: it holds the guest's first frequency. The event stream is emulated where it matters, in a WFE that waits.
 */
import type { Cpu } from '../../arch/cpu.js';
import { Exit } from '../../arch/engine/layout.js';
import { ExceptionClass } from '../../arch/system/exceptions.js';
import { readValue, trappedAccess, writeValue } from '../../arch/system/registers/index.js';
import { SLOT } from '../../arch/system/slots.js';
import { HCR_TWE } from '../../arch/system/wait.js';
import { CNTHCTL } from '../../arch/timer/index.js';
import type { GuestTimeState } from '../strategy/index.js';

/** Sets CNTHCTL_EL2 and HCR_EL2.TWE of the loaded vCPU. */
export function programTimerTraps(cpu: Cpu, { kind }: GuestTimeState): void {
  const trapped = kind === 'trapped';
  cpu.setSys(SLOT.CNTHCTL_EL2, trapped ? CNTHCTL.EL1TVT | CNTHCTL.EL1TVCT : CNTHCTL.EL1PCTEN | CNTHCTL.EL1PCEN);
  const hcr = cpu.sys(SLOT.HCR_EL2);
  cpu.setSys(SLOT.HCR_EL2, trapped ? hcr | HCR_TWE : hcr & ~HCR_TWE);
}

/** Does what the trapped instruction of the loaded vCPU would have done. */
export function emulateTrapped(cpu: Cpu, exceptionClass: number, iss: number): void {
  if (exceptionClass === ExceptionClass.WfxTrap) return cpu.requestExit(Exit.Wfe);
  const { register, write, rt } = trappedAccess(cpu, iss);
  if (write) writeValue(cpu, register, cpu.x(rt));
  else cpu.setX(rt, readValue(cpu, register)!);
}
