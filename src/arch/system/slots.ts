/** Which 8-byte slot of the state (from S.SYS) holds which register. Saved state goes by name, so order is free. */
import type { Cpu } from '../cpu.js';
import { S, SYS_SLOTS } from '../engine/layout.js';

export const BREAKPOINTS = 6;
export const WATCHPOINTS = 4;
export const MAX_EVENT_COUNTERS = 6;

const NAMES = [
  'SP_EL0',
  'SP_EL1',
  'ELR_EL1',
  'SPSR_EL1',
  'ESR_EL1',
  'FAR_EL1',
  'VBAR_EL1',
  'SCTLR_EL1',
  'CPACR_EL1',
  'TTBR0_EL1',
  'TTBR1_EL1',
  'TCR_EL1',
  'MAIR_EL1',
  'PAR_EL1',
  'CONTEXTIDR_EL1',
  'TPIDR_EL0',
  'TPIDRRO_EL0',
  'TPIDR_EL1',
  'CSSELR_EL1',
  'CNTKCTL_EL1',
  'DISR_EL1',
  'MDSCR_EL1',
  'MDCCINT_EL1',
  'OSLSR_EL1',
  'OSDLR_EL1',
  'OSECCR_EL1',
  'OSDTRRX_EL1',
  'OSDTRTX_EL1',
  'DBGPRCR_EL1',
  'DBGCLAIM',
  'DBGBVR0_EL1',
  'DBGBVR1_EL1',
  'DBGBVR2_EL1',
  'DBGBVR3_EL1',
  'DBGBVR4_EL1',
  'DBGBVR5_EL1',
  'DBGBCR0_EL1',
  'DBGBCR1_EL1',
  'DBGBCR2_EL1',
  'DBGBCR3_EL1',
  'DBGBCR4_EL1',
  'DBGBCR5_EL1',
  'DBGWVR0_EL1',
  'DBGWVR1_EL1',
  'DBGWVR2_EL1',
  'DBGWVR3_EL1',
  'DBGWCR0_EL1',
  'DBGWCR1_EL1',
  'DBGWCR2_EL1',
  'DBGWCR3_EL1',
  'PMCR_EL0',
  'PMCNTENSET_EL0',
  'PMINTENSET_EL1',
  'PMOVSSET_EL0',
  'PMSELR_EL0',
  'PMUSERENR_EL0',
  'PMCCNTR_EL0',
  'PMCCFILTR_EL0',
  'PMEVCNTR0_EL0',
  'PMEVCNTR1_EL0',
  'PMEVCNTR2_EL0',
  'PMEVCNTR3_EL0',
  'PMEVCNTR4_EL0',
  'PMEVCNTR5_EL0',
  'PMEVTYPER0_EL0',
  'PMEVTYPER1_EL0',
  'PMEVTYPER2_EL0',
  'PMEVTYPER3_EL0',
  'PMEVTYPER4_EL0',
  'PMEVTYPER5_EL0',
  // How far the PMU's counters have been brought: totals of instructions and cycles.
  'PMU_INSTRUCTIONS',
  'PMU_CYCLES',
  // Set by the hypervisor.
  'VMPIDR_EL2',
  'HCR_EL2',
  'MDCR_EL2',
  'CPTR_EL2',
  'HSTR_EL2',
  'CNTHCTL_EL2',
  'VTTBR_EL2',
  'VTCR_EL2',
  'VSESR_EL2',
] as const;

export type SlotName = (typeof NAMES)[number];

/** Slot of a register, for `cpu.sys` and `cpu.setSys`. */
export const SLOT = Object.fromEntries(NAMES.map((name, slot) => [name, slot])) as Readonly<Record<SlotName, number>>;
export const SLOT_NAMES: readonly SlotName[] = NAMES;

if (NAMES.length > SYS_SLOTS) throw new RangeError(`${NAMES.length} system register slots: at most ${SYS_SLOTS}`);

/** Address of a slot in the state. */
export const slotAddress = (slot: number): number => S.SYS + slot * 8;

/** Bits 31:0 of a slot, signed. */
export const low = (cpu: Cpu, slot: number): number => cpu.i32[(S.SYS >> 2) + slot * 2]!;
/** Bits 63:32 of a slot, signed. */
export const high = (cpu: Cpu, slot: number): number => cpu.i32[(S.SYS >> 2) + slot * 2 + 1]!;
