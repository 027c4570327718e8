/** The EL1&0 translation regime of one vCPU, decoded from SCTLR, TCR, TTBRs and MAIR for the walker (D8.2). */
import type { Cpu } from '../cpu.js';
import { high, low, SLOT } from './slots.js';

/** Bits of SCTLR_EL1 that this model acts on (D17.2.118). */
export const SCTLR = {
  M: 1 << 0,
  A: 1 << 1,
  C: 1 << 2,
  SA: 1 << 3,
  SA0: 1 << 4,
  UMA: 1 << 9,
  I: 1 << 12,
  DZE: 1 << 14,
  UCT: 1 << 15,
  nTWI: 1 << 16,
  nTWE: 1 << 18,
  WXN: 1 << 19,
  SPAN: 1 << 23,
  UCI: 1 << 26,
} as const;

/** One of the two address ranges. */
export interface Range {
  /** Bits of virtual address that the tables translate, 25..48. */
  inputBits: number;
  /** log2 of the granule: 12, 14 or 16. */
  granule: number;
  /** TCR.EPDn: a walk is a translation fault. */
  disabled: boolean;
  /** TCR.TBIn. */
  ignoreTop: boolean;
  /** TCR.HPDn: hierarchical permissions in table descriptors are ignored. */
  flatPermissions: boolean;
  /** Address of the first table, at most 48 bits, exact. */
  base: number;
  firstLevel: number;
  /** Small number that stands for `base` in cached translations. */
  root: number;
}

const newRange = (): Range => ({
  inputBits: 48,
  granule: 12,
  disabled: false,
  ignoreTop: false,
  flatPermissions: false,
  base: 0,
  firstLevel: 0,
  root: 0,
});

const IPS_BITS = [32, 36, 40, 42, 44, 48, 48, 48] as const;
const TG0 = [12, 16, 14, 12] as const;
const TG1 = [12, 14, 12, 16] as const;

/** VA ranges by TxSZ: 16 to 39 (48 to 25 bits); what is outside is taken as the nearest (D8.2.6, constrained). */
const MIN_TSZ = 16;
const MAX_TSZ = 39;

export class Regime {
  enabled = false;
  /** SCTLR.A. */
  alignmentCheck = false;
  writeImpliesXn = false;
  /** Output address bits: TCR.IPS, at most what the profile has. */
  outputBits = 48;
  hardwareAccessFlag = false;
  hardwareDirty = false;
  /** MAIR_EL1 by index. */
  readonly attributes = new Uint8Array(8);
  readonly ranges: readonly [Range, Range] = [newRange(), newRange()];

  /** Reads all registers of the running vCPU. `rootOf` numbers table bases. */
  load(cpu: Cpu, rootOf: (base: number, half: number) => number): void {
    const { profile } = cpu;
    const sctlr = low(cpu, SLOT.SCTLR_EL1);
    const tcr = low(cpu, SLOT.TCR_EL1);
    const tcrHigh = high(cpu, SLOT.TCR_EL1);
    const v8_1 = profile.features.has('lse');
    this.enabled = (sctlr & SCTLR.M) !== 0;
    this.alignmentCheck = (sctlr & SCTLR.A) !== 0;
    this.writeImpliesXn = (sctlr & SCTLR.WXN) !== 0;
    this.outputBits = Math.min(IPS_BITS[tcrHigh & 7]!, profile.physicalBits);
    this.hardwareAccessFlag = profile.hafdbs >= 1 && (tcrHigh & (1 << 7)) !== 0;
    this.hardwareDirty = this.hardwareAccessFlag && profile.hafdbs >= 2 && (tcrHigh & (1 << 8)) !== 0;
    for (let i = 0; i < 8; i++) {
      const word = i < 4 ? low(cpu, SLOT.MAIR_EL1) : high(cpu, SLOT.MAIR_EL1);
      this.attributes[i] = word >>> ((i & 3) * 8);
    }
    for (const half of [0, 1] as const) {
      const range = this.ranges[half];
      const shift = half * 16;
      const tsz = Math.min(Math.max((tcr >>> shift) & 0x3f, MIN_TSZ), MAX_TSZ);
      range.inputBits = 64 - tsz;
      range.granule = half ? TG1[(tcr >>> 30) & 3]! : TG0[(tcr >>> 14) & 3]!;
      // 16 KiB granules are not in Armv8.0 cores' ID registers; a size that is not implemented is taken as 4 KiB.
      if (range.granule === 14 && !v8_1) range.granule = 12;
      range.disabled = (tcr & (1 << (7 + shift))) !== 0;
      range.ignoreTop = (tcrHigh & (1 << (5 + half))) !== 0;
      range.flatPermissions = v8_1 && (tcrHigh & (1 << (9 + half))) !== 0;
      const stride = range.granule - 3;
      range.firstLevel = 4 - Math.ceil((range.inputBits - range.granule) / stride);
      this.loadBase(cpu, half, rootOf);
    }
  }

  /** After a change of TTBR0_EL1 or TTBR1_EL1 alone. */
  loadBase(cpu: Cpu, half: 0 | 1, rootOf: (base: number, half: number) => number): void {
    const range = this.ranges[half];
    const slot = half ? SLOT.TTBR1_EL1 : SLOT.TTBR0_EL1;
    const stride = range.granule - 3;
    const tableBits = 3 + range.inputBits - ((3 - range.firstLevel) * stride + range.granule);
    const baseLow = (low(cpu, slot) & (-1 << Math.max(tableBits, 1))) >>> 0;
    range.base = (high(cpu, slot) & 0xffff) * 2 ** 32 + baseLow;
    range.root = rootOf(range.base, half);
  }
}
