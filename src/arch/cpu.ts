/**
 * The processor as TypeScript sees it: the registers of the vCPU that runs now, in the engine's memory, and the outside
 * world it is wired to. System semantics (arch/system, arch/semantics with `exec`) are functions on this.
 */
import { type Exit, S, SYS_SLOTS } from './engine/layout.js';
import type { PhysicalMemory } from './engine/physical.js';
import type { Profile } from './profiles.js';
import type { CoreSystem } from './system/core-system.js';

/** What the hypervisor and the board supply. Addresses are IPAs as numbers (at most 48 bits, exact). */
export interface Outside {
  /** A read of memory that is not RAM: the value, or null for a synchronous external abort. Size is 1, 2, 4 or 8. */
  mmioRead(address: number, size: number): bigint | null;
  /** False for a synchronous external abort. */
  mmioWrite(address: number, size: number, value: bigint): boolean;
  /** Registers outside the core: ICC_*, CNT*, and others that `system/registers` marks external. Null: UNDEFINED. */
  readRegister(name: string): bigint | null;
  writeRegister(name: string, value: bigint): boolean;
  /** HVC or SMC from EL1 with its immediate; x0..x17 are in the registers. False: the call is UNDEFINED. */
  hypercall(conduit: 'hvc' | 'smc', immediate: number): boolean;
  /**
   * An access or a wait that EL2's controls trap, with the class and the ISS of ESR_EL2. The hypervisor emulates it; the
   * vCPU goes on behind it.
   */
  trap(exceptionClass: number, iss: number): void;
  /** HLT #0xF000 where semihosting is on; false: take the UNDEFINED exception. */
  semihosting(): boolean;
  /** Whether a physical IRQ/FIQ (from the CPU interface) or SError is pending for the running vCPU. */
  readonly irq: boolean;
  readonly fiq: boolean;
}

/** 16 registers of 64 bits in order as views over the state; the running vCPU only. */
export class Cpu {
  /** Which vCPU's state is loaded. */
  vcpu = 0;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly ram: PhysicalMemory;
  readonly profile: Profile;
  outside!: Outside;
  /** Translation, exceptions, system registers; set by CoreSystem. */
  system!: CoreSystem;
  /** Bumped whenever what the engine caches of the context (TLB choice, FPEN, SPCHECK) may have changed. */
  contextChanged = false;
  #held = 0;

  constructor(memory: WebAssembly.Memory, ram: PhysicalMemory, profile: Profile) {
    this.i32 = new Int32Array(memory.buffer);
    this.u64 = new BigUint64Array(memory.buffer, 0, S.END / 8);
    this.u8 = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.ram = ram;
    this.profile = profile;
  }

  /** X register; 31 reads as zero. */
  x(n: number): bigint {
    return n === 31 ? 0n : this.u64[n]!;
  }
  setX(n: number, value: bigint): void {
    if (n !== 31) this.u64[n] = value;
  }

  /** The current stack pointer. */
  get sp(): bigint {
    return this.u64[S.SP >> 3]!;
  }
  set sp(value: bigint) {
    this.u64[S.SP >> 3] = value;
  }

  /** Address of the current instruction. */
  get pc(): bigint {
    const rec = this.i32[S.REC >> 2]!;
    return rec ? BigInt.asUintN(64, this.u64[S.BIAS >> 3]! + BigInt(rec >>> 3)) : this.u64[S.PC >> 3]!;
  }

  /** Continues at `address`. */
  branchTo(address: bigint): void {
    this.u64[S.PC >> 3] = address;
    this.i32[S.REC >> 2] = 0;
  }

  /** Continues at the next instruction, looked up afresh: after changes of the translation regime. */
  resync(): void {
    this.branchTo(BigInt.asUintN(64, this.pc + 4n));
  }

  /** PSTATE.NZCV as a nibble. */
  get nzcv(): number {
    const { u64, i32 } = this;
    return (
      (u64[S.NV >> 3]! >> 63n ? 8 : 0) |
      (u64[S.ZV >> 3] === 0n ? 4 : 0) |
      (i32[S.CF >> 2]! << 1) |
      (u64[S.VV >> 3]! >> 63n ? 1 : 0)
    );
  }
  set nzcv(value: number) {
    this.u64[S.NV >> 3] = value & 8 ? 1n << 63n : 0n;
    this.u64[S.ZV >> 3] = value & 4 ? 0n : 1n;
    this.i32[S.CF >> 2] = (value >> 1) & 1;
    this.u64[S.VV >> 3] = value & 1 ? 1n << 63n : 0n;
  }

  get el(): number {
    return this.i32[S.EL >> 2]!;
  }
  get daif(): number {
    return this.i32[S.DAIF >> 2]!;
  }
  set daif(value: number) {
    this.i32[S.DAIF >> 2] = value & 0x3c0;
  }
  get fpcr(): number {
    return this.i32[S.FPCR >> 2]!;
  }
  get fpsr(): number {
    return this.i32[S.FPSR >> 2]!;
  }
  set fpsr(value: number) {
    this.i32[S.FPSR >> 2] = value;
  }

  /** Storage of a system register by its slot (see system/registers). */
  sys(slot: number): bigint {
    if (slot < 0 || slot >= SYS_SLOTS) throw new RangeError(`system register slot ${slot}`);
    return this.u64[(S.SYS >> 3) + slot]!;
  }
  setSys(slot: number, value: bigint): void {
    this.u64[(S.SYS >> 3) + slot] = value;
  }

  /** Both halves of a V register. */
  v(n: number): [low: bigint, high: bigint] {
    const i = (S.V >> 3) + n * 2;
    return [this.u64[i]!, this.u64[i + 1]!];
  }
  setV(n: number, low: bigint, high: bigint): void {
    const i = (S.V >> 3) + n * 2;
    this.u64[i] = low;
    this.u64[i + 1] = high;
  }

  /** Asks the engine to return behind the current instruction. The first reason given counts. */
  requestExit(reason: Exit): void {
    const { i32 } = this;
    if (i32[S.STOP >> 2]) return;
    i32[S.STOP >> 2] = reason;
    this.#held = i32[S.BUDGET >> 2]!;
    i32[S.BUDGET >> 2] = 0;
  }

  /** Instructions that may still run in this slice, counting the current one as run. */
  get budget(): number {
    return this.i32[S.STOP >> 2] ? this.#held : this.i32[S.BUDGET >> 2]!;
  }

  /** Takes `slots` of the slice's budget in which no instruction runs. */
  spend(slots: number): void {
    if (this.i32[S.STOP >> 2]) this.#held -= slots;
    else this.i32[S.BUDGET >> 2]! -= slots;
  }

  /** Opens the exclusive monitor; true where it was tagged. */
  clearExclusive(): boolean {
    const tagged = this.i32[S.EXCL_SIZE >> 2] !== 0;
    this.i32[S.EXCL_SIZE >> 2] = 0;
    return tagged;
  }
}
