/** Address translation of all vCPUs: regimes, walks, cached translations and the fast TLBs of generated code. */
import type { Cpu } from '../cpu.js';
import type { MemoryMap } from '../engine/layout.js';
import { S, TLB_CONTEXTS } from '../engine/layout.js';
import { DirtyPages } from './dirty-pages.js';
import { FastTlb } from './fast-tlb.js';
import { PSTATE } from './pstate.js';
import { type Range, Regime, SCTLR } from './regime.js';
import { low as lowOf, SLOT } from './slots.js';
import { TableWatch } from './table-watch.js';
import { Entry, Translations } from './translations.js';
import { Fault, OK, Update, Walker } from './walk.js';

/** What an access wants of a translation. */
export const Want = {
  WRITE: 1,
  FETCH: 2,
  /** With EL0's permissions. */
  USER: 4,
  /** PSTATE.PAN holds. */
  PAN: 8,
  /** Any permission will do (cache maintenance at EL1). */
  ANY: 16,
} as const;

const FPEN_SHIFT = 20;
const NONE = -1;
/** Data contexts. */
const EL0 = 0;
const EL1 = 1;
const EL1_PAN = 2;

export class Mmu {
  /** Results of `translate`: physical address, exact. */
  physical = 0;
  /** The MAIR byte; 0 is Device-nGnRnE. */
  attributes = 0;
  /** Bits of the translation (see Entry); 0 with the MMU off. */
  bits = 0;
  /** A write with the same rights needs nothing more. */
  writable = false;
  /** A translation has gone by which the present instructions may have been fetched. */
  fetchStale = false;
  readonly fast: FastTlb;
  readonly tables: TableWatch;
  readonly dirty: DirtyPages;
  readonly #regimes: readonly Regime[];
  readonly #translations: Translations;
  readonly #walker: Walker;
  readonly #cpu: Cpu;
  readonly #map: MemoryMap;
  /** The roots (low, high) that each data and fetch TLB was filled under. */
  readonly #dataRoots: Int32Array;
  readonly #fetchRoots: Int32Array;
  /** Whether a fetch TLB holds addresses of TTBR0. */
  readonly #fetchedLow: Uint8Array;
  readonly #rootOf = (base: number, half: number): number => this.#root(base, half);

  constructor(cpu: Cpu, memory: WebAssembly.Memory, map: MemoryMap, vcpus: number) {
    this.#cpu = cpu;
    this.#map = map;
    this.#regimes = Array.from({ length: vcpus }, () => new Regime());
    this.#translations = new Translations(vcpus);
    this.dirty = new DirtyPages(map, () => this.fast.protectAll());
    this.fast = new FastTlb(memory, map, vcpus, this.dirty.used);
    this.tables = new TableWatch(memory, map, (physical) => cpu.ram.host(physical), {
      protect: (page) => this.fast.protect(page),
      forgetPage: (address) => this.#forgetPage(address),
      forgetAll: () => this.forgetAll(),
    });
    this.#walker = new Walker(cpu, this.tables, this.dirty);
    this.#dataRoots = new Int32Array(vcpus * TLB_CONTEXTS * 2).fill(NONE);
    this.#fetchRoots = new Int32Array(vcpus * 4).fill(NONE);
    this.#fetchedLow = new Uint8Array(vcpus * 2);
  }

  /** The running vCPU's regime. */
  get regime(): Regime {
    return this.#regimes[this.#cpu.vcpu]!;
  }

  /**
   * Translates and checks an access of the running vCPU.
   * @param want bits of Want
   * @returns OK with the results in the fields, or a fault status code with its level
   */
  translate(low: number, high: number, want: number): number {
    const { vcpu } = this.#cpu;
    const regime = this.#regimes[vcpu]!;
    const half = (high >>> 23) & 1;
    const range = regime.ranges[half]!;
    if (!regime.enabled) return this.#flat(range, low, high, want);
    if (!inRange(range, low, high, half)) return Fault.Translation;
    const translations = this.#translations;
    let index = translations.find(vcpu, low, high, range.root);
    if (index < 0) {
      const fault = this.#walker.walk(regime, range, low, high, half, Update.AccessFlag);
      if (fault !== OK) return fault;
      index = this.#insert(low, high, range);
    }
    let bits = translations.bits(index);
    if (!permits(regime, bits, want)) return Fault.Permission | levelOf(bits);
    if (bits & Entry.CLEAN && want & Want.WRITE) {
      this.#walker.walk(regime, range, low, high, half, Update.Dirty);
      index = this.#insert(low, high, range);
      bits = translations.bits(index);
    }
    this.#result(regime, bits, want, translations.physical(index) + (low & 0xfff));
    return OK;
  }

  /** As `translate`, without changing the tables: for address translation instructions and debuggers. */
  probe(low: number, high: number, want: number): number {
    const { regime } = this;
    const half = (high >>> 23) & 1;
    const range = regime.ranges[half]!;
    if (!regime.enabled) return this.#flat(range, low, high, want);
    if (!inRange(range, low, high, half)) return Fault.Translation;
    const fault = this.#walker.walk(regime, range, low, high, half, Update.None);
    if (fault !== OK) return fault;
    const { bits, physical } = this.#walker;
    if (!permits(regime, bits, want)) return Fault.Permission | levelOf(bits);
    this.#result(regime, bits, want, physical + (low & 0xfff));
    return OK;
  }

  #result(regime: Regime, bits: number, want: number, physical: number): void {
    this.bits = bits;
    this.attributes = (bits >>> Entry.ATTRIBUTES_SHIFT) & 0xff;
    this.physical = physical;
    this.writable = !(bits & Entry.CLEAN) && permits(regime, bits, want | Want.WRITE);
  }

  /** The MMU off: VA = PA, data is Device-nGnRnE (D8.2.9). */
  #flat(range: Range, low: number, high: number, want: number): number {
    const upper = range.ignoreTop ? high & 0xff_ffff : high >>> 0;
    if (upper >>> (this.#cpu.profile.physicalBits - 32)) return Fault.AddressSize;
    this.bits = 0;
    this.attributes = want & Want.FETCH ? 0xff : 0;
    this.physical = upper * 2 ** 32 + (low >>> 0);
    this.writable = true;
    return OK;
  }

  #insert(low: number, high: number, range: Range): number {
    const { bits, physical } = this.#walker;
    return this.#translations.insert(this.#cpu.vcpu, low, high, range.root, physical, bits);
  }

  /** Whether TBI applies to an address. */
  ignoresTop(high: number): boolean {
    return this.regime.ranges[(high >>> 23) & 1]!.ignoreTop;
  }

  /** A fetch TLB entry for this address is about to be made. */
  noteFetch(high: number): void {
    if (!(high & 0x80_0000)) this.#fetchedLow[this.#cpu.vcpu * 2 + this.#cpu.el] = 1;
  }

  // ---- contexts

  /** After a change of EL, SCTLR_EL1.{SA,SA0}, CPACR_EL1, PAN, UAO or a table base. */
  switchContext(): void {
    const { i32, vcpu } = this.#cpu;
    const el = i32[S.EL >> 2]!;
    const pstate = i32[S.PSTATE >> 2]!;
    const sctlr = lowOf(this.#cpu, SLOT.SCTLR_EL1);
    const fpen = (lowOf(this.#cpu, SLOT.CPACR_EL1) >>> FPEN_SHIFT) & 3;
    i32[S.FPEN >> 2] = fpen === 3 || (fpen === 1 && el === 1) ? 1 : 0;
    i32[S.SPCHECK >> 2] = sctlr & (el ? SCTLR.SA : SCTLR.SA0) ? 15 : 0;
    const context = el === 0 ? EL0 : pstate & PSTATE.PAN ? EL1_PAN : EL1;
    this.#adopt(vcpu, context);
    const tlb = this.fast.data(vcpu, context);
    i32[S.TLB >> 2] = tlb;
    if (el === 0 || pstate & PSTATE.UAO) i32[S.TLB_UNPRIV >> 2] = tlb;
    else i32[S.TLB_UNPRIV >> 2] = this.#isAdopted(vcpu, EL0) ? this.fast.data(vcpu, EL0) : this.#map.noTlb;
    this.#adoptFetches(vcpu, el);
    i32[S.ITLB >> 2] = this.fast.fetch(vcpu, el);
    this.#cpu.contextChanged = true;
  }

  /** EL0's data TLB is wanted at EL1 for unprivileged accesses. */
  adoptUnprivileged(): void {
    const { i32, vcpu } = this.#cpu;
    if (i32[S.TLB_UNPRIV >> 2] !== this.#map.noTlb) return;
    this.#adopt(vcpu, EL0);
    i32[S.TLB_UNPRIV >> 2] = this.fast.data(vcpu, EL0);
  }

  #isAdopted(vcpu: number, context: number): boolean {
    const { ranges } = this.#regimes[vcpu]!;
    const i = (vcpu * TLB_CONTEXTS + context) * 2;
    return this.#dataRoots[i] === ranges[0].root && this.#dataRoots[i + 1] === ranges[1].root;
  }

  #adopt(vcpu: number, context: number): void {
    if (this.#isAdopted(vcpu, context)) return;
    const { ranges } = this.#regimes[vcpu]!;
    const i = (vcpu * TLB_CONTEXTS + context) * 2;
    if (this.#dataRoots[i + 1] === ranges[1].root) this.fast.forgetLow(vcpu, context);
    else this.fast.forgetContext(vcpu, context);
    this.#dataRoots[i] = ranges[0].root;
    this.#dataRoots[i + 1] = ranges[1].root;
  }

  #adoptFetches(vcpu: number, el: number): void {
    const { ranges } = this.#regimes[vcpu]!;
    const n = vcpu * 2 + el;
    const sameHigh = this.#fetchRoots[n * 2 + 1] === ranges[1].root;
    if (sameHigh && this.#fetchRoots[n * 2] === ranges[0].root) return;
    if (!sameHigh || this.#fetchedLow[n]) {
      this.fast.forgetFetches(vcpu, el);
      this.#fetchedLow[n] = 0;
      this.fetchStale = true;
    }
    this.#fetchRoots[n * 2] = ranges[0].root;
    this.#fetchRoots[n * 2 + 1] = ranges[1].root;
  }

  /** After TTBR0_EL1 (half 0) or TTBR1_EL1 was written: goes on behind the instruction. */
  tableBaseChanged(half: 0 | 1): void {
    this.regime.loadBase(this.#cpu, half, this.#rootOf);
    this.switchContext();
    this.refetch();
  }

  /** After a change of SCTLR_EL1, TCR_EL1 or MAIR_EL1 that existing translations do not follow, or of all state. */
  regimeChanged(): void {
    this.regime.load(this.#cpu, this.#rootOf);
    this.#translations.forgetVcpu(this.#cpu.vcpu);
    this.fast.emptyVcpu(this.#cpu.vcpu);
    this.fetchStale = true;
    this.switchContext();
  }

  /** Makes the next instruction be fetched anew where its translation may have gone. */
  refetch(): void {
    if (!this.fetchStale) return;
    this.fetchStale = false;
    this.#cpu.resync();
  }

  // ---- forgetting

  #forgetPage(address: number): void {
    const half = address >= 2 ** 48 ? 1 : 0;
    const va = address - half * 2 ** 48;
    const low = va | 0;
    const high = Math.floor(va / 2 ** 32) | (half ? 0xffff_0000 : 0);
    this.#translations.forgetPage(low, high);
    this.fast.forgetPage(low, high);
    this.fetchStale = true;
  }

  /** Forgets everything that any vCPU has cached. */
  forgetAll(): void {
    this.#translations.forgetAll();
    this.fast.emptyAll();
    this.tables.reset();
    this.fetchStale = true;
  }

  #root(base: number, half: number): number {
    const root = this.#translations.root(base, half);
    if (root >= 0) return root;
    this.forgetAll();
    this.#translations.forgetRoots();
    for (const { ranges } of this.#regimes) {
      for (const h of [0, 1] as const) ranges[h].root = this.#translations.root(ranges[h].base, h);
    }
    this.#dataRoots.fill(NONE);
    this.#fetchRoots.fill(NONE);
    return this.#translations.root(base, half);
  }
}

const levelOf = (bits: number): number => (bits >>> Entry.LEVEL_SHIFT) & 3;

/** Whether the bits above the input size are copies of bit 55, but for the top byte under TBI (D8.2.6). */
function inRange(range: Range, low: number, high: number, half: number): boolean {
  const upper = range.ignoreTop ? (high << 8) >> 8 : high | 0;
  const { inputBits } = range;
  if (inputBits >= 32) return upper >> (inputBits - 32) === -half;
  return upper === -half && (low | 0) >> inputBits === -half;
}

/** Data and instruction permissions (D8.4), for the rights that `want` names. */
function permits(regime: Regime, bits: number, want: number): boolean {
  if (want & Want.ANY) return true;
  const user = (bits & Entry.USER) !== 0;
  const writable = !(bits & Entry.READ_ONLY);
  if (want & Want.FETCH) {
    const { writeImpliesXn } = regime;
    if (want & Want.USER) return !(bits & Entry.UXN) && !(writeImpliesXn && user && writable);
    return !(bits & Entry.PXN) && !(writeImpliesXn && writable) && !(user && writable);
  }
  if (want & Want.USER ? !user : user && (want & Want.PAN) !== 0) return false;
  return writable || !(want & Want.WRITE);
}
