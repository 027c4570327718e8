/**
 * Emits one WebAssembly function body from typed values.
 *
 * Every operation is emitted where it is called, in program order, and its result is a `Val`: a constant or a local.
 * So reading a value twice, or after the registers it came from were written, is always safe. Operations on constants
 * fold, which is what makes a translated instruction cheaper than an interpreted one.
 *
 * One file, though long: all its operations are a few lines over the same private buffer and locals.
 */
import {
  CONVERT,
  type Conversion,
  FLOAT,
  FLOAT_TEST,
  type FloatOp,
  type FloatTest,
  INT,
  INT_TEST,
  type IntOp,
  type IntTest,
  LOAD,
  type LoadOp,
  SIMD,
  SIMD_TEST,
  type SimdOp,
  type SimdTest,
  STORE,
  type StoreOp,
} from './opcodes.js';
import { Bytes, type FunctionBody, Type, type ValType } from './wasm.js';

/** A value: a constant, or a local that holds it. */
export interface Val {
  readonly ty: ValType;
  readonly local: number;
  /** Present for constants: bigint for i64 (as unsigned 64 bits), number for i32 (as signed 32 bits). */
  readonly constant?: number | bigint;
}

/** A value that can be assigned, for results of control flow. */
export interface Var extends Val {
  readonly variable: true;
}

/** Signature of a function that generated code may call by name. */
export interface Callee {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/** What an integer operand may be given as: constants take the other operand's type. */
export type Arg = Val | number | bigint;

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;

export class Assembler {
  readonly code = new Bytes();
  readonly #params: readonly ValType[];
  readonly #results: readonly ValType[];
  readonly #locals: ValType[] = [];
  /** Locals by type that may be used again after `recycle`. */
  readonly #free = new Map<ValType, number[]>();
  readonly #used = new Map<ValType, number[]>();
  readonly #callees: Readonly<Record<string, Callee>>;
  readonly #imports: string[];
  /** Open blocks, so that a label can be named by its own depth. */
  depth = 0;
  /** Where the last `local.set` ends and of what: a read right behind it becomes a tee. */
  #setEnd = -1;
  #setLocal = -1;

  /** @param order names whose function indices are known: imports and functions of the module, from index 0 */
  constructor(
    params: readonly ValType[],
    results: readonly ValType[],
    callees: Readonly<Record<string, Callee>>,
    order: readonly string[] = [],
  ) {
    this.#params = params;
    this.#results = results;
    this.#callees = callees;
    this.#imports = [...order];
  }

  // ---- values

  param(index: number): Val {
    return { ty: this.#params[index]!, local: index };
  }

  i32(n: number): Val {
    return { ty: 'i32', local: -1, constant: n | 0 };
  }

  i64(n: number | bigint): Val {
    return { ty: 'i64', local: -1, constant: BigInt.asUintN(64, BigInt(n)) };
  }

  f32(bits: number): Val {
    return this.convert('f32.reinterpret_i32', this.i32(bits));
  }

  f64(bits: bigint): Val {
    return this.convert('f64.reinterpret_i64', this.i64(bits));
  }

  /** A v128 constant from two unsigned 64-bit halves. */
  v128(low: bigint, high: bigint): Val {
    this.#simd(12);
    for (const half of [low, high]) for (let i = 0n; i < 64n; i += 8n) this.code.byte(Number((half >> i) & 0xffn));
    return this.#pop('v128');
  }

  /** A variable that starts with `init`; change it with `assign`. */
  variable(init: Val): Var {
    const local = this.#local(init.ty);
    this.push(init);
    this.#set(local);
    return { ty: init.ty, local, variable: true };
  }

  assign(target: Var, value: Val): void {
    if (target.ty !== value.ty) throw new Error(`assign ${value.ty} to ${target.ty}`);
    this.push(value);
    this.#set(target.local);
  }

  /** A local that `recycle` never gives away. */
  reserved(ty: ValType): Var {
    return { ty, local: this.#params.length + this.#locals.push(ty) - 1, variable: true };
  }

  /** Lets the locals handed out so far be used again: at an instruction's end. */
  recycle(): void {
    for (const [ty, list] of this.#used) this.#free.set(ty, (this.#free.get(ty) ?? []).concat(list));
    this.#used.clear();
  }

  // ---- integers

  /** Binary (or, without `b`, unary) integer operation of the operands' type. */
  int(op: IntOp, a: Val, b?: Arg): Val {
    const right = b === undefined ? undefined : this.#like(a, b);
    const folded = right && fold(op, a, right);
    if (folded !== undefined) return a.ty === 'i64' ? this.i64(folded) : this.i32(Number(folded));
    if (right?.constant !== undefined && isIdentity(op, right.constant)) return a;
    this.push(a);
    if (right) this.push(right);
    this.code.byte(INT[op][a.ty === 'i64' ? 1 : 0]);
    return this.#pop(a.ty);
  }

  /** Integer comparison; i32 0 or 1. */
  test(op: IntTest, a: Val, b?: Arg): Val {
    this.push(a);
    if (b !== undefined) this.push(this.#like(a, b));
    this.code.byte(INT_TEST[op][a.ty === 'i64' ? 1 : 0]);
    return this.#pop('i32');
  }

  add(a: Val, b: Arg): Val {
    return this.int('add', a, b);
  }
  sub(a: Val, b: Arg): Val {
    return this.int('sub', a, b);
  }
  mul(a: Val, b: Arg): Val {
    return this.int('mul', a, b);
  }
  and(a: Val, b: Arg): Val {
    return this.int('and', a, b);
  }
  or(a: Val, b: Arg): Val {
    return this.int('or', a, b);
  }
  xor(a: Val, b: Arg): Val {
    return this.int('xor', a, b);
  }
  not(a: Val): Val {
    return this.int('xor', a, -1);
  }
  neg(a: Val): Val {
    return this.int('sub', this.#like(a, 0), a);
  }
  /** Shifts take the amount modulo the width, as wasm does. */
  shl(a: Val, b: Arg): Val {
    return this.int('shl', a, b);
  }
  shr(a: Val, b: Arg): Val {
    return this.int('shr_u', a, b);
  }
  sar(a: Val, b: Arg): Val {
    return this.int('shr_s', a, b);
  }
  eqz(a: Val): Val {
    return this.test('eqz', a);
  }

  /** i64 to i32. */
  wrap(a: Val): Val {
    if (typeof a.constant === 'bigint') return this.i32(Number(BigInt.asIntN(32, a.constant)));
    return a.ty === 'i32' ? a : this.convert('i32.wrap_i64', a);
  }
  /** i32 to i64, zero-extended. */
  uext(a: Val): Val {
    if (typeof a.constant === 'number') return this.i64(a.constant >>> 0);
    return a.ty === 'i64' ? a : this.convert('i64.extend_i32_u', a);
  }
  /** i32 to i64, sign-extended. */
  sext(a: Val): Val {
    if (typeof a.constant === 'number') return this.i64(a.constant);
    return a.ty === 'i64' ? a : this.convert('i64.extend_i32_s', a);
  }

  /** `cond ? a : b`, both evaluated. */
  select(cond: Val, a: Val, b: Arg): Val {
    const right = this.#like(a, b);
    if (typeof cond.constant === 'number') return cond.constant ? a : right;
    this.push(a);
    this.push(right);
    this.push(cond);
    if (a.ty === 'i32' || a.ty === 'i64') this.code.byte(0x1b);
    else {
      this.code.byte(0x1c);
      this.code.byte(1);
      this.code.byte(Type[a.ty]);
    }
    return this.#pop(a.ty);
  }

  // ---- floating point and vectors

  float(op: FloatOp, a: Val, b?: Val): Val {
    this.push(a);
    if (b) this.push(b);
    this.code.byte(FLOAT[op][a.ty === 'f64' ? 1 : 0]);
    return this.#pop(a.ty);
  }

  floatTest(op: FloatTest, a: Val, b: Val): Val {
    this.push(a);
    this.push(b);
    this.code.byte(FLOAT_TEST[op][a.ty === 'f64' ? 1 : 0]);
    return this.#pop('i32');
  }

  convert(op: Conversion, a: Val): Val {
    const [ty, bytes] = CONVERT[op];
    this.push(a);
    for (const b of bytes) this.code.byte(b);
    return this.#pop(ty);
  }

  /** A v128 instruction on values: vectors, or an i32 shift amount, or what a splat takes. */
  simd(op: SimdOp, ...args: Val[]): Val {
    for (const a of args) this.push(a);
    this.#simd(SIMD[op]);
    return this.#pop('v128');
  }

  simdTest(op: SimdTest, a: Val): Val {
    this.push(a);
    this.#simd(SIMD_TEST[op]);
    return this.#pop('i32');
  }

  /** Bytes of `a` then `b` (0..31) picked by 16 constant indices. */
  shuffle(a: Val, b: Val, lanes: readonly number[]): Val {
    this.push(a);
    this.push(b);
    this.#simd(13);
    for (const l of lanes) this.code.byte(l);
    return this.#pop('v128');
  }

  /** Lane of `bits` 8..64 as i32 (i64 for 64); 8 and 16 bit lanes zero- or sign-extended. */
  extract(a: Val, bits: 8 | 16 | 32 | 64, lane: number, signed = false): Val {
    this.push(a);
    this.#simd({ 8: signed ? 21 : 22, 16: signed ? 24 : 25, 32: 27, 64: 29 }[bits]);
    this.code.byte(lane);
    return this.#pop(bits === 64 ? 'i64' : 'i32');
  }

  /** `a` with one lane set from an i32 (i64 for 64 bits). */
  replace(a: Val, bits: 8 | 16 | 32 | 64, lane: number, value: Val): Val {
    this.push(a);
    this.push(value);
    this.#simd({ 8: 23, 16: 26, 32: 28, 64: 30 }[bits]);
    this.code.byte(lane);
    return this.#pop('v128');
  }

  // ---- host memory: addresses are i32 offsets into the engine's memory

  load(op: LoadOp, address: Val, offset = 0): Val {
    const [ty, opcode] = LOAD[op];
    this.#access(opcode, address, offset);
    return this.#pop(ty);
  }

  store(op: StoreOp, address: Val, value: Val, offset = 0): void {
    this.push(address);
    this.push(value);
    this.code.byte(STORE[op]);
    this.#memarg(offset);
  }

  loadV(address: Val, offset = 0): Val {
    this.push(address);
    this.#simd(0);
    this.#memarg(offset);
    return this.#pop('v128');
  }

  storeV(address: Val, value: Val, offset = 0): void {
    this.push(address);
    this.push(value);
    this.#simd(11);
    this.#memarg(offset);
  }

  // ---- control

  /** Runs `then` where cond is nonzero, else `otherwise`. Results go through variables. */
  if(cond: Val, then: () => void, otherwise?: () => void): void {
    if (typeof cond.constant === 'number') {
      if (cond.constant) then();
      else otherwise?.();
      return;
    }
    this.push(cond);
    this.open(0x04);
    then();
    if (otherwise) {
      this.code.byte(0x05);
      this.#setEnd = -1;
      otherwise();
    }
    this.close();
  }

  /** A block; `body` gets its label for `br` (forward, out of the block). */
  block(body: (label: number) => void): void {
    this.open(0x02);
    body(this.depth);
    this.close();
  }

  /** A loop; `body` gets its label for `br` (back to the start). */
  loop(body: (label: number) => void): void {
    this.open(0x03);
    body(this.depth);
    this.close();
  }

  br(label: number): void {
    this.code.byte(0x0c);
    this.code.u32(this.depth - label);
  }

  brIf(cond: Val, label: number): void {
    this.push(cond);
    this.code.byte(0x0d);
    this.code.u32(this.depth - label);
  }

  return(value?: Val): void {
    if (value) this.push(value);
    this.code.byte(0x0f);
  }

  /** Calls a function by name; gives its result where it has one. */
  call(name: string, ...args: Val[]): Val {
    const callee = this.callee(name);
    for (const a of args) this.push(a);
    this.code.byte(0x10);
    this.code.u32(this.#import(name));
    return callee.results.length ? this.#pop(callee.results[0]!) : this.i32(0);
  }

  callee(name: string): Callee {
    const callee = this.#callees[name];
    if (!callee) throw new Error(`no function ${name}`);
    return callee;
  }

  /** The body; `imports` are the names that call indices refer to, in order. */
  finish(): { body: FunctionBody; imports: readonly string[] } {
    const { code } = this;
    return {
      body: { params: this.#params, results: this.#results, locals: this.#locals, code: code.take() },
      imports: this.#imports,
    };
  }

  // ---- raw, for the engines' own control flow

  push(v: Val): void {
    if (v.constant !== undefined) {
      if (typeof v.constant === 'bigint') {
        this.code.byte(0x42);
        this.code.s64(v.constant);
      } else {
        this.code.byte(0x41);
        this.code.s32(v.constant);
      }
      return;
    }
    if (this.#setEnd === this.code.length && this.#setLocal === v.local) {
      this.code.data[this.#setEnd - lebLength(v.local) - 1] = LOCAL_TEE;
      this.#setEnd = -1;
      return;
    }
    this.code.byte(LOCAL_GET);
    this.code.u32(v.local);
  }

  open(opcode: number): void {
    this.code.byte(opcode);
    this.code.byte(0x40);
    this.depth++;
    this.#setEnd = -1;
  }

  close(): void {
    this.code.byte(0x0b);
    this.depth--;
    this.#setEnd = -1;
  }

  /** Takes an i32 left on the stack by raw code. */
  popRaw(ty: ValType): Val {
    return this.#pop(ty);
  }

  #pop(ty: ValType): Val {
    const local = this.#local(ty);
    this.#set(local);
    return { ty, local };
  }

  #set(local: number): void {
    this.code.byte(LOCAL_SET);
    this.code.u32(local);
    this.#setEnd = this.code.length;
    this.#setLocal = local;
  }

  #local(ty: ValType): number {
    const local = this.#free.get(ty)?.pop() ?? this.#params.length + this.#locals.push(ty) - 1;
    const used = this.#used.get(ty);
    if (used) used.push(local);
    else this.#used.set(ty, [local]);
    return local;
  }

  #import(name: string): number {
    const found = this.#imports.indexOf(name);
    return found >= 0 ? found : this.#imports.push(name) - 1;
  }

  #like(a: Val, b: Arg): Val {
    if (typeof b === 'object') {
      if (b.ty !== a.ty) throw new Error(`operands are ${a.ty} and ${b.ty}`);
      return b;
    }
    return a.ty === 'i64' ? this.i64(b) : this.i32(Number(b));
  }

  #access(opcode: number, address: Val, offset: number): void {
    this.push(address);
    this.code.byte(opcode);
    this.#memarg(offset);
  }

  /** Guest accesses may be unaligned: no alignment is promised. */
  #memarg(offset: number): void {
    this.code.byte(0);
    this.code.u32(offset);
  }

  #simd(op: number): void {
    this.code.byte(0xfd);
    this.code.u32(op);
  }
}

const lebLength = (n: number): number => (n < 0x80 ? 1 : n < 0x4000 ? 2 : 3);

function isIdentity(op: IntOp, b: number | bigint): boolean {
  return (
    !b && (op === 'add' || op === 'sub' || op === 'or' || op === 'xor' || op.startsWith('sh') || op.startsWith('rot'))
  );
}

/** The value of an operation on two constants, or undefined where one is not constant or it is not worth folding. */
function fold(op: IntOp, a: Val, b: Val): bigint | undefined {
  if (a.constant === undefined || b.constant === undefined) return undefined;
  const wide = a.ty === 'i64';
  const bits = wide ? 64 : 32;
  const x = BigInt.asUintN(bits, BigInt(a.constant));
  const y = BigInt.asUintN(bits, BigInt(b.constant));
  const shift = y % BigInt(bits);
  switch (op) {
    case 'add':
      return x + y;
    case 'sub':
      return x - y;
    case 'mul':
      return x * y;
    case 'and':
      return x & y;
    case 'or':
      return x | y;
    case 'xor':
      return x ^ y;
    case 'shl':
      return x << shift;
    case 'shr_u':
      return x >> shift;
    case 'shr_s':
      return BigInt.asIntN(bits, x) >> shift;
    default:
      return undefined;
  }
}
