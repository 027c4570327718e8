/**
 * The plain block compiler: straight lines of guest code as one WebAssembly function each, from the same semantics as
 * the interpreter's handlers, with operands as constants. No regions and no tuning: it proves the emitter.
 *
 * A block leaves at a TLB miss with nothing done of that instruction, and the interpreter runs it.
 */
import { OPERANDS, type Operands, type RegRef, staticFieldsOf } from '../a64/pattern.js';
import type { Callee, Val, Var } from './assembler.js';
import { Emitter } from './emitter.js';
import type { Engine } from './engine.js';
import { finishModule, type Handler, Outcome, Special } from './interpreter.js';
import { PAGE_RECORDS, R, RECORD, RECORD_PAGE, S } from './layout.js';
import { RUNTIME_CALLEES } from './runtime.js';
import { ModuleBuilder } from './wasm.js';

/**
 * Blocks of one engine in its life: V8 ends the process when about 30,000 modules have used up its code space, and the
 * interpreter's handlers need up to 11,000 of them. Behind the limit everything is interpreted.
 */
const MAX_BLOCKS = 12_000;

/** Instructions of one block at most. */
const MAX_BLOCK = 64;

interface Step {
  readonly handler: Handler;
  readonly operands: Operands;
}

class BlockEmitter extends Emitter {
  protected readonly leavesOnMiss = true;
  readonly #head: number;
  readonly #budget: Var;
  #operands: Operands = {};
  #near = false;
  #index = 0;

  constructor(head: number, callees: Readonly<Record<string, Callee>>) {
    super([], ['i32'], callees);
    this.#head = head;
    this.#budget = this.reserved('i32');
  }

  compile(steps: readonly Step[]): void {
    this.assign(this.#budget, this.state32(S.BUDGET));
    this.if(this.test('lt_s', this.#budget, steps.length), () => this.return(this.i32(Outcome.Interpret)));
    for (const [index, step] of steps.entries()) {
      this.#index = index;
      this.#operands = step.operands;
      this.#near = step.handler.near;
      const { instruction } = step.handler.encoding;
      if (instruction.fp) this.checkFp();
      instruction.emit!(this, step.handler.fields, OPERANDS);
      this.recycle();
    }
    this.#leaveTo(this.#head + steps.length * RECORD, steps.length, Outcome.Redirect);
  }

  /** Stores where to go on, having run `count` instructions of the block, and returns. */
  #leaveTo(record: number, count: number, outcome: number): void {
    this.setState32(S.REC, record);
    this.setState32(S.BUDGET, this.sub(this.#budget, count));
    this.return(this.i32(outcome));
  }

  protected slot(ref: RegRef): Val {
    return this.i32(this.#operands[ref.reg] ?? 0);
  }
  imm(): Val {
    return this.i64(this.#operands.imm ?? 0);
  }
  imm2(): Val {
    return this.i32(this.#operands.imm2 ?? 0);
  }
  protected record(): Val {
    return this.i32(this.#head + this.#index * RECORD);
  }
  pc(): Val {
    return this.add(this.state64(S.BIAS), (this.#head + this.#index * RECORD) >>> 3);
  }
  protected sync(): void {
    this.setState32(S.REC, this.record());
    this.setState32(S.BUDGET, this.sub(this.#budget, this.#index + 1));
  }
  protected afterSlow(): void {}
  protected redirect(): void {
    this.return(this.i32(Outcome.Redirect));
  }
  protected leave(): void {
    this.#leaveTo(this.#head + this.#index * RECORD, this.#index, Outcome.Interpret);
  }
  /** TypeScript semantics run in the interpreter. */
  override exec(): void {
    this.leave();
  }
  protected tlb(unprivileged: boolean): Val {
    return this.state32(unprivileged ? S.TLB_UNPRIV : S.TLB);
  }
  branch(): void {
    const distance = Number(this.#operands.imm ?? 0);
    if (this.#near) {
      return this.#leaveTo(this.#head + this.#index * RECORD + distance * 8, this.#index + 1, Outcome.Redirect);
    }
    this.branchTo(this.add(this.pc(), this.imm()));
  }
  branchIf(cond: Val): void {
    this.if(cond, () => this.branch());
  }
  branchTo(address: Val): void {
    this.setState64(S.PC, address);
    this.#leaveTo(0, this.#index + 1, Outcome.Redirect);
  }
}

export class BlockCompiler {
  readonly #engine: Engine;
  readonly #env: Record<string, WebAssembly.ImportValue>;
  readonly #u16: Uint16Array;
  /** Head records of blocks by record page. */
  readonly #heads = new Map<number, Set<number>>();
  readonly #freeIndices: number[] = [];
  /** Blocks compiled so far. */
  compiled = 0;

  constructor(engine: Engine, env: Record<string, WebAssembly.ImportValue>) {
    this.#engine = engine;
    this.#env = env;
    this.#u16 = new Uint16Array(engine.memory.buffer);
    engine.code.onInvalidate = (page) => this.#invalidate(page);
  }

  /** Compiles the block that starts at a decoded record, if it has any instruction that can be compiled. */
  compileAt(head: number): void {
    if (this.compiled >= MAX_BLOCKS) return;
    const steps = this.#collect(head);
    if (!steps.length) return;
    const emitter = new BlockEmitter(head, RUNTIME_CALLEES);
    emitter.compile(steps);
    const module = new WebAssembly.Module(finishModule(new ModuleBuilder(), 'block', emitter));
    const instance = new WebAssembly.Instance(module, { env: this.#env });
    this.#install(head, instance.exports.block!);
  }

  #install(head: number, block: WebAssembly.ExportValue): void {
    const engine = this.#engine;
    let index = this.#freeIndices.pop();
    if (index === undefined) {
      index = engine.addFunction(block);
    } else engine.setFunction(index, block);
    this.compiled++;
    const u16 = this.#u16;
    u16[(head + R.BLOCK) >> 1] = index;
    u16[(head + R.HANDLER) >> 1] = Special.Block;
    const page = engine.code.indexOf(head);
    const heads = this.#heads.get(page);
    if (heads) heads.add(head);
    else this.#heads.set(page, new Set([head]));
  }

  #invalidate(page: number): void {
    const heads = this.#heads.get(page);
    if (!heads) return;
    this.#heads.delete(page);
    const u16 = this.#u16;
    for (const head of heads) {
      u16[(head + R.HANDLER) >> 1] = Special.Decode;
      const index = u16[(head + R.BLOCK) >> 1]!;
      this.#engine.setFunction(index, null);
      this.#freeIndices.push(index);
    }
  }

  #collect(head: number): Step[] {
    const { breakOffsets, code, decoder, map } = this.#engine;
    const first = ((head - map.records) % RECORD_PAGE) / RECORD;
    const host = code.wordOf(head);
    const steps: Step[] = [];
    for (let i = 0; i < MAX_BLOCK && first + i < PAGE_RECORDS; i++) {
      if (breakOffsets.has((first + i) * 4)) break;
      const insn = this.#engine.cpu.view.getUint32(host + i * 4, true);
      const match = decoder.match(insn);
      if (!match?.encoding.instruction.emit) break;
      const { encoding, fields, variant } = match;
      const operands = encoding.instruction.operands?.(fields) ?? {};
      const target = first + i + Number(operands.imm ?? 0) / 4;
      const near = !!encoding.instruction.direct && target >= 0 && target < PAGE_RECORDS;
      steps.push({ handler: { encoding, fields: staticFieldsOf(encoding, insn, variant), near }, operands });
      if (encoding.instruction.branch) break;
    }
    return steps;
  }
}
