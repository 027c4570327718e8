/** Stage 1 translation table walks for EL1&0 with 4, 16 and 64 KiB granules and 48-bit addresses (Arm ARM D8). */
import type { Cpu } from '../cpu.js';
import type { DirtyPages } from './dirty-pages.js';
import type { Range, Regime } from './regime.js';
import type { TableWatch } from './table-watch.js';
import { Entry } from './translations.js';

/** Fault status codes without their level (DFSC and IFSC, D17.2.37). */
export const Fault = {
  AddressSize: 0x00,
  Translation: 0x04,
  AccessFlag: 0x08,
  Permission: 0x0c,
  External: 0x10,
  ExternalOnWalk: 0x14,
  Alignment: 0x21,
  Debug: 0x22,
  UnsupportedAtomic: 0x35,
} as const;

/** Not a fault: level 0 address size faults have code 0. */
export const OK = -1;

/** What a walk may change in the tables. */
export const Update = {
  None: 0,
  /** Set the access flag where hardware does (TCR.HA). */
  AccessFlag: 1,
  /** And the dirty state, for a write (TCR.HD). */
  Dirty: 2,
} as const;

const MAX_LEVELS = 4;
const AF = 1 << 10;
const AP2 = 1 << 7;
const DBM_HIGH = 1 << 19;
const PXN_TABLE_HIGH = 1 << 27;
const UXN_TABLE_HIGH = 1 << 28;
const NO_USER_TABLE_HIGH = 1 << 29;
const READ_ONLY_TABLE_HIGH = 1 << 30;

export class Walker {
  readonly #cpu: Cpu;
  readonly #watch: TableWatch;
  readonly #dirty: DirtyPages;
  /** Result: physical address of the 4 KiB page. */
  physical = 0;
  /** Result: bits of an Entry. */
  bits = 0;
  /** Host addresses of the descriptors on the way, and log2 of what each maps. */
  readonly #descriptors = new Float64Array(MAX_LEVELS);
  readonly #shifts = new Uint8Array(MAX_LEVELS);

  constructor(cpu: Cpu, watch: TableWatch, dirty: DirtyPages) {
    this.#cpu = cpu;
    this.#watch = watch;
    this.#dirty = dirty;
  }

  /**
   * Translates an address of `range`. Bits above the range have been checked.
   * @param update one of Update
   * @returns OK, or a fault status code with its level
   */
  walk(regime: Regime, range: Range, low: number, high: number, half: number, update: number): number {
    const { granule, inputBits } = range;
    const { i32, ram } = this.#cpu;
    if (range.disabled) return Fault.Translation;
    if (range.base >= 2 ** regime.outputBits) return Fault.AddressSize;
    let base = range.base;
    let tableBits = 0;
    let indexBits = inputBits - granule - (3 - range.firstLevel) * (granule - 3);
    for (let level = range.firstLevel, n = 0; ; level++, n++) {
      const shift = granule + (3 - level) * (granule - 3);
      const index = bitsAt(low, high, shift) & ((1 << indexBits) - 1);
      const region = ram.region(base + index * 8);
      if (!region) return Fault.ExternalOnWalk | level;
      const host = region.host + (base + index * 8 - region.base);
      const lower = i32[host >>> 2]!;
      const upper = i32[(host >>> 2) + 1]!;
      const table = (lower & 3) === 3 && level < 3;
      if (!(lower & 1) || (!table && !isLeaf(lower, level, granule))) return Fault.Translation | level;
      if (tooLarge(upper, regime.outputBits)) return Fault.AddressSize | level;
      this.#descriptors[n] = host;
      this.#shifts[n] = shift;
      if (!table) {
        const allowed = region.writable ? update : Update.None;
        return this.#leaf(regime, low, high, half, level, n, tableBits, allowed);
      }
      base = (upper & 0xffff) * 2 ** 32 + ((lower & (-1 << granule)) >>> 0);
      if (!range.flatPermissions) tableBits |= upper & 0x7800_0000;
      indexBits = granule - 3;
    }
  }

  #leaf(
    regime: Regime,
    low: number,
    high: number,
    half: number,
    level: number,
    n: number,
    tableBits: number,
    update: number,
  ): number {
    const host = this.#descriptors[n]!;
    const shift = this.#shifts[n]!;
    let lower = this.#cpu.i32[host >>> 2]!;
    const upper = this.#cpu.i32[(host >>> 2) + 1]!;
    if (!(lower & AF)) {
      if (!regime.hardwareAccessFlag) return Fault.AccessFlag | level;
      lower |= AF;
    }
    const fixed = (tableBits & READ_ONLY_TABLE_HIGH) !== 0;
    const clean = !fixed && regime.hardwareDirty && (lower & AP2) !== 0 && (upper & DBM_HIGH) !== 0;
    if (clean && update === Update.Dirty) lower &= ~AP2;
    if (update !== Update.None && lower !== this.#cpu.i32[host >>> 2]) {
      this.#dirty.mark(host, 4);
      this.#cpu.i32[host >>> 2] = lower;
    }
    let bits = level << Entry.LEVEL_SHIFT;
    if (lower & (1 << 6) && !(tableBits & NO_USER_TABLE_HIGH)) bits |= Entry.USER;
    if (lower & AP2 && clean) bits |= Entry.CLEAN;
    else if (lower & AP2 || fixed) bits |= Entry.READ_ONLY;
    if (upper & (1 << 22) || tableBits & UXN_TABLE_HIGH) bits |= Entry.UXN;
    if (upper & (1 << 21) || tableBits & PXN_TABLE_HIGH) bits |= Entry.PXN;
    bits |= ((lower >>> 8) & 3) << Entry.SHARE_SHIFT;
    bits |= regime.attributes[(lower >>> 2) & 7]! << Entry.ATTRIBUTES_SHIFT;
    this.bits = bits;
    const inside = (1 << shift) - 1;
    this.physical = (upper & 0xffff) * 2 ** 32 + (((lower & ~inside) | (low & inside & ~0xfff)) >>> 0);
    const address = half * 2 ** 48 + (high & 0xffff) * 2 ** 32 + (low >>> 0);
    for (let i = 0; i <= n; i++) this.#watch.use(this.#descriptors[i]!, address, this.#shifts[i]!);
    return OK;
  }
}

/** VA bits from `shift` (12..47) up, at least 16 of them right. */
function bitsAt(low: number, high: number, shift: number): number {
  return shift >= 32 ? (high & 0xffff) >>> (shift - 32) : (low >>> shift) | (high << (32 - shift));
}

/** Whether a valid descriptor that is not a table may be at this level: pages at 3, blocks where the granule has them. */
function isLeaf(lower: number, level: number, granule: number): boolean {
  if (level === 3) return (lower & 2) !== 0;
  return level === 2 || (level === 1 && granule === 12);
}

function tooLarge(upper: number, outputBits: number): boolean {
  return (upper & 0xffff) >>> (outputBits - 32) !== 0;
}
