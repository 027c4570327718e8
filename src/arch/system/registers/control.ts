/** System control, translation, exception and process state registers (Arm ARM D17.2, C5.2). */
import type { Cpu } from '../../cpu.js';
import { S } from '../../engine/layout.js';
import type { Profile } from '../../profiles.js';
import { PmuEvent } from '../pmu.js';
import { lookForInterrupts, PSTATE, selectStack, serrorPending } from '../pstate.js';
import { SCTLR } from '../regime.js';
import { low, SLOT } from '../slots.js';
import { ALL, register, type SystemRegister, WORD, zero } from './definition.js';

/** LSMAOE, nTLSMD, SPAN, EIS, TSCXT, EOS, and SED and ITD as there is no AArch32: RES1 or fixed in Armv8.0. */
const SCTLR_RES1 = 0x30d0_0980n;
const SCTLR_FIELDS =
  SCTLR.M | SCTLR.A | SCTLR.C | SCTLR.SA | SCTLR.SA0 | SCTLR.UMA | SCTLR.I | SCTLR.DZE | SCTLR.UCT | SCTLR.nTWI;
const SCTLR_MORE_FIELDS = SCTLR.nTWE | SCTLR.WXN | SCTLR.UCI;
const SCTLR_RESET = BigInt(SCTLR.SA | SCTLR.SA0 | SCTLR.nTWI | SCTLR.nTWE);
/** Fields whose change makes cached translations wrong. */
const SCTLR_REGIME = SCTLR.M | SCTLR.A | SCTLR.WXN;

const TCR_V8_0 = 0x77_ffff_ffbfn;
const TCR_HARDWARE = 0x180_0000_0000n;
const TCR_HPD = 0x600_0000_0000n;

export const SPSR_V8_0 = 0xf030_03dfn;
/** FPCR without FZ16; FPSR. Exception trapping is not there. */
export const FPCR_MASK = 0x07c0_0000;
export const FPCR_FZ16 = 0x0008_0000;
export const FPSR_MASK = 0x0800_009f;

const regimeChanged = (cpu: Cpu): void => {
  cpu.system.mmu.regimeChanged();
  cpu.system.mmu.refetch();
};

function sctlrChanged(cpu: Cpu, before: bigint): void {
  if ((low(cpu, SLOT.SCTLR_EL1) ^ Number(BigInt.asIntN(32, before))) & SCTLR_REGIME) regimeChanged(cpu);
  else cpu.system.switchContext();
}

function tableBaseWritten(half: 0 | 1): (cpu: Cpu, before: bigint) => void {
  return (cpu) => {
    cpu.system.pmu.count(PmuEvent.TableBaseWrite);
    cpu.system.mmu.tableBaseChanged(half);
  };
}

/** PSTATE.DAIF at EL0 is under SCTLR_EL1.UMA. */
const maskAccess = (cpu: Cpu): boolean => (low(cpu, SLOT.SCTLR_EL1) & SCTLR.UMA) !== 0;

/** Writes PSTATE.DAIF and looks at what that lets through. */
export function setDaif(cpu: Cpu, daif: number): void {
  cpu.daif = daif;
  lookForInterrupts(cpu);
}

/** Writes PSTATE.SP with the stack pointer bank. */
export function setSpSel(cpu: Cpu, spsel: number): void {
  selectStack(cpu, cpu.el, spsel);
}

/** Writes PSTATE.PAN or UAO (a bit of PSTATE). */
export function setPstateBit(cpu: Cpu, bit: number, set: boolean): void {
  const pstate = cpu.i32[S.PSTATE >> 2]!;
  cpu.i32[S.PSTATE >> 2] = set ? pstate | bit : pstate & ~bit;
  cpu.system.switchContext();
}

const pstateBit = (cpu: Cpu, bit: number): bigint => BigInt(cpu.i32[S.PSTATE >> 2]! & bit);

/** ISR_EL1: pending, whatever PSTATE masks. */
function interruptStatus(cpu: Cpu): bigint {
  const { outside } = cpu;
  return BigInt((serrorPending(cpu) ? 1 << 8 : 0) | (outside.irq ? 1 << 7 : 0) | (outside.fiq ? 1 << 6 : 0));
}

export function controlRegisters(profile: Profile): SystemRegister[] {
  const has = (feature: Parameters<typeof profile.features.has>[0]): boolean => profile.features.has(feature);
  const v8_1 = has('lse');
  const span = has('pan') ? BigInt(SCTLR.SPAN) : 0n;
  const fpcrMask = FPCR_MASK | (has('fp16') ? FPCR_FZ16 : 0);
  return [
    register('SCTLR_EL1', [3, 0, 1, 0, 0], {
      slot: SLOT.SCTLR_EL1,
      mask: BigInt(SCTLR_FIELDS | SCTLR_MORE_FIELDS) | span,
      res1: SCTLR_RES1 & ~span,
      reset: SCTLR_RESET | span,
      changed: sctlrChanged,
    }),
    zero('ACTLR_EL1', [3, 0, 1, 0, 1]),
    register('CPACR_EL1', [3, 0, 1, 0, 2], {
      slot: SLOT.CPACR_EL1,
      mask: 0x30_0000n,
      changed: (cpu) => cpu.system.switchContext(),
    }),
    register('TTBR0_EL1', [3, 0, 2, 0, 0], {
      slot: SLOT.TTBR0_EL1,
      mask: has('lse') ? ALL : ALL & ~1n,
      changed: tableBaseWritten(0),
    }),
    register('TTBR1_EL1', [3, 0, 2, 0, 1], {
      slot: SLOT.TTBR1_EL1,
      mask: has('lse') ? ALL : ALL & ~1n,
      changed: tableBaseWritten(1),
    }),
    register('TCR_EL1', [3, 0, 2, 0, 2], {
      slot: SLOT.TCR_EL1,
      mask: TCR_V8_0 | (profile.hafdbs ? TCR_HARDWARE : 0n) | (v8_1 ? TCR_HPD : 0n),
      changed: regimeChanged,
    }),
    register('SPSR_EL1', [3, 0, 4, 0, 0], {
      slot: SLOT.SPSR_EL1,
      mask: SPSR_V8_0 | (has('pan') ? BigInt(PSTATE.PAN) : 0n) | (has('uao') ? BigInt(PSTATE.UAO) : 0n),
    }),
    register('ELR_EL1', [3, 0, 4, 0, 1], { slot: SLOT.ELR_EL1 }),
    register('SP_EL0', [3, 0, 4, 1, 0], { slot: SLOT.SP_EL0, absent: (cpu) => cpu.i32[S.SPSEL >> 2] === 0 }),
    register('SP_EL1', [3, 4, 4, 1, 0], { slot: SLOT.SP_EL1, el: 2 }),
    register('SPSel', [3, 0, 4, 2, 0], {
      mask: 1n,
      read: (cpu) => BigInt(cpu.i32[S.SPSEL >> 2]!),
      write: (cpu, value) => setSpSel(cpu, Number(value)),
    }),
    register('CurrentEL', [3, 0, 4, 2, 2], { only: 'read', read: (cpu) => BigInt(cpu.el << 2) }),
    register('PAN', [3, 0, 4, 2, 3], {
      feature: 'pan',
      mask: BigInt(PSTATE.PAN),
      read: (cpu) => pstateBit(cpu, PSTATE.PAN),
      write: (cpu, value) => setPstateBit(cpu, PSTATE.PAN, value !== 0n),
    }),
    register('UAO', [3, 0, 4, 2, 4], {
      feature: 'uao',
      mask: BigInt(PSTATE.UAO),
      read: (cpu) => pstateBit(cpu, PSTATE.UAO),
      write: (cpu, value) => setPstateBit(cpu, PSTATE.UAO, value !== 0n),
    }),
    zero('AFSR0_EL1', [3, 0, 5, 1, 0]),
    zero('AFSR1_EL1', [3, 0, 5, 1, 1]),
    register('ESR_EL1', [3, 0, 5, 2, 0], { slot: SLOT.ESR_EL1, mask: WORD }),
    register('FAR_EL1', [3, 0, 6, 0, 0], { slot: SLOT.FAR_EL1 }),
    register('PAR_EL1', [3, 0, 7, 4, 0], { slot: SLOT.PAR_EL1 }),
    register('MAIR_EL1', [3, 0, 10, 2, 0], { slot: SLOT.MAIR_EL1, changed: regimeChanged }),
    zero('AMAIR_EL1', [3, 0, 10, 3, 0]),
    register('VBAR_EL1', [3, 0, 12, 0, 0], { slot: SLOT.VBAR_EL1, mask: ALL & ~0x7ffn }),
    register('ISR_EL1', [3, 0, 12, 1, 0], { only: 'read', read: interruptStatus }),
    register('DISR_EL1', [3, 0, 12, 1, 1], { slot: SLOT.DISR_EL1, feature: 'ras', mask: 0x8100_0000n | 0x1ff_ffffn }),
    register('CONTEXTIDR_EL1', [3, 0, 13, 0, 1], {
      slot: SLOT.CONTEXTIDR_EL1,
      mask: WORD,
      changed: (cpu) => cpu.system.pmu.count(PmuEvent.ContextIdWrite),
    }),
    register('TPIDR_EL1', [3, 0, 13, 0, 4], { slot: SLOT.TPIDR_EL1 }),
    register('TPIDR_EL0', [3, 3, 13, 0, 2], { slot: SLOT.TPIDR_EL0, el: 0 }),
    register('TPIDRRO_EL0', [3, 3, 13, 0, 3], { slot: SLOT.TPIDRRO_EL0, readEl: 0 }),
    register('NZCV', [3, 3, 4, 2, 0], {
      el: 0,
      read: (cpu) => BigInt((cpu.nzcv << 28) >>> 0),
      write(cpu, value) {
        cpu.nzcv = Number((value >> 28n) & 15n);
      },
    }),
    register('DAIF', [3, 3, 4, 2, 1], {
      el: 0,
      el0: maskAccess,
      read: (cpu) => BigInt(cpu.daif),
      write: (cpu, value) => setDaif(cpu, Number(value & 0x3c0n)),
    }),
    register('FPCR', [3, 3, 4, 4, 0], {
      el: 0,
      mask: BigInt(fpcrMask),
      read: (cpu) => BigInt(cpu.fpcr >>> 0),
      write(cpu, value) {
        cpu.i32[S.FPCR >> 2] = Number(value);
      },
    }),
    register('FPSR', [3, 3, 4, 4, 1], {
      el: 0,
      mask: BigInt(FPSR_MASK),
      read: (cpu) => BigInt(cpu.fpsr >>> 0),
      write(cpu, value) {
        cpu.fpsr = Number(value);
      },
    }),
    // Hypervisor's registers that the model acts on or carries: out of reach of EL1.
    register('VMPIDR_EL2', [3, 4, 0, 0, 5], { slot: SLOT.VMPIDR_EL2, el: 2 }),
    register('HCR_EL2', [3, 4, 1, 1, 0], { slot: SLOT.HCR_EL2, el: 2 }),
    register('MDCR_EL2', [3, 4, 1, 1, 1], { slot: SLOT.MDCR_EL2, el: 2 }),
    register('CPTR_EL2', [3, 4, 1, 1, 2], { slot: SLOT.CPTR_EL2, el: 2 }),
    register('HSTR_EL2', [3, 4, 1, 1, 3], { slot: SLOT.HSTR_EL2, el: 2 }),
    register('VTTBR_EL2', [3, 4, 2, 1, 0], { slot: SLOT.VTTBR_EL2, el: 2 }),
    register('VTCR_EL2', [3, 4, 2, 1, 2], { slot: SLOT.VTCR_EL2, el: 2 }),
    register('VSESR_EL2', [3, 4, 5, 2, 3], { slot: SLOT.VSESR_EL2, el: 2, feature: 'ras' }),
  ];
}
