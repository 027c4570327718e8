/**
 * Generates the interpreter: one WebAssembly function that loops over decoded records, with the hottest handlers
 * inline, and small functions of the same origin for all others.
 */
import { type Encoding, type Fields, OPERANDS, type RegRef } from '../a64/pattern.js';
import type { Assembler, Callee, Val, Var } from './assembler.js';
import { Emitter, type Flags } from './emitter.js';
import { ITLB_ENTRIES, R, RECORD, S } from './layout.js';
import type { LoadOp } from './opcodes.js';
import { ModuleBuilder } from './wasm.js';

/** What one handler does: an encoding with its static fields. */
export interface Handler {
  readonly encoding: Encoding;
  readonly fields: Fields;
  /** A direct branch whose target is in the same page. */
  readonly near: boolean;
}

/** Two handlers that are run with one dispatch where they follow each other. */
export type Pair = readonly [Handler, Handler];

/** Handlers that are not instructions. */
export const Special = {
  /** Not decoded yet. */
  Decode: 0,
  /** Behind the last record of a page. */
  PageEnd: 1,
  /** Not inline: call the function at table index R.FN. */
  OutOfLine: 2,
  /** Run the TypeScript semantics. */
  Exec: 3,
  /** Enter the compiled block at table index R.BLOCK. */
  Block: 4,
  /** A debugger wants to know. */
  Break: 5,
} as const;
/** Handlers from this index on are instructions. */
export const SPECIALS = 6;

/** What compiled blocks and out-of-line handlers return. */
export const Outcome = {
  /** Handlers: go on behind this record. */
  Next: 0,
  /** S.REC (or S.PC where it is 0) and the rest of the state say where to go on. */
  Redirect: 1,
  /** Blocks: S.REC is a record that the interpreter must run itself. */
  Interpret: 2,
} as const;

const SLOT = { d: R.D, n: R.N, m: R.M, a: R.A, b: R.B, c: R.C } as const;

/** Operands come from the record. */
abstract class RecordEmitter extends Emitter {
  protected near = false;
  protected leavesOnMiss = false;
  /** Bytes from `head` to the record of the instruction that is emitted. */
  protected behind = 0;
  readonly #slots = new Map<string, Val>();
  #depth = 0;
  #flags: Flags | null = null;

  emit(handler: Handler): void {
    this.near = handler.near;
    this.#slots.clear();
    this.#depth = this.depth;
    const { instruction } = handler.encoding;
    if (instruction.fp) this.checkFp();
    if (instruction.emit) instruction.emit(this, handler.fields, OPERANDS);
    else this.exec();
  }

  /** A slot loaded inside an `if` is not known outside it, so only those of the outermost level are kept. */
  protected slot(ref: RegRef): Val {
    const kept = this.#slots.get(ref.reg);
    if (kept) return kept;
    const slot = this.#field('i32.load16_u', SLOT[ref.reg]);
    if (this.depth === this.#depth) this.#slots.set(ref.reg, slot);
    return slot;
  }

  /** Flags that were set inside an `if` are not known outside it. */
  protected override flagsSet(flags: Flags | null): void {
    this.#flags = this.depth === this.#depth ? flags : null;
  }
  protected override knownFlags(): Flags | null {
    return this.#flags;
  }
  protected forgetFlags(): void {
    this.#flags = null;
  }

  /** Address of the record that the handler was chosen by. */
  protected abstract head(): Val;
  protected record(): Val {
    return this.add(this.head(), this.behind);
  }
  #field(op: LoadOp, offset: number): Val {
    return this.load(op, this.head(), this.behind + offset);
  }

  imm(): Val {
    return this.#field('i64.load', R.IMM);
  }
  imm2(): Val {
    return this.#field('i32.load', R.IMM2);
  }
  pc(): Val {
    return this.add(this.state64(S.BIAS), this.uext(this.shr(this.record(), 3)));
  }
  protected tlb(unprivileged: boolean): Val {
    return this.state32(unprivileged ? S.TLB_UNPRIV : S.TLB);
  }
}

/** One handler as a function (record) -> Outcome, or a run of them in the main loop. */
class OutOfLineEmitter extends RecordEmitter {
  constructor(callees: Readonly<Record<string, Callee>>) {
    super(['i32'], ['i32'], callees);
  }
  protected head(): Val {
    return this.param(0);
  }
  protected sync(): void {}
  protected afterSlow(): void {}
  protected leave(): void {
    throw new Error('a handler of one instruction takes its slow paths in place');
  }
  protected redirect(): void {
    this.return(this.i32(Outcome.Redirect));
  }
  branch(): void {
    if (this.near) {
      this.setState32(S.REC, this.add(this.record(), this.imm2()));
      return this.redirect();
    }
    this.branchTo(this.add(this.pc(), this.imm()));
  }
  branchIf(cond: Val): void {
    this.if(cond, () => this.branch());
  }
  branchTo(address: Val): void {
    this.setState64(S.PC, address);
    this.setState32(S.REC, 0);
    this.redirect();
  }
}

class MainEmitter extends RecordEmitter {
  readonly #rec: Var;
  readonly #budget: Var;
  readonly #target: Var;
  #next = 0;
  #jump = 0;
  #own = 0;
  #reload = 0;

  constructor(callees: Readonly<Record<string, Callee>>) {
    super([], [], callees);
    this.#rec = this.reserved('i32');
    this.#budget = this.reserved('i32');
    this.#target = this.reserved('i64');
  }

  /** The whole function. `blockType` is that of compiled blocks, absent where there are none. */
  main(inline: readonly Handler[], pairs: readonly Pair[], handlerType: number, blockType?: number): void {
    this.loop((reload) => {
      this.#reload = reload;
      this.#load();
      this.if(this.eqz(this.#rec), () => {
        this.if(this.test('le_s', this.#budget, 0), () => this.return());
        this.assign(this.#target, this.state64(S.PC));
        this.#probe();
        this.if(this.eqz(this.#rec), () => {
          this.call('fetch');
          this.#load();
          this.if(this.eqz(this.#rec), () => this.br(reload));
        });
      });
      this.loop((next) => {
        this.#next = next;
        this.block((jump) => {
          this.#jump = jump;
          this.if(this.test('le_s', this.#budget, 0), () => {
            this.sync();
            this.return();
          });
          this.assign(this.#budget, this.sub(this.#budget, 1));
          this.block((own) => {
            this.#own = own;
            this.#handlers(inline, pairs, blockType);
          });
          this.#outOfLine(handlerType);
        });
        this.#lookup();
      });
    });
  }

  #load(): void {
    this.assign(this.#rec, this.state32(S.REC));
    this.assign(this.#budget, this.state32(S.BUDGET));
  }

  #handlers(inline: readonly Handler[], pairs: readonly Pair[], blockType: number | undefined): void {
    const bodies: (() => void)[] = [
      () => this.#decode(),
      () => this.#pageEnd(),
      () => this.br(this.#own),
      () => {
        this.exec();
        this.#sequential();
      },
      () => this.#block(blockType),
      () => this.#break(),
      ...inline.map((h) => () => {
        this.emit(h);
        this.forgetFlags();
        this.#sequential();
      }),
      ...pairs.map((pair) => () => this.#pair(pair)),
    ];
    for (let i = 0; i <= bodies.length; i++) this.open(0x02);
    this.push(this.load('i32.load16_u', this.#rec, R.HANDLER));
    this.recycle();
    this.code.byte(0x0e);
    this.code.u32(bodies.length);
    for (let i = 0; i <= bodies.length; i++) this.code.u32(i);
    for (const body of bodies) {
      this.close();
      body();
      this.recycle();
    }
    // An index beyond the table: a damaged record.
    this.close();
    this.code.byte(0x00);
  }

  #sequential(): void {
    this.assign(this.#rec, this.add(this.#rec, this.behind + RECORD));
    this.br(this.#next);
  }

  /** These are not instructions: they give the unit of budget back. */
  #refund(): void {
    this.assign(this.#budget, this.add(this.#budget, 1));
  }

  #decode(): void {
    this.#refund();
    this.call('decode', this.#rec);
    this.br(this.#next);
  }

  #pageEnd(): void {
    this.#refund();
    this.branchTo(this.pc());
  }

  /**
   * Runs the instruction of #rec by itself, whatever HANDLER says. The one place that calls through the table: V8 loads
   * what such a call needs where it is common to all of them, which would be at every dispatch.
   */
  #outOfLine(type: number): void {
    this.sync();
    this.if(this.eqz(this.load('i32.load16_u', this.#rec, R.FN)), () => this.call('handler', this.#rec));
    this.push(this.#rec);
    this.push(this.load('i32.load16_u', this.#rec, R.FN));
    this.code.byte(0x11);
    this.code.u32(type);
    this.code.u32(0);
    this.brIf(this.popRaw('i32'), this.#reload);
    this.afterSlow();
    this.#sequential();
  }

  #block(type: number | undefined): void {
    if (type === undefined) {
      this.code.byte(0x00);
      return;
    }
    this.#refund();
    this.sync();
    this.push(this.load('i32.load16_u', this.#rec, R.BLOCK));
    this.code.byte(0x11);
    this.code.u32(type);
    this.code.u32(0);
    const outcome = this.popRaw('i32');
    this.brIf(this.test('ne', outcome, Outcome.Interpret), this.#reload);
    this.#load();
    // One in the middle of the block may not have been decoded yet.
    const handler = this.load('i32.load16_u', this.#rec, R.HANDLER);
    this.brIf(this.test('ne', handler, Special.Block), this.#next);
    this.assign(this.#budget, this.sub(this.#budget, 1));
    this.br(this.#own);
  }

  /**
   * Two instructions with one dispatch. What needs a slow path leaves before it has had any effect and runs by itself,
   * so nothing can happen between the two that the second would have to notice.
   */
  #pair([first, second]: Pair): void {
    this.brIf(this.test('le_s', this.#budget, 0), this.#own);
    this.leavesOnMiss = true;
    this.emit(first);
    this.behind = RECORD;
    this.assign(this.#budget, this.sub(this.#budget, 1));
    this.emit(second);
    this.#sequential();
    this.leavesOnMiss = false;
    this.behind = 0;
    this.forgetFlags();
  }

  #break(): void {
    this.#refund();
    this.sync();
    this.brIf(this.call('breakpoint', this.#rec), this.#reload);
    this.#load();
    this.assign(this.#budget, this.sub(this.#budget, 1));
    this.br(this.#own);
  }

  /** Where the fetch TLB has #target, makes its record #rec and runs `hit`. A misaligned target misses. */
  #probe(hit?: () => void): void {
    const low = this.wrap(this.#target);
    const index = this.and(this.shr(low, 8), (ITLB_ENTRIES - 1) << 4);
    const entry = this.add(this.state32(S.ITLB), index);
    const page = this.and(this.#target, ~0xffc);
    this.if(this.test('eq', page, this.load('i64.load', entry)), () => {
      const offset = this.shl(this.and(low, 0xffc), 3);
      this.assign(this.#rec, this.add(this.load('i32.load', entry, 8), offset));
      this.setState64(S.BIAS, this.sub(this.#target, this.uext(this.shr(this.#rec, 3))));
      hit?.();
    });
  }

  /** Goes on at #target. */
  #lookup(): void {
    this.#probe(() => this.br(this.#next));
    this.setState64(S.PC, this.#target);
    this.setState32(S.REC, 0);
    this.setState32(S.BUDGET, this.#budget);
    this.br(this.#reload);
  }

  protected head(): Val {
    return this.#rec;
  }
  protected sync(): void {
    this.setState32(S.REC, this.record());
    this.setState32(S.BUDGET, this.#budget);
  }
  protected afterSlow(): void {
    this.assign(this.#budget, this.state32(S.BUDGET));
  }
  protected leave(): void {
    this.assign(this.#rec, this.record());
    this.br(this.#own);
  }
  override exec(): void {
    if (this.leavesOnMiss) this.leave();
    else super.exec();
  }
  protected redirect(): void {
    this.br(this.#reload);
  }
  branch(): void {
    if (!this.near) return this.branchTo(this.add(this.pc(), this.imm()));
    this.assign(this.#rec, this.add(this.record(), this.imm2()));
    this.br(this.#next);
  }
  branchIf(cond: Val): void {
    this.if(cond, () => this.branch());
  }
  branchTo(address: Val): void {
    this.assign(this.#target, address);
    this.br(this.#jump);
  }
}

/** The main loop as a module that exports `run`. Handler i of `inline` has index SPECIALS + i; pairs follow. */
export function interpreterModule(
  inline: readonly Handler[],
  pairs: readonly Pair[],
  blocks: boolean,
  callees: Readonly<Record<string, Callee>>,
): Uint8Array<ArrayBuffer> {
  const builder = new ModuleBuilder();
  const emitter = new MainEmitter(callees);
  const blockType = blocks ? builder.type([], ['i32']) : undefined;
  emitter.main(inline, pairs, builder.type(['i32'], ['i32']), blockType);
  return finishModule(builder, 'run', emitter, true);
}

export const inlineIndex = (position: number): number => SPECIALS + position;

/** One out-of-line handler as a module that exports `handler`. */
export function handlerModule(handler: Handler, callees: Readonly<Record<string, Callee>>): Uint8Array<ArrayBuffer> {
  const emitter = new OutOfLineEmitter(callees);
  emitter.emit(handler);
  emitter.push(emitter.i32(Outcome.Next));
  return finishModule(new ModuleBuilder(), 'handler', emitter);
}

/** A module of one function with what it imports; `table` where it calls through the table. */
export function finishModule(
  builder: ModuleBuilder,
  name: string,
  emitter: Assembler,
  table = false,
): Uint8Array<ArrayBuffer> {
  const { body, imports } = emitter.finish();
  for (const callee of imports) builder.import(callee, emitter.callee(callee).params, emitter.callee(callee).results);
  if (table) builder.importTable();
  builder.function(name, body);
  return builder.finish();
}
