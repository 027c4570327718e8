/**
 * What instruction semantics are written against: guest registers, flags, memory and control flow, on top of the
 * Assembler's values. The interpreter and the block compiler differ only in where operands come from and how control
 * leaves an instruction; both are subclasses.
 *
 * Rules for semantics, which make faults precise in every engine:
 * - one memory access (`read`, `write`, `modify`) an instruction, and before any register or flag is written;
 * - lanes written one by one with `setLane` must not be read afterwards.
 */
import type { RegRef } from '../a64/pattern.js';
import { type Arg, Assembler, type Callee, type Val } from './assembler.js';
import { S, SCRATCH, TLB_ADDEND, TLB_ENTRIES, TLB_ENTRY, TLB_READ, TLB_WRITE } from './layout.js';
import type { ValType } from './wasm.js';

/** What a memory access asks of the slow path, packed into an i32. */
export const Access = {
  /** Bytes in all, 1..64. */
  TOTAL: 0x7f,
  /** log2 of one element's bytes, at this shift: devices and page crossings see elements. */
  ELEMENT_SHIFT: 8,
  /** LDTR/STTR: with EL0's permissions. */
  UNPRIVILEGED: 1 << 12,
  /** Must be aligned to TOTAL whatever SCTLR_ELx.A says. */
  ALIGNED: 1 << 13,
  /** Translate and check only. */
  PROBE: 1 << 14,
  WRITE: 1 << 15,
  /** Read and write as one (atomics): never to a device. */
  ATOMIC: 1 << 16,
  /** A cache maintenance or zeroing operation (ESR_ELx.CM, and WnR set). */
  CACHE: 1 << 17,
} as const;

export interface AccessOptions {
  /** Bytes of one element; the whole access where absent. */
  element?: number;
  unprivileged?: boolean;
  aligned?: boolean;
  probe?: boolean;
  cache?: boolean;
}

/** Functions that generated code imports; each engine binds them (see runtime.ts). */
export const HOST_CALLEES = {
  /** (lo, hi, access): data in SCRATCH or RAM; its host address, or 0 where an exception was taken. */
  slowRead: { params: ['i32', 'i32', 'i32'], results: ['i32'] },
  /** (lo, hi, access): writes what is in SCRATCH; 0 done, 1 where an exception was taken. */
  slowWrite: { params: ['i32', 'i32', 'i32'], results: ['i32'] },
  /** (lo, hi, access): host address of RAM that may be read and written, or 0 where an exception was taken. */
  slowModify: { params: ['i32', 'i32', 'i32'], results: ['i32'] },
  /** Finds the record of S.PC (translating, decoding, taking prefetch aborts). */
  fetch: { params: [], results: [] },
  /** Decodes the record at this address. */
  decode: { params: ['i32'], results: [] },
  /** Makes the function of a record whose R.FN is 0. */
  handler: { params: ['i32'], results: [] },
  /** Runs the TypeScript semantics of the record; 0 go on behind it, 1 the pc or context changed. */
  exec: { params: ['i32'], results: ['i32'] },
  /** A record with a breakpoint is about to run: 1 where the engine must leave (S.STOP is set), 0 to run it. */
  breakpoint: { params: ['i32'], results: ['i32'] },
  /** Takes the exception that this instruction raises; see Raise. */
  raise: { params: ['i32'], results: [] },
} as const satisfies Record<string, Callee>;

/** PSTATE.NZCV as it is kept: N and V in the sign of an i64, Z where an i64 is zero, C an i32 of 0 or 1. */
export interface Flags {
  readonly n: Val;
  readonly z: Val;
  readonly c: Val;
  readonly v: Val;
}

/** Synchronous exceptions that emitted semantics can raise themselves. */
export const Raise = { Undefined: 0, SpAlignment: 1, FpAccess: 2 } as const;

export abstract class Emitter extends Assembler {
  protected constructor(
    params: readonly ValType[],
    results: readonly ValType[],
    callees: Readonly<Record<string, Callee>>,
  ) {
    super(params, results, callees);
  }

  // ---- what the engines supply

  /** Address of a register operand in the state. */
  protected abstract slot(ref: RegRef): Val;
  /** The 64-bit immediate operand. */
  abstract imm(): Val;
  /** The 32-bit immediate operand. */
  abstract imm2(): Val;
  /** Address of this instruction's record. */
  protected abstract record(): Val;
  /** Address of this instruction (i64). */
  abstract pc(): Val;
  /** Makes S.REC, S.BIAS and S.BUDGET exact, for functions that look at them. */
  protected abstract sync(): void;
  /** Leaves the instruction: S.PC/S.REC say where to go on. */
  protected abstract redirect(): void;
  /** A data TLB's address. */
  protected abstract tlb(unprivileged: boolean): Val;
  /** Whether a TLB miss leaves the instruction undone (`leave`) instead of taking the slow path in place. */
  protected abstract readonly leavesOnMiss: boolean;
  /** Leaves before the instruction has had any effect, for another engine to run it. */
  protected abstract leave(): void;
  /** Direct branch to `pc + imm` (the distance is also in imm2, see Instruction.branch). */
  abstract branch(): void;
  /** Direct branch where `cond` is nonzero, else the next instruction. */
  abstract branchIf(cond: Val): void;
  /** Indirect branch. */
  abstract branchTo(address: Val): void;

  // ---- general registers

  /** The whole register. */
  x(ref: RegRef): Val {
    return this.load('i64.load', this.slot(ref));
  }

  /** The low word. */
  w(ref: RegRef): Val {
    return this.load('i32.load', this.slot(ref));
  }

  /** i64 where sf, else the low word as i32. */
  r(ref: RegRef, sf: number): Val {
    return sf ? this.x(ref) : this.w(ref);
  }

  /** Writes i64, or i32 zero-extended. */
  setR(ref: RegRef, value: Val): void {
    this.store('i64.store', this.slot(ref), this.uext(value));
  }

  /** The base register of an address; `sp` where it is SP, whose alignment is checked (D1.8.2). */
  base(ref: RegRef, sp: number): Val {
    const address = this.x(ref);
    if (sp) {
      const check = this.load('i32.load', this.i32(0), S.SPCHECK);
      this.if(this.and(this.wrap(address), check), () => this.raise(Raise.SpAlignment));
    }
    return address;
  }

  // ---- vector registers

  /** The whole register. */
  vec(ref: RegRef): Val {
    return this.loadV(this.slot(ref));
  }

  /** Writes the whole register. */
  setVec(ref: RegRef, value: Val): void {
    this.storeV(this.slot(ref), value);
  }

  /** Writes the low 64 bits and zeroes the rest. */
  setVecLow(ref: RegRef, low: Val): void {
    const slot = this.slot(ref);
    this.store('i64.store', slot, this.uext(low));
    this.store('i64.store', slot, this.i64(0), 8);
  }

  /** Writes all of `value` where Q, else its low half, zeroing the rest. */
  setVecQ(ref: RegRef, q: number, value: Val): void {
    if (q) this.setVec(ref, value);
    else this.setVecLow(ref, this.extract(value, 64, 0));
  }

  /** Element of 8..64 bits: i32, or i64 for 64; narrow ones zero- or sign-extended. */
  lane(ref: RegRef, bits: 8 | 16 | 32 | 64, index: number, signed = false): Val {
    const s = signed ? 's' : 'u';
    const op = { 8: `i32.load8_${s}`, 16: `i32.load16_${s}`, 32: 'i32.load', 64: 'i64.load' } as const;
    return this.load(op[bits], this.slot(ref), (index * bits) / 8);
  }

  /** Writes one element (from i32, or i64 for 64 bits) and leaves the others. */
  setLane(ref: RegRef, bits: 8 | 16 | 32 | 64, index: number, value: Val): void {
    const op = { 8: 'i32.store8', 16: 'i32.store16', 32: 'i32.store', 64: 'i64.store' } as const;
    this.store(op[bits], this.slot(ref), value, (index * bits) / 8);
  }

  // ---- state

  /** An i32 of the state at a layout offset. */
  state32(offset: number): Val {
    return this.load('i32.load', this.i32(0), offset);
  }
  setState32(offset: number, value: Arg): void {
    this.store('i32.store', this.i32(0), typeof value === 'object' ? value : this.i32(Number(value)), offset);
  }
  /** An i64 of the state at a layout offset. */
  state64(offset: number): Val {
    return this.load('i64.load', this.i32(0), offset);
  }
  setState64(offset: number, value: Val): void {
    this.store('i64.store', this.i32(0), value, offset);
  }

  // ---- flags

  /** N and Z of a result (i32 or i64), with C (i32 0/1) and V (i64, in its sign). */
  setFlags(result: Val, carry: Arg, overflow: Val): void {
    const wide = this.sext(result);
    this.setState64(S.NV, wide);
    this.setState64(S.ZV, wide);
    this.setState32(S.CF, carry);
    this.setState64(S.VV, overflow);
    this.flagsSet({ n: wide, z: wide, c: typeof carry === 'object' ? carry : this.i32(Number(carry)), v: overflow });
  }

  /** All four from an i32 holding NZCV in bits 3:0. */
  setNzcv(nzcv: Val): void {
    const wide = this.uext(nzcv);
    this.setState64(S.NV, this.shl(wide, 60));
    this.setState64(S.ZV, this.and(this.not(wide), 4));
    this.setState32(S.CF, this.and(this.shr(nzcv, 1), 1));
    this.setState64(S.VV, this.shl(wide, 63));
    this.flagsSet(null);
  }

  /** Flags were written, with these values where they are known. */
  protected flagsSet(_flags: Flags | null): void {}

  /** The flags as the instruction before has left them in locals, where that is known. */
  protected knownFlags(): Flags | null {
    return null;
  }

  /** PSTATE.C, i32 0 or 1. */
  carry(): Val {
    return this.knownFlags()?.c ?? this.state32(S.CF);
  }

  /** ConditionHolds (C1.2.4): i32, nonzero where it does. */
  condition(cond: number): Val {
    const known = this.knownFlags();
    const n = (): Val => known?.n ?? this.state64(S.NV);
    const zero = (): Val => this.eqz(known?.z ?? this.state64(S.ZV));
    const v = (): Val => known?.v ?? this.state64(S.VV);
    const ge = (): Val => this.test('ge_s', this.xor(n(), v()), 0);
    const negated = cond & 1;
    const flip = (holds: Val): Val => (negated ? this.eqz(holds) : holds);
    switch (cond >> 1) {
      case 0:
        return flip(zero());
      case 1:
        return flip(this.carry());
      case 2:
        return flip(this.test('lt_s', n(), 0));
      case 3:
        return flip(this.test('lt_s', v(), 0));
      case 4:
        return flip(this.and(this.carry(), this.eqz(zero())));
      case 5:
        return flip(ge());
      case 6:
        return flip(this.and(ge(), this.eqz(zero())));
      default:
        return this.i32(1);
    }
  }

  // ---- exceptions

  /** Raises an exception for this instruction and leaves it. */
  raise(what: number): void {
    this.sync();
    this.call('raise', this.i32(what));
    this.redirect();
  }

  /** CPACR_EL1.FPEN: emitted once before the semantics of FP and SIMD instructions. */
  checkFp(): void {
    this.if(this.eqz(this.state32(S.FPEN)), () => this.raise(Raise.FpAccess));
  }

  // ---- guest memory

  /** Host address from which `total` bytes at `address` can be read. */
  read(address: Val, total: number, options: AccessOptions = {}): Val {
    return this.#translate('slowRead', TLB_READ, address, total, options);
  }

  /** Host address of `total` bytes that can be read and written in place. */
  modify(address: Val, total: number, options: AccessOptions = {}): Val {
    return this.#translate('slowModify', TLB_WRITE, address, total, { ...options, aligned: true }, Access.ATOMIC);
  }

  /** Has `fill` store `total` bytes at a host address; in the slow case that is SCRATCH, and is then committed. */
  write(address: Val, total: number, fill: (host: Val) => void, options: AccessOptions = {}): void {
    const host = this.variable(this.i32(SCRATCH));
    const { low, entry, miss } = this.#lookup(TLB_WRITE, address, total, options);
    const fast = (): void => this.assign(host, this.add(this.load('i32.load', entry, TLB_ADDEND), low));
    if (this.leavesOnMiss) {
      this.if(miss, () => this.leave());
      fast();
      return fill(host);
    }
    this.if(this.eqz(miss), fast);
    fill(host);
    this.if(this.test('eq', host, SCRATCH), () => {
      this.sync();
      const access = this.i32(accessBits(total, options) | Access.WRITE);
      this.if(this.call('slowWrite', low, this.wrap(this.shr(address, 32)), access), () => this.redirect());
      this.afterSlow();
    });
  }

  /** Runs the instruction's TypeScript semantics. */
  exec(): void {
    this.sync();
    this.if(this.call('exec', this.record()), () => this.redirect());
    this.afterSlow();
  }

  /** A slow path may have cut the budget. */
  protected abstract afterSlow(): void;

  #translate(
    slow: 'slowRead' | 'slowModify',
    tag: number,
    address: Val,
    total: number,
    options: AccessOptions,
    more = 0,
  ): Val {
    const host = this.variable(this.i32(0));
    const { low, entry, miss } = this.#lookup(tag, address, total, options);
    const fast = (): void => this.assign(host, this.add(this.load('i32.load', entry, TLB_ADDEND), low));
    if (this.leavesOnMiss) {
      this.if(miss, () => this.leave());
      fast();
      return host;
    }
    this.if(
      miss,
      () => {
        this.sync();
        const access = this.i32(accessBits(total, options) | more);
        this.assign(host, this.call(slow, low, this.wrap(this.shr(address, 32)), access));
        this.if(this.eqz(host), () => this.redirect());
        this.afterSlow();
      },
      fast,
    );
    return host;
  }

  #lookup(tag: number, address: Val, total: number, options: AccessOptions): { low: Val; entry: Val; miss: Val } {
    const low = this.wrap(address);
    const index = this.and(this.shr(low, 7), (TLB_ENTRIES - 1) * TLB_ENTRY);
    const entry = this.add(index, this.tlb(options.unprivileged ?? false));
    const distance = this.xor(address, this.load('i64.load', entry, tag));
    let miss = this.test('gt_u', distance, 4096 - total);
    if (options.aligned && total > 1) miss = this.or(miss, this.and(low, total - 1));
    return { low, entry, miss };
  }
}

export function accessBits(total: number, options: AccessOptions): number {
  const element = Math.log2(options.element ?? Math.min(total, 16));
  return (
    total |
    (element << Access.ELEMENT_SHIFT) |
    (options.unprivileged ? Access.UNPRIVILEGED : 0) |
    (options.aligned ? Access.ALIGNED : 0) |
    (options.probe ? Access.PROBE : 0) |
    (options.cache ? Access.CACHE : 0)
  );
}
