/**
 * Names, fields and traps of the GICv3 system registers that the virtual CPU interface implements (IHI 0069H, 12.2 and
 * 12.4): 5 priority and preemption bits, so AP0R and AP1R have one register each, and 16-bit INTIDs.
 */

/** ICC_* registers that EL1 reaches and that act on the virtual interface while HCR_EL2.{IMO,FMO} are set. */
export type IccRegister =
  | 'ICC_IAR0_EL1'
  | 'ICC_IAR1_EL1'
  | 'ICC_EOIR0_EL1'
  | 'ICC_EOIR1_EL1'
  | 'ICC_HPPIR0_EL1'
  | 'ICC_HPPIR1_EL1'
  | 'ICC_DIR_EL1'
  | 'ICC_BPR0_EL1'
  | 'ICC_BPR1_EL1'
  | 'ICC_CTLR_EL1'
  | 'ICC_PMR_EL1'
  | 'ICC_RPR_EL1'
  | 'ICC_IGRPEN0_EL1'
  | 'ICC_IGRPEN1_EL1'
  | 'ICC_SRE_EL1'
  | 'ICC_AP0R0_EL1'
  | 'ICC_AP1R0_EL1';

/** ICH_* registers of EL2, without the list registers, which are numbered. */
export type IchRegister =
  | 'ICH_HCR_EL2'
  | 'ICH_VTR_EL2'
  | 'ICH_VMCR_EL2'
  | 'ICH_MISR_EL2'
  | 'ICH_EISR_EL2'
  | 'ICH_ELRSR_EL2'
  | 'ICH_AP0R0_EL2'
  | 'ICH_AP1R0_EL2';

/** Implemented priority bits, the high ones of the byte; preemption bits are as many. */
export const PRIORITY_BITS = 5;
export const PRIORITY_MASK = 0xf8;
/** ICC_RPR_EL1 with no active priority. */
export const IDLE_PRIORITY = 0xff;
/** The INTID that says there is no interrupt (2.2.1). */
export const SPURIOUS_INTID = 1023;
/** 1020 to 1023 name no interrupt (2.2.1). */
export const FIRST_SPECIAL_INTID = 1020;
/** LPIs start here (2.2). */
export const FIRST_LPI_INTID = 8192;
export const MAX_LIST_REGISTERS = 16;

/** Fields of ICH_HCR_EL2. */
export const HCR_EN = 1 << 0;
export const HCR_UIE = 1 << 1;
export const HCR_LRENPIE = 1 << 2;
export const HCR_NPIE = 1 << 3;
export const HCR_VGRP0EIE = 1 << 4;
export const HCR_VGRP0DIE = 1 << 5;
export const HCR_VGRP1EIE = 1 << 6;
export const HCR_VGRP1DIE = 1 << 7;
export const HCR_TC = 1 << 10;
export const HCR_TALL0 = 1 << 11;
export const HCR_TALL1 = 1 << 12;
export const HCR_TSEI = 1 << 13;
export const HCR_TDIR = 1 << 14;
export const HCR_EOICOUNT_SHIFT = 27;
/** Every writable field but EOIcount. */
export const HCR_MASK = 0x7cff;

/** Fields of ICH_MISR_EL2. */
export const MISR_EOI = 1 << 0;
export const MISR_U = 1 << 1;
export const MISR_LRENP = 1 << 2;
export const MISR_NP = 1 << 3;
export const MISR_VGRP0E = 1 << 4;
export const MISR_VGRP0D = 1 << 5;
export const MISR_VGRP1E = 1 << 6;
export const MISR_VGRP1D = 1 << 7;

/** Fields of ICH_VMCR_EL2. VFIQEn is RES1 where system registers are the only interface. */
export const VMCR_VENG0 = 1 << 0;
export const VMCR_VENG1 = 1 << 1;
export const VMCR_VFIQEN = 1 << 3;
export const VMCR_VCBPR = 1 << 4;
export const VMCR_VEOIM = 1 << 9;
export const VMCR_VBPR1_SHIFT = 18;
export const VMCR_VBPR0_SHIFT = 21;
export const VMCR_VPMR_SHIFT = 24;

/** Fields of ICC_CTLR_EL1; the constant part is RSS, A3V, 16-bit INTIDs and 5 priority bits. */
export const CTLR_CBPR = 1 << 0;
export const CTLR_EOIMODE = 1 << 1;
export const CTLR_CONSTANT = (1 << 18) | (1 << 15) | ((PRIORITY_BITS - 1) << 8);

/** ICC_SRE_EL1: SRE, DFB and DIB, all RAO/WI. */
export const SRE_VALUE = 0b111;

/** ICH_VTR_EL2 without ListRegs: 5 priority and preemption bits, 16-bit INTIDs, A3V, nV4, TDS. */
export const VTR_CONSTANT =
  (((PRIORITY_BITS - 1) << 29) | ((PRIORITY_BITS - 1) << 26) | (1 << 21) | (1 << 20) | (1 << 19)) >>> 0;

/** The smallest binary points that 5 preemption bits allow (ICV_BPR0_EL1, ICV_BPR1_EL1). */
export const MIN_BPR0 = 7 - PRIORITY_BITS;
export const MIN_BPR1 = MIN_BPR0 + 1;

const COMMON: ReadonlySet<string> = new Set(['ICC_CTLR_EL1', 'ICC_DIR_EL1', 'ICC_PMR_EL1', 'ICC_RPR_EL1']);
const GROUP0: ReadonlySet<string> = new Set([
  'ICC_AP0R0_EL1',
  'ICC_BPR0_EL1',
  'ICC_EOIR0_EL1',
  'ICC_HPPIR0_EL1',
  'ICC_IAR0_EL1',
  'ICC_IGRPEN0_EL1',
]);
const GROUP1: ReadonlySet<string> = new Set([
  'ICC_AP1R0_EL1',
  'ICC_BPR1_EL1',
  'ICC_EOIR1_EL1',
  'ICC_HPPIR1_EL1',
  'ICC_IAR1_EL1',
  'ICC_IGRPEN1_EL1',
]);

/** The ICH_HCR_EL2 bits of which any one traps EL1's accesses to this register; 0 for ICC_SRE_EL1. */
export function trapBits(register: IccRegister): number {
  if (register === 'ICC_DIR_EL1') return HCR_TC | HCR_TDIR;
  if (COMMON.has(register)) return HCR_TC;
  if (GROUP0.has(register)) return HCR_TALL0;
  return GROUP1.has(register) ? HCR_TALL1 : 0;
}
