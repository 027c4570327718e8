/** The slow paths of loads, stores and fetches: whatever generated code's TLBs do not answer (see HOST_CALLEES). */
import type { Cpu } from '../cpu.js';
import { Access } from '../engine/emitter.js';
import { S, SCRATCH } from '../engine/layout.js';
import { deviceRead, deviceWrite } from './device-access.js';
import { ExceptionClass, faultAt, synchronous } from './exceptions.js';
import { type Mmu, Want } from './mmu.js';
import { PSTATE } from './pstate.js';
import { Fault, OK } from './walk.js';

/** ISS of data aborts (D17.2.37). */
const WNR = 1 << 6;
const CM = 1 << 8;

/** Guest memory that somebody must be told of when it is written: decoded code. */
export interface CodePages {
  isCode(hostAddress: number): boolean;
  /** Called before the bytes change. */
  written(hostAddress: number, length: number): void;
}

const isDevice = (attributes: number): boolean => (attributes & 0xf0) === 0;

export class MemoryAccess {
  readonly #cpu: Cpu;
  readonly #mmu: Mmu;
  readonly #code: CodePages;

  constructor(cpu: Cpu, mmu: Mmu, code: CodePages) {
    this.#cpu = cpu;
    this.#mmu = mmu;
    this.#code = code;
  }

  /** Host address of the data (in RAM or SCRATCH), or 0 where an exception was taken. */
  read(low: number, high: number, access: number): number {
    const total = access & Access.TOTAL;
    if (!this.#aligned(low, high, access, 0)) return 0;
    const offset = low & 0xfff;
    if (offset + total > 4096) return this.#readAcross(low, high, access);
    const want = this.#want(access);
    if (!this.#translate(low, high, access, want, 0)) return 0;
    const { physical } = this.#mmu;
    const host = this.#cpu.ram.readable(physical);
    if (host >= 0) {
      this.#fill(low, high, access, host);
      return host;
    }
    if (access & Access.PROBE) return SCRATCH;
    if (deviceRead(this.#cpu, physical, total, elementOf(access), SCRATCH)) return SCRATCH;
    this.#abort(low, high, Fault.External, 0);
    return 0;
  }

  /** Writes what is in SCRATCH; 0 done, 1 where an exception was taken. */
  write(low: number, high: number, access: number): number {
    const total = access & Access.TOTAL;
    if (!this.#aligned(low, high, access, WNR)) return 1;
    const offset = low & 0xfff;
    if (offset + total > 4096) return this.#writeAcross(low, high, access);
    const want = this.#want(access) | Want.WRITE;
    if (!this.#translate(low, high, access, want, WNR)) return 1;
    if (access & Access.PROBE) return 0;
    return this.#store(low, high, access, this.#mmu.physical, total, SCRATCH, true) ? 0 : 1;
  }

  /** Host address of RAM that may be read and written, or 0 where an exception was taken. */
  modify(low: number, high: number, access: number): number {
    const total = access & Access.TOTAL;
    if (!this.#aligned(low, high, access, 0)) return 0;
    const want = this.#want(access);
    // A fault that a read alone would have taken reports WnR as 0.
    if (!this.#translate(low, high, access, want, 0)) return 0;
    if (!this.#translate(low, high, access, want | Want.WRITE, WNR)) return 0;
    const region = this.#cpu.ram.region(this.#mmu.physical);
    if (!region?.writable) {
      this.#abort(low, high, Fault.UnsupportedAtomic, 0);
      return 0;
    }
    const host = region.host + (this.#mmu.physical - region.base);
    this.#changing(host, total);
    this.#fill(low, high, access, host);
    return host;
  }

  /** Guest-physical address of the instruction at S.PC, or -1 where an exception was taken instead. */
  fetch(): number {
    const cpu = this.#cpu;
    const { i32 } = cpu;
    const mmu = this.#mmu;
    const low = i32[S.PC >> 2]!;
    let high = i32[(S.PC >> 2) + 1]!;
    // Branches drop a tag that TBI ignores (BranchAddr); the tag has not been looked at until here.
    if (mmu.ignoresTop(high)) i32[(S.PC >> 2) + 1] = high = (high << 8) >> 8;
    if (low & 3) return this.#refuse(ExceptionClass.PcAlignment, 0, low, high);
    const el = i32[S.EL >> 2]!;
    const fault = mmu.translate(low, high, el ? Want.FETCH : Want.FETCH | Want.USER);
    if (fault !== OK) return this.#refuse(ExceptionClass.InstructionAbort + el, fault, low, high);
    const { physical } = mmu;
    if (cpu.ram.host(physical) < 0) {
      return this.#refuse(ExceptionClass.InstructionAbort + el, Fault.External, low, high);
    }
    if (i32[S.PSTATE >> 2]! & PSTATE.IL) {
      if (cpu.system.debug.breakpoint()) return -1;
      synchronous(cpu, ExceptionClass.IllegalState, 0);
      return -1;
    }
    mmu.noteFetch(high);
    return physical;
  }

  /** Cache maintenance by address: translates as a data access that reports CM. False where an exception was taken. */
  maintain(low: number, high: number, want: number): boolean {
    const fault = this.#mmu.translate(low, high, want);
    if (fault === OK) return true;
    this.#abort(low, high, fault, WNR | CM);
    return false;
  }

  #refuse(exceptionClass: number, iss: number, low: number, high: number): number {
    faultAt(this.#cpu, exceptionClass, iss, low, high);
    return -1;
  }

  #want(access: number): number {
    const { i32 } = this.#cpu;
    const pstate = i32[S.PSTATE >> 2]!;
    if (!i32[S.EL >> 2]) return Want.USER;
    if (access & Access.UNPRIVILEGED && !(pstate & PSTATE.UAO)) return Want.USER;
    return pstate & PSTATE.PAN ? Want.PAN : 0;
  }

  /** Alignment that does not depend on memory type: exclusives and the like, and SCTLR.A by element. */
  #aligned(low: number, high: number, access: number, wnr: number): boolean {
    let mask = 0;
    if (access & Access.ALIGNED) mask = (access & Access.TOTAL) - 1;
    else if (this.#mmu.regime.alignmentCheck) mask = elementOf(access) - 1;
    if (!(low & mask)) return true;
    this.#abort(low, high, Fault.Alignment, wnr);
    return false;
  }

  /** Translates one page's part of an access and checks what the memory type and watchpoints say. */
  #translate(low: number, high: number, access: number, want: number, wnr: number): boolean {
    const mmu = this.#mmu;
    const fault = mmu.translate(low, high, want);
    if (fault !== OK) return this.#abort(low, high, fault, wnr);
    if (isDevice(mmu.attributes) && (access & Access.CACHE || low & (elementOf(access) - 1))) {
      return this.#abort(low, high, Fault.Alignment, wnr);
    }
    const { debug } = this.#cpu.system;
    if (!debug.watching) return true;
    const watched = debug.watchpointHit(low, high, access & Access.TOTAL, want);
    if (watched < 0) return true;
    return this.#abortWatched(low, high, watched, wnr);
  }

  #abort(low: number, high: number, status: number, flags: number): false {
    faultAt(this.#cpu, ExceptionClass.DataAbort + this.#cpu.el, status | flags, low, high);
    return false;
  }

  /** `offset`: where the first watched byte is, from the start of the access. */
  #abortWatched(low: number, high: number, offset: number, wnr: number): false {
    const at = (low >>> 0) + offset;
    const carry = at >= 2 ** 32 ? 1 : 0;
    faultAt(this.#cpu, ExceptionClass.Watchpoint + this.#cpu.el, Fault.Debug | wnr, at | 0, (high + carry) | 0);
    return false;
  }

  /** The next access to this page need not come here, if nothing speaks against it. */
  #fill(low: number, high: number, access: number, host: number): void {
    const cpu = this.#cpu;
    const mmu = this.#mmu;
    if (mmu.regime.alignmentCheck || isDevice(mmu.attributes) || cpu.system.debug.watchesPage(low, high)) return;
    const page = (host & ~0xfff) >>> 0;
    const unprivileged = access & Access.UNPRIVILEGED;
    if (unprivileged) mmu.adoptUnprivileged();
    const tlb = cpu.i32[(unprivileged ? S.TLB_UNPRIV : S.TLB) >> 2]!;
    const writable =
      mmu.writable &&
      cpu.ram.region(mmu.physical)!.writable &&
      !this.#code.isCode(page) &&
      !mmu.tables.watches(page) &&
      !mmu.dirty.withholds(page);
    mmu.fast.fill(tlb, low, high, page, writable);
  }

  /** Bytes of RAM are about to change. */
  #changing(host: number, length: number): void {
    this.#mmu.dirty.mark(host, length);
    if (this.#code.isCode(host)) this.#code.written(host, length);
    if (this.#mmu.tables.watches(host)) this.#mmu.tables.beforeWrite(host, length);
  }

  /** Stores within one page. */
  #store(
    low: number,
    high: number,
    access: number,
    physical: number,
    length: number,
    from: number,
    fill: boolean,
  ): boolean {
    const cpu = this.#cpu;
    const region = cpu.ram.region(physical);
    if (region?.writable) {
      const host = region.host + (physical - region.base);
      this.#changing(host, length);
      cpu.u8.copyWithin(host, from, from + length);
      if (fill) this.#fill(low, high, access, host);
      return true;
    }
    if (deviceWrite(cpu, physical, length, elementOf(access), from)) return true;
    return this.#abort(low, high, Fault.External, WNR);
  }

  /** Both pages are translated before any byte is read. */
  #readAcross(low: number, high: number, access: number): number {
    const total = access & Access.TOTAL;
    const first = 4096 - (low & 0xfff);
    const want = this.#want(access);
    if (!this.#translate(low, high, access, want, 0)) return 0;
    const { physical } = this.#mmu;
    const nextLow = (low + first) | 0;
    const nextHigh = nextLow === 0 ? (high + 1) | 0 : high;
    const unaligned = (low & (elementOf(access) - 1)) !== 0;
    if (!this.#translateNext(nextLow, nextHigh, want, unaligned, 0)) return 0;
    const next = this.#mmu.physical;
    if (access & Access.PROBE) return SCRATCH;
    if (!this.#load(physical, first, access, SCRATCH)) return this.#external(low, high);
    if (!this.#load(next, total - first, access, SCRATCH + first)) return this.#external(nextLow, nextHigh);
    return SCRATCH;
  }

  #external(low: number, high: number): 0 {
    this.#abort(low, high, Fault.External, 0);
    return 0;
  }

  #load(physical: number, length: number, access: number, to: number): boolean {
    const cpu = this.#cpu;
    const host = cpu.ram.readable(physical);
    if (host < 0) return deviceRead(cpu, physical, length, elementOf(access), to);
    cpu.u8.copyWithin(to, host, host + length);
    return true;
  }

  /** The second page of an access: an element that is not aligned may not reach into Device memory. */
  #translateNext(low: number, high: number, want: number, unaligned: boolean, wnr: number): boolean {
    const fault = this.#mmu.translate(low, high, want);
    if (fault !== OK) return this.#abort(low, high, fault, wnr);
    if (unaligned && isDevice(this.#mmu.attributes)) return this.#abort(low, high, Fault.Alignment, wnr);
    return true;
  }

  #writeAcross(low: number, high: number, access: number): number {
    const total = access & Access.TOTAL;
    const first = 4096 - (low & 0xfff);
    const want = this.#want(access) | Want.WRITE;
    if (!this.#translate(low, high, access, want, WNR)) return 1;
    const { physical } = this.#mmu;
    const nextLow = (low + first) | 0;
    const nextHigh = nextLow === 0 ? (high + 1) | 0 : high;
    const unaligned = (low & (elementOf(access) - 1)) !== 0;
    if (!this.#translateNext(nextLow, nextHigh, want, unaligned, WNR)) return 1;
    const next = this.#mmu.physical;
    if (access & Access.PROBE) return 0;
    if (!this.#store(low, high, access, physical, first, SCRATCH, false)) return 1;
    return this.#store(nextLow, nextHigh, access, next, total - first, SCRATCH + first, false) ? 0 : 1;
  }
}

const elementOf = (access: number): number => 1 << ((access >> Access.ELEMENT_SHIFT) & 7);
