/**
 * The virtual CPU interface of one PE (IHI 0069H, chapter 6 and 12.2, 12.4): ICC_*_EL1 as EL1 sees them while
 * HCR_EL2.{IMO,FMO} are set, and the ICH_*_EL2 registers behind them. One class, because every access works on the same
 * few fields and each must leave the signals right.
 */

import { LR_ACTIVE, LR_INVALID, LR_PENDING, packListRegister, unpackListRegister } from './list-register.js';
import { activePriorityBit, groupPriorityMask, runningPriority } from './priority.js';
import {
  CTLR_CBPR,
  CTLR_CONSTANT,
  CTLR_EOIMODE,
  FIRST_LPI_INTID,
  FIRST_SPECIAL_INTID,
  HCR_EN,
  HCR_EOICOUNT_SHIFT,
  HCR_LRENPIE,
  HCR_MASK,
  HCR_NPIE,
  HCR_UIE,
  HCR_VGRP0DIE,
  HCR_VGRP0EIE,
  HCR_VGRP1DIE,
  HCR_VGRP1EIE,
  type IccRegister,
  type IchRegister,
  IDLE_PRIORITY,
  MAX_LIST_REGISTERS,
  MIN_BPR0,
  MIN_BPR1,
  MISR_EOI,
  MISR_LRENP,
  MISR_NP,
  MISR_U,
  MISR_VGRP0D,
  MISR_VGRP0E,
  MISR_VGRP1D,
  MISR_VGRP1E,
  PRIORITY_MASK,
  SPURIOUS_INTID,
  SRE_VALUE,
  trapBits,
  VMCR_VBPR0_SHIFT,
  VMCR_VBPR1_SHIFT,
  VMCR_VCBPR,
  VMCR_VENG0,
  VMCR_VENG1,
  VMCR_VEOIM,
  VMCR_VFIQEN,
  VMCR_VPMR_SHIFT,
  VTR_CONSTANT,
} from './registers.js';

/** Everything the interface holds, by register. */
export interface GicCpuInterfaceState {
  /** ICH_LR<n>_EL2, as many as there are. */
  lr: bigint[];
  /** ICH_HCR_EL2 with EOIcount, 32 bits unsigned. */
  hcr: number;
  /** ICH_VMCR_EL2, 32 bits unsigned. */
  vmcr: number;
  ap0r0: number;
  ap1r0: number;
  /** See `changed` of the interface. */
  changed: boolean;
}

/** Off, empty, smallest binary points, everything masked. */
export function resetGicCpuInterfaceState(listRegisters = 4): GicCpuInterfaceState {
  return {
    lr: new Array<bigint>(listRegisters).fill(0n),
    hcr: 0,
    vmcr: (VMCR_VFIQEN | (MIN_BPR0 << VMCR_VBPR0_SHIFT) | (MIN_BPR1 << VMCR_VBPR1_SHIFT)) >>> 0,
    ap0r0: 0,
    ap1r0: 0,
    changed: false,
  };
}

export class GicCpuInterface {
  /** Number of list registers, 1 to 16. */
  readonly listRegisters: number;
  /** The virtual IRQ and FIQ inputs of the PE (HCR_EL2.{VI,VF} aside), right after every access. */
  virq = false;
  vfiq = false;
  /** Level of the maintenance interrupt. */
  maintenance = false;
  /** Whether EL1 changed a list register or EOIcount since `clearChanged`: a sync with this false learns nothing. */
  changed = false;

  #lrState: Uint8Array;
  #lrIntid: Uint16Array;
  #lrPriority: Uint8Array;
  #lrGroup: Uint8Array;
  #lrHw: Uint8Array;
  #lrEoi: Uint8Array;
  #lrPintid: Uint16Array;
  #hcr = 0;
  #eoiCount = 0;
  #enable0 = false;
  #enable1 = false;
  #cbpr = false;
  #eoiMode = false;
  #bpr0 = MIN_BPR0;
  #bpr1 = MIN_BPR1;
  #pmr = 0;
  #ap0 = 0;
  #ap1 = 0;
  /** List register of the highest priority pending interrupt of an enabled group; -1: none. */
  #best = -1;
  #misr = 0;
  #eisr = 0;

  /**
   * Throws a RangeError for a number of list registers that no GIC has, or a state of another number of them.
   */
  constructor(state?: GicCpuInterfaceState, opts: { listRegisters?: number } = {}) {
    const count = opts.listRegisters ?? state?.lr.length ?? 4;
    if (!Number.isInteger(count) || count < 1 || count > MAX_LIST_REGISTERS) {
      throw new RangeError(`listRegisters ${count}: a GIC has 1 to ${MAX_LIST_REGISTERS}`);
    }
    this.listRegisters = count;
    this.#lrState = new Uint8Array(count);
    this.#lrIntid = new Uint16Array(count);
    this.#lrPriority = new Uint8Array(count);
    this.#lrGroup = new Uint8Array(count);
    this.#lrHw = new Uint8Array(count);
    this.#lrEoi = new Uint8Array(count);
    this.#lrPintid = new Uint16Array(count);
    this.restore(state ?? resetGicCpuInterfaceState(count));
  }

  save(): GicCpuInterfaceState {
    return {
      lr: Array.from({ length: this.listRegisters }, (_, n) => this.readLr(n)),
      hcr: this.#readHcr(),
      vmcr: this.#readVmcr(),
      ap0r0: this.#ap0 >>> 0,
      ap1r0: this.#ap1 >>> 0,
      changed: this.changed,
    };
  }

  /** Throws a RangeError where the state has another number of list registers. */
  restore(state: GicCpuInterfaceState): void {
    if (state.lr.length !== this.listRegisters) {
      throw new RangeError(`state of ${state.lr.length} list registers: this interface has ${this.listRegisters}`);
    }
    for (const [n, value] of state.lr.entries()) this.#setLr(n, value);
    this.#writeHcr(state.hcr);
    this.#writeVmcr(state.vmcr);
    this.#ap0 = state.ap0r0 | 0;
    this.#ap1 = state.ap1r0 | 0;
    this.changed = state.changed;
    this.#update();
  }

  // What EL1 reaches.

  /** An ICC_*_EL1 read with its side effects. RangeError for a write-only register: that access is UNDEFINED. */
  readIcc(register: IccRegister): bigint {
    return BigInt(this.readIccNumber(register));
  }

  /** As `readIcc`, without the bigint. */
  readIccNumber(register: IccRegister): number {
    switch (register) {
      case 'ICC_IAR1_EL1':
        return this.acknowledge(1);
      case 'ICC_IAR0_EL1':
        return this.acknowledge(0);
      case 'ICC_HPPIR1_EL1':
        return this.#highestPending(1);
      case 'ICC_HPPIR0_EL1':
        return this.#highestPending(0);
      case 'ICC_PMR_EL1':
        return this.#pmr;
      case 'ICC_RPR_EL1':
        return runningPriority(this.#ap0 | this.#ap1);
      case 'ICC_BPR0_EL1':
        return this.#bpr0;
      case 'ICC_BPR1_EL1':
        return this.#cbpr ? Math.min(this.#bpr0 + 1, 7) : this.#bpr1;
      case 'ICC_CTLR_EL1':
        return CTLR_CONSTANT | (this.#cbpr ? CTLR_CBPR : 0) | (this.#eoiMode ? CTLR_EOIMODE : 0);
      case 'ICC_IGRPEN0_EL1':
        return this.#enable0 ? 1 : 0;
      case 'ICC_IGRPEN1_EL1':
        return this.#enable1 ? 1 : 0;
      case 'ICC_SRE_EL1':
        return SRE_VALUE;
      case 'ICC_AP0R0_EL1':
        return this.#ap0 >>> 0;
      case 'ICC_AP1R0_EL1':
        return this.#ap1 >>> 0;
      default:
        throw new RangeError(`${register}: write-only; the access is UNDEFINED and must not get here`);
    }
  }

  /** An ICC_*_EL1 write with its side effects. RangeError for a read-only register: that access is UNDEFINED. */
  writeIcc(register: IccRegister, value: bigint): void {
    this.writeIccNumber(register, Number(BigInt.asUintN(32, value)));
  }

  /** As `writeIcc`, with the low 32 bits as a number. */
  writeIccNumber(register: IccRegister, value: number): void {
    switch (register) {
      case 'ICC_EOIR1_EL1':
        this.endOfInterrupt(1, value & 0xffffff);
        return;
      case 'ICC_EOIR0_EL1':
        this.endOfInterrupt(0, value & 0xffffff);
        return;
      case 'ICC_DIR_EL1':
        this.#deactivateById(value & 0xffffff);
        return;
      case 'ICC_PMR_EL1':
        this.#pmr = value & PRIORITY_MASK;
        break;
      case 'ICC_BPR0_EL1':
        this.#bpr0 = Math.max(value & 7, MIN_BPR0);
        break;
      case 'ICC_BPR1_EL1':
        if (!this.#cbpr) this.#bpr1 = Math.max(value & 7, MIN_BPR1);
        break;
      case 'ICC_CTLR_EL1':
        this.#cbpr = (value & CTLR_CBPR) !== 0;
        this.#eoiMode = (value & CTLR_EOIMODE) !== 0;
        break;
      case 'ICC_IGRPEN0_EL1':
        this.#enable0 = (value & 1) !== 0;
        break;
      case 'ICC_IGRPEN1_EL1':
        this.#enable1 = (value & 1) !== 0;
        break;
      case 'ICC_SRE_EL1':
        return;
      case 'ICC_AP0R0_EL1':
        this.#ap0 = value | 0;
        break;
      case 'ICC_AP1R0_EL1':
        this.#ap1 = value | 0;
        break;
      default:
        throw new RangeError(`${register}: read-only; the access is UNDEFINED and must not get here`);
    }
    this.#update();
  }

  /** Whether ICH_HCR_EL2 traps EL1's accesses to this register to EL2. */
  traps(register: IccRegister): boolean {
    return (this.#hcr & trapBits(register)) !== 0;
  }

  /** ICC_IAR<group>_EL1: the INTID acknowledged, or 1023. */
  acknowledge(group: 0 | 1): number {
    if (!(group === 1 ? this.virq : this.vfiq)) return SPURIOUS_INTID;
    const n = this.#best;
    const intid = this.#lrIntid[n]!;
    this.changed = true;
    if (intid >= FIRST_SPECIAL_INTID && intid <= SPURIOUS_INTID) {
      this.#lrState[n] = LR_INVALID;
    } else {
      const bit = activePriorityBit(this.#lrPriority[n]! & this.#groupMask(group));
      if (group === 1) this.#ap1 |= bit;
      else this.#ap0 |= bit;
      this.#lrState[n] = LR_ACTIVE;
    }
    this.#update();
    return intid;
  }

  /**
   * ICC_EOIR<group>_EL1. With no active priority the write does nothing (CONSTRAINED UNPREDICTABLE, 12.4.3 EOIcount);
   * an INTID of the other group drops the priority and is not deactivated. LPIs have no active state that ICC_DIR_EL1
   * would end, so that their list register is done with here whatever EOImode says.
   */
  endOfInterrupt(group: 0 | 1, intid: number): void {
    if (intid >= FIRST_SPECIAL_INTID && intid <= SPURIOUS_INTID) return;
    if (!this.#dropPriority()) return;
    if (!this.#eoiMode || intid >= FIRST_LPI_INTID) {
      const n = this.#findActive(intid);
      if (n < 0) this.#countEoi(intid);
      else if (this.#lrGroup[n] === group) this.#deactivate(n);
    }
    this.#update();
  }

  // What EL2 reaches.

  readLr(n: number): bigint {
    return packListRegister({
      state: this.#lrState[n]!,
      intid: this.#lrIntid[n]!,
      priority: this.#lrPriority[n]!,
      group: this.#lrGroup[n] === 1 ? 1 : 0,
      hw: this.#lrHw[n] === 1,
      pintid: this.#lrPintid[n]!,
      eoi: this.#lrEoi[n] === 1,
    });
  }

  writeLr(n: number, value: bigint): void {
    this.#setLr(n, value);
    this.#update();
  }

  /** State field of a list register: bit 0 pending, bit 1 active. */
  lrState(n: number): number {
    return this.#lrState[n]!;
  }

  lrPriority(n: number): number {
    return this.#lrPriority[n]!;
  }

  /** Several list registers without a bigint each: the signals are right after the next `writeHcrNumber`. */
  loadLr(n: number, state: number, intid: number, priority: number, group: 0 | 1, eoi: boolean): void {
    this.#lrState[n] = state;
    this.#lrIntid[n] = intid;
    this.#lrPriority[n] = priority & PRIORITY_MASK;
    this.#lrGroup[n] = group;
    this.#lrHw[n] = 0;
    this.#lrPintid[n] = 0;
    this.#lrEoi[n] = eoi ? 1 : 0;
  }

  /** An ICH_*_EL2 read. */
  readIch(register: IchRegister): bigint {
    switch (register) {
      case 'ICH_HCR_EL2':
        return BigInt(this.#readHcr());
      case 'ICH_VTR_EL2':
        return BigInt(VTR_CONSTANT + this.listRegisters - 1);
      case 'ICH_VMCR_EL2':
        return BigInt(this.#readVmcr());
      case 'ICH_MISR_EL2':
        return BigInt(this.#misr);
      case 'ICH_EISR_EL2':
        return BigInt(this.#eisr);
      case 'ICH_ELRSR_EL2':
        return BigInt(this.#emptyListRegisters());
      case 'ICH_AP0R0_EL2':
        return BigInt(this.#ap0 >>> 0);
      case 'ICH_AP1R0_EL2':
        return BigInt(this.#ap1 >>> 0);
    }
  }

  /** An ICH_*_EL2 write. RangeError for a read-only register: that access is UNDEFINED. */
  writeIch(register: IchRegister, value: bigint): void {
    const low = Number(BigInt.asUintN(32, value));
    switch (register) {
      case 'ICH_HCR_EL2':
        this.#writeHcr(low);
        break;
      case 'ICH_VMCR_EL2':
        this.#writeVmcr(low);
        break;
      case 'ICH_AP0R0_EL2':
        this.#ap0 = low | 0;
        break;
      case 'ICH_AP1R0_EL2':
        this.#ap1 = low | 0;
        break;
      default:
        throw new RangeError(`${register}: read-only; the access is UNDEFINED and must not get here`);
    }
    this.#update();
  }

  /** ICH_HCR_EL2 as a number; EOIcount is the field's. */
  writeHcrNumber(value: number): void {
    this.#writeHcr(value);
    this.#update();
  }

  get eoiCount(): number {
    return this.#eoiCount;
  }

  /** EOIcount to 0. */
  clearEoiCount(): void {
    if (this.#eoiCount === 0) return;
    this.#eoiCount = 0;
    this.#update();
  }

  /** Active priorities of group 0 and group 1. */
  get ap0r0(): number {
    return this.#ap0 >>> 0;
  }

  get ap1r0(): number {
    return this.#ap1 >>> 0;
  }

  /** ICH_VMCR_EL2.VEOIM. */
  get eoiMode(): boolean {
    return this.#eoiMode;
  }

  /** ICH_VMCR_EL2.VENG<group>. */
  groupEnabled(group: 0 | 1): boolean {
    return group === 1 ? this.#enable1 : this.#enable0;
  }

  /** Whether a pending interrupt of this priority and group, were it in a list register, would be signalled. */
  wouldSignal(priority: number, group: 0 | 1): boolean {
    return (this.#hcr & HCR_EN) !== 0 && this.groupEnabled(group) && this.#canPreempt(priority, group);
  }

  /** What EL1 changed has been read. */
  clearChanged(): void {
    this.changed = false;
  }

  #setLr(n: number, value: bigint): void {
    const lr = unpackListRegister(value);
    this.loadLr(n, lr.state, lr.intid, lr.priority, lr.group, lr.eoi);
    this.#lrHw[n] = lr.hw ? 1 : 0;
    this.#lrPintid[n] = lr.pintid;
  }

  #readHcr(): number {
    return (this.#hcr | (this.#eoiCount << HCR_EOICOUNT_SHIFT)) >>> 0;
  }

  #writeHcr(value: number): void {
    this.#hcr = value & HCR_MASK;
    this.#eoiCount = value >>> HCR_EOICOUNT_SHIFT;
  }

  #readVmcr(): number {
    return (
      (VMCR_VFIQEN |
        (this.#enable0 ? VMCR_VENG0 : 0) |
        (this.#enable1 ? VMCR_VENG1 : 0) |
        (this.#cbpr ? VMCR_VCBPR : 0) |
        (this.#eoiMode ? VMCR_VEOIM : 0) |
        (this.#bpr1 << VMCR_VBPR1_SHIFT) |
        (this.#bpr0 << VMCR_VBPR0_SHIFT) |
        (this.#pmr << VMCR_VPMR_SHIFT)) >>>
      0
    );
  }

  #writeVmcr(value: number): void {
    this.#enable0 = (value & VMCR_VENG0) !== 0;
    this.#enable1 = (value & VMCR_VENG1) !== 0;
    this.#cbpr = (value & VMCR_VCBPR) !== 0;
    this.#eoiMode = (value & VMCR_VEOIM) !== 0;
    this.#bpr1 = Math.max((value >>> VMCR_VBPR1_SHIFT) & 7, MIN_BPR1);
    this.#bpr0 = Math.max((value >>> VMCR_VBPR0_SHIFT) & 7, MIN_BPR0);
    this.#pmr = (value >>> VMCR_VPMR_SHIFT) & PRIORITY_MASK;
  }

  #groupMask(group: number): number {
    return groupPriorityMask(group === 1 && !this.#cbpr ? this.#bpr1 - 1 : this.#bpr0);
  }

  #canPreempt(priority: number, group: number): boolean {
    if (priority >= this.#pmr) return false;
    const running = runningPriority(this.#ap0 | this.#ap1);
    if (running === IDLE_PRIORITY) return true;
    const mask = this.#groupMask(group);
    return (priority & mask) < (running & mask);
  }

  #highestPending(group: number): number {
    return this.#best >= 0 && this.#lrGroup[this.#best] === group ? this.#lrIntid[this.#best]! : SPURIOUS_INTID;
  }

  /** Clears the highest active priority; group 0's where both groups have it. False: there is none. */
  #dropPriority(): boolean {
    const active = this.#ap0 | this.#ap1;
    if (active === 0) return false;
    const bit = active & -active;
    if (this.#ap0 & bit) this.#ap0 &= ~bit;
    else this.#ap1 &= ~bit;
    return true;
  }

  #findActive(intid: number): number {
    for (let n = 0; n < this.listRegisters; n++) {
      if (this.#lrIntid[n] === intid && this.#lrState[n]! & LR_ACTIVE) return n;
    }
    return -1;
  }

  #deactivate(n: number): void {
    this.#lrState[n]! &= ~LR_ACTIVE;
    this.changed = true;
  }

  #deactivateById(intid: number): void {
    // A write with EOImode 0 is UNPREDICTABLE; this interface ignores it.
    if (!this.#eoiMode || (intid >= FIRST_SPECIAL_INTID && intid <= SPURIOUS_INTID)) return;
    const n = this.#findActive(intid);
    if (n < 0) this.#countEoi(intid);
    else this.#deactivate(n);
    this.#update();
  }

  #countEoi(intid: number): void {
    if (intid >= FIRST_LPI_INTID) return;
    this.#eoiCount = (this.#eoiCount + 1) & 31;
    this.changed = true;
  }

  #emptyListRegisters(): number {
    let empty = 0;
    for (let n = 0; n < this.listRegisters; n++) {
      if (this.#lrState[n] === LR_INVALID && (this.#lrHw[n] || !this.#lrEoi[n])) empty |= 1 << n;
    }
    return empty;
  }

  /** Recomputes what hardware derives: highest pending interrupt, signals, EISR, MISR. */
  #update(): void {
    const state = this.#lrState;
    let best = -1;
    let bestPriority = 0x100;
    let valid = 0;
    let pending = false;
    let eisr = 0;
    for (let n = 0; n < state.length; n++) {
      const s = state[n]!;
      if (s === LR_INVALID) {
        if (this.#lrEoi[n]) eisr |= 1 << n;
        continue;
      }
      valid++;
      if (s !== LR_PENDING) continue;
      pending = true;
      if (this.#lrPriority[n]! < bestPriority && (this.#lrGroup[n] ? this.#enable1 : this.#enable0)) {
        best = n;
        bestPriority = this.#lrPriority[n]!;
      }
    }
    const hcr = this.#hcr;
    const group = best < 0 ? 0 : this.#lrGroup[best]!;
    const signal = best >= 0 && (hcr & HCR_EN) !== 0 && this.#canPreempt(bestPriority, group);
    this.#best = best;
    this.virq = signal && group === 1;
    this.vfiq = signal && group === 0;
    this.#eisr = eisr;
    this.#misr =
      (eisr ? MISR_EOI : 0) |
      (hcr & HCR_UIE && valid <= 1 ? MISR_U : 0) |
      (hcr & HCR_LRENPIE && this.#eoiCount ? MISR_LRENP : 0) |
      (hcr & HCR_NPIE && !pending ? MISR_NP : 0) |
      (hcr & HCR_VGRP0EIE && this.#enable0 ? MISR_VGRP0E : 0) |
      (hcr & HCR_VGRP0DIE && !this.#enable0 ? MISR_VGRP0D : 0) |
      (hcr & HCR_VGRP1EIE && this.#enable1 ? MISR_VGRP1E : 0) |
      (hcr & HCR_VGRP1DIE && !this.#enable1 ? MISR_VGRP1D : 0);
    this.maintenance = (hcr & HCR_EN) !== 0 && this.#misr !== 0;
  }
}
