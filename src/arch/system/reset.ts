/** The state of a vCPU as PSCI CPU_ON and the boot protocols leave it (DEN0022 6.4; Arm ARM D1.9). */
import type { Cpu } from '../cpu.js';
import { S } from '../engine/layout.js';
import { CNTHCTL } from '../timer/index.js';
import type { RegisterTable } from './registers/index.js';
import { SLOT } from './slots.js';

export interface ResetOptions {
  /** First instruction. */
  readonly entry: bigint;
  /** Device tree or context id. */
  readonly x0: bigint;
  readonly vcpu: number;
  /** MPIDR_EL1 as the guest reads it. */
  readonly mpidr: bigint;
}

export function resetState(cpu: Cpu, registers: RegisterTable, { entry, x0, mpidr }: ResetOptions): void {
  const { i32 } = cpu;
  cpu.u8.fill(0, 0, S.END);
  for (const r of registers.list) if (r.slot !== undefined) cpu.setSys(r.slot, r.reset | r.res1);
  cpu.setSys(SLOT.VMPIDR_EL2, mpidr);
  cpu.setSys(SLOT.CNTHCTL_EL2, CNTHCTL.EL1PCTEN | CNTHCTL.EL1PCEN);
  cpu.nzcv = 0;
  i32[S.EL >> 2] = 1;
  i32[S.SPSEL >> 2] = 1;
  i32[S.DAIF >> 2] = 0x3c0;
  cpu.setX(0, x0);
  cpu.branchTo(entry);
}
