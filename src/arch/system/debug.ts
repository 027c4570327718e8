/** Self-hosted debug: software step, hardware breakpoints and watchpoints (Arm ARM D2). */
import type { Cpu } from '../cpu.js';
import { S } from '../engine/layout.js';
import { ExceptionClass, synchronousFrom } from './exceptions.js';
import { Want } from './mmu.js';
import { PSTATE } from './pstate.js';
import { BREAKPOINTS, high, low, SLOT, WATCHPOINTS } from './slots.js';
import { Fault, OK } from './walk.js';

const MDSCR_SS = 1 << 0;
const MDSCR_KDE = 1 << 13;
const MDSCR_MDE = 1 << 15;
const OSLSR_OSLK = 1 << 1;
/** ISS of a software step exception. */
const STEP_ISV = 1 << 24;
const STEP_EX = 1 << 6;

/** DBGBCR<n>_EL1.BT, without AArch32's and EL2's. */
const BreakpointType = { Address: 0, LinkedAddress: 1, Context: 2, LinkedContext: 3 } as const;
const LOAD = 1;
const STORE = 2;

interface Watchpoint {
  /** First watched address as VA[48:0], and bytes. */
  readonly start: number;
  readonly size: number;
  readonly control: number;
}

interface Breakpoint {
  readonly low: number;
  readonly high: number;
  readonly control: number;
}

interface Active {
  watchpoints: Watchpoint[];
  breakpoints: Breakpoint[];
}

export class Debug {
  readonly #cpu: Cpu;
  readonly #active: readonly Active[];

  constructor(cpu: Cpu, vcpus: number) {
    this.#cpu = cpu;
    this.#active = Array.from({ length: vcpus }, () => ({ watchpoints: [], breakpoints: [] }));
  }

  /** After a write to a debug register or CONTEXTIDR_EL1, or of all state: reads them again for the running vCPU. */
  load(): void {
    const cpu = this.#cpu;
    const active = this.#active[cpu.vcpu]!;
    active.watchpoints = [];
    active.breakpoints = [];
    if (!(low(cpu, SLOT.MDSCR_EL1) & MDSCR_MDE)) return;
    for (let n = 0; n < BREAKPOINTS; n++) {
      const control = low(cpu, SLOT.DBGBCR0_EL1 + n);
      if (!(control & 1)) continue;
      const value = SLOT.DBGBVR0_EL1 + n;
      active.breakpoints.push({ low: low(cpu, value), high: high(cpu, value), control });
    }
    for (let n = 0; n < WATCHPOINTS; n++) {
      const control = low(cpu, SLOT.DBGWCR0_EL1 + n);
      const range = watchedRange(low(cpu, SLOT.DBGWVR0_EL1 + n), high(cpu, SLOT.DBGWVR0_EL1 + n), control);
      if (control & 1 && range) active.watchpoints.push({ ...range, control });
    }
  }

  /** Whether debug exceptions other than BRK are taken from an EL with this PSTATE.D (D2.3). */
  #enabledFrom(el: number, masked: boolean): boolean {
    const cpu = this.#cpu;
    if (low(cpu, SLOT.OSLSR_EL1) & OSLSR_OSLK || low(cpu, SLOT.OSDLR_EL1) & 1) return false;
    return el === 0 || (!masked && (low(cpu, SLOT.MDSCR_EL1) & MDSCR_KDE) !== 0);
  }

  #enabled(): boolean {
    return this.#enabledFrom(this.#cpu.el, (this.#cpu.daif & PSTATE.D) !== 0);
  }

  // ---- software step (D2.12)

  /** Whether instructions must run one at a time: the step machine is active, or a breakpoint may match at this EL. */
  stepping(): boolean {
    return this.#stepMachineActive() || this.#breakpointsInForce();
  }

  #stepMachineActive(): boolean {
    return (low(this.#cpu, SLOT.MDSCR_EL1) & MDSCR_SS) !== 0 && this.#enabled();
  }

  #breakpointsInForce(): boolean {
    const { el, vcpu } = this.#cpu;
    const { breakpoints } = this.#active[vcpu]!;
    if (!breakpoints.length || !this.#enabled()) return false;
    return breakpoints.some(({ control }) => includesEl(el, control >>> 1, control));
  }

  /** Before an instruction that runs alone: takes the step or breakpoint exception that is due. False: none, run it. */
  takeStep(): boolean {
    if (this.#stepMachineActive()) {
      const { i32 } = this.#cpu;
      if (!(i32[S.PSTATE >> 2]! & PSTATE.SS)) {
        this.#softwareStep();
        return true;
      }
      i32[S.STEPPED >> 2] = this.#isLoadExclusive() ? 3 : 1;
    }
    return this.breakpoint();
  }

  #softwareStep(): void {
    const stepped = this.#cpu.i32[S.STEPPED >> 2]!;
    const iss = (stepped & 1 ? STEP_ISV : 0) | (stepped & 2 ? STEP_EX : 0) | Fault.Debug;
    synchronousFrom(this.#cpu, ExceptionClass.SoftwareStep, iss);
  }

  /** SSAdvance: behind the instruction that ran alone, and before exceptions that return behind it. */
  stepped(): void {
    if (this.#stepMachineActive()) this.#cpu.i32[S.PSTATE >> 2]! &= ~PSTATE.SS;
  }

  /** DebugExceptionReturnSS: which bit of SPSR an exception return puts into PSTATE.SS. */
  stepBitAfterReturn(el: number, spsr: number): number {
    if (!(low(this.#cpu, SLOT.MDSCR_EL1) & MDSCR_SS) || this.#enabled()) return 0;
    return this.#enabledFrom(el, (spsr & PSTATE.D) !== 0) ? PSTATE.SS : 0;
  }

  #isLoadExclusive(): boolean {
    return (this.#instruction() & 0x3fc0_0000) === 0x0840_0000;
  }

  /** The word at the pc, or -1 where it cannot be fetched. */
  #instruction(): number {
    const cpu = this.#cpu;
    const pc = cpu.pc;
    const { mmu } = cpu.system;
    const want = cpu.el ? Want.FETCH : Want.FETCH | Want.USER;
    if (mmu.probe(Number(BigInt.asIntN(32, pc)), Number(BigInt.asIntN(32, pc >> 32n)), want) !== OK) return -1;
    const host = cpu.ram.host(mmu.physical);
    return pc & 3n || host < 0 ? -1 : cpu.view.getUint32(host, true);
  }

  // ---- breakpoints (D2.8)

  /** Takes a breakpoint exception where one matches the present instruction, if that can be fetched. */
  breakpoint(): boolean {
    const { breakpoints } = this.#active[this.#cpu.vcpu]!;
    if (!breakpoints.length || !this.#enabled()) return false;
    const pc = this.#cpu.pc;
    const pcLow = Number(BigInt.asIntN(32, pc));
    const pcHigh = Number(BigInt.asIntN(32, pc >> 32n));
    if (!breakpoints.some((b) => this.#breaks(b, pcLow, pcHigh)) || this.#instruction() < 0) return false;
    synchronousFrom(this.#cpu, ExceptionClass.Breakpoint, Fault.Debug);
    return true;
  }

  #breaks({ low: at, high: atHigh, control }: Breakpoint, pcLow: number, pcHigh: number): boolean {
    if (!includesEl(this.#cpu.el, control >>> 1, control)) return false;
    const type = (control >>> 20) & 0xf;
    if (type === BreakpointType.Context) return at === low(this.#cpu, SLOT.CONTEXTIDR_EL1);
    if (type > BreakpointType.LinkedAddress) return false;
    if (at !== pcLow || (atHigh ^ pcHigh) & 0xff_ffff) return false;
    return type === BreakpointType.Address || this.#linkMatches(control);
  }

  /** Whether the context breakpoint that a linked one names matches. */
  #linkMatches(control: number): boolean {
    const n = (control >>> 16) & 0xf;
    if (n >= BREAKPOINTS) return false;
    const linked = low(this.#cpu, SLOT.DBGBCR0_EL1 + n);
    if (!(linked & 1) || ((linked >>> 20) & 0xf) !== BreakpointType.LinkedContext) return false;
    return low(this.#cpu, SLOT.DBGBVR0_EL1 + n) === low(this.#cpu, SLOT.CONTEXTIDR_EL1);
  }

  // ---- watchpoints (D2.9)

  /** Whether the running vCPU has any watchpoint on. */
  get watching(): boolean {
    return this.#active[this.#cpu.vcpu]!.watchpoints.length !== 0;
  }

  /** Whether accesses to a virtual page must be checked, in any context. */
  watchesPage(pageLow: number, pageHigh: number): boolean {
    const page = addressOf(pageLow & ~0xfff, pageHigh);
    return this.#active[this.#cpu.vcpu]!.watchpoints.some((w) => w.start < page + 4096 && w.start + w.size > page);
  }

  /** Offset of the first byte of an access that a watchpoint in force watches, or -1. `want`: bits of Want. */
  watchpointHit(accessLow: number, accessHigh: number, length: number, want: number): number {
    if (!this.#enabled()) return -1;
    const kind = want & Want.WRITE ? STORE : LOAD;
    const el = want & Want.USER ? 0 : 1;
    const start = addressOf(accessLow, accessHigh);
    for (const w of this.#active[this.#cpu.vcpu]!.watchpoints) {
      if (!((w.control >>> 3) & kind) || !includesEl(el, w.control >>> 1, w.control)) continue;
      if (w.control & (1 << 20) && !this.#linkMatches(w.control)) continue;
      for (let at = Math.max(start, w.start); at < Math.min(start + length, w.start + w.size); at++) {
        if (isSelected(w, at)) return at - start;
      }
    }
    return -1;
  }
}

/** VA[48:0] as a number. */
const addressOf = (lower: number, upper: number): number => (upper & 0x1_ffff) * 2 ** 32 + (lower >>> 0);

/** PMC or PAC in bits 1:0 of `privilege`, with SSC and HMC of the control register, of a Non-secure EL1 or EL0. */
function includesEl(el: number, privilege: number, control: number): boolean {
  const ssc = (control >>> 14) & 3;
  const hmc = (control >>> 13) & 1;
  if (ssc === 2 || (hmc && ssc === 3)) return false;
  return (privilege & (el ? 1 : 2)) !== 0;
}

/** What DBGWVR<n> and DBGWCR<n>.{MASK,BAS} watch; null where they are reserved. */
function watchedRange(lower: number, upper: number, control: number): { start: number; size: number } | null {
  const address = addressOf(lower, upper);
  const mask = (control >>> 24) & 0x1f;
  if (mask === 0) return { start: address - (address % 8), size: 8 };
  if (mask < 3) return null;
  const size = 2 ** mask;
  return { start: address - (address % size), size };
}

/** Whether byte address select (BAS) has the byte. */
function isSelected(w: Watchpoint, at: number): boolean {
  return w.size > 8 || (w.control >>> (5 + (at % 8))) % 2 === 1;
}
