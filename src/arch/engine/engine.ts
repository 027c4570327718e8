/**
 * The engine: guest state and memory in one WebAssembly.Memory, the generated interpreter over decoded records, and
 * the compiled blocks beside it. It knows instructions and caches; translation and exceptions come in as hooks.
 */
import { Decoder } from '../a64/decoder.js';
import type { Encoding, Instruction } from '../a64/pattern.js';
import { parseEncoding, staticFieldsOf } from '../a64/pattern.js';
import { Cpu } from '../cpu.js';
import type { Profile } from '../profiles.js';
import { BlockCompiler } from './block-compiler.js';
import { CodeCache } from './code-cache.js';
import type { HOST_CALLEES } from './emitter.js';
import { type Handler, handlerModule, inlineIndex, interpreterModule, Special } from './interpreter.js';
import {
  Exit,
  ITLB_BYTES,
  ITLB_CONTEXTS,
  ITLB_ENTRIES,
  ITLB_ENTRY,
  ITLB_INVALID,
  type MemoryMap,
  memoryMap,
  PAGE_RECORDS,
  R,
  RECORD,
  S,
  TLB_BYTES,
  TLB_CONTEXTS,
  TLB_INVALID,
} from './layout.js';
import { type MemoryRegion, PhysicalMemory } from './physical.js';
import { instantiateRuntime, RUNTIME_CALLEES } from './runtime.js';

/** Translation, exceptions and debug: arch/system. See HOST_CALLEES for the three slow paths. */
export interface SystemHooks {
  slowRead(low: number, high: number, access: number): number;
  slowWrite(low: number, high: number, access: number): number;
  slowModify(low: number, high: number, access: number): number;
  /** Guest-physical address of the instruction at cpu.pc, or -1 where a prefetch abort was taken instead. */
  translateFetch(): number;
  /** One of Raise. */
  raise(what: number): void;
  /** Whether a debugger stops here (S.STOP is then set). */
  breakpoint(): boolean;
}

export interface EngineOptions {
  readonly profile: Profile;
  readonly vcpus: number;
  /** Guest memory by guest-physical base (a multiple of 64 KiB) and size in bytes. */
  readonly memory: readonly { base: number; size: number; writable: boolean }[];
  readonly table: readonly Instruction[];
  /** Instruction words whose handlers are inlined in the interpreter's main function. */
  readonly hot?: readonly number[];
  /** Words, all of them in `hot`, that are run with one dispatch where they follow each other. */
  readonly pairs?: readonly (readonly [number, number])[];
  /** Compile every block when it is first reached; otherwise interpret only. */
  readonly compileBlocks?: boolean;
  readonly recordPages?: number;
}

interface ExecEntry {
  readonly instruction: Instruction;
}

/** Table indices are 16 bits in a record; blocks and handlers together are far fewer. */
const TABLE_SIZE = 65536;

/** What stands for a word that is no instruction. */
const UNDEFINED = {
  encoding: parseEncoding({ name: 'undefined', asm: 'undefined', pattern: 'x'.repeat(32), exec: () => {} }),
  variant: 0,
};

export class Engine {
  readonly memory: WebAssembly.Memory;
  readonly map: MemoryMap;
  readonly cpu: Cpu;
  readonly code: CodeCache;
  readonly decoder: Decoder;
  hooks!: SystemHooks;
  /** Retired instructions of each vCPU. */
  readonly retired: number[];
  readonly blocks: BlockCompiler | null;
  /** See setBreakOffsets. */
  breakOffsets: ReadonlySet<number> = new Set();
  readonly #table: WebAssembly.Table;
  readonly #env: Record<string, WebAssembly.ImportValue>;
  readonly #run: () => void;
  readonly #u16: Uint16Array;
  readonly #i32: Int32Array;
  readonly #i64: BigInt64Array;
  /** Handler key to index in the main function, or table index of an out-of-line one. */
  readonly #inline = new Map<string, number>();
  readonly #outOfLine = new Map<string, number>();
  /** Handler index of a pair by pairKey(first, second). */
  readonly #pairs = new Map<number, number>();
  readonly #execs: ExecEntry[] = [UNDEFINED.encoding];
  readonly #execIds = new Map<Instruction, number>();
  #tableUsed = 0;
  #slice = 0;
  #charged = 0;
  /** Slots used since `takeConsumed`, apart from those of a slice in progress. */
  #consumed = 0;

  constructor(options: EngineOptions) {
    const { vcpus, profile } = options;
    const ramBytes = options.memory.reduce((sum, r) => sum + r.size, 0);
    this.map = memoryMap(vcpus, ramBytes, options.recordPages);
    this.memory = new WebAssembly.Memory({ initial: this.map.pages, maximum: this.map.pages });
    this.#u16 = new Uint16Array(this.memory.buffer);
    this.#i32 = new Int32Array(this.memory.buffer);
    this.#i64 = new BigInt64Array(this.memory.buffer, 0, this.map.records / 8);
    let host = this.map.ram;
    const regions = options.memory.map((r): MemoryRegion => {
      const region = { ...r, host };
      host += r.size;
      return region;
    });
    this.cpu = new Cpu(this.memory, new PhysicalMemory(regions), profile);
    this.code = new CodeCache(this.memory, this.map, vcpus);
    this.decoder = new Decoder(options.table, profile.features);
    this.retired = new Array<number>(vcpus).fill(0);
    this.#table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024, maximum: TABLE_SIZE });
    this.#env = { memory: this.memory, table: this.#table, ...this.#hostFunctions() };
    Object.assign(this.#env, instantiateRuntime(this.memory, this.cpu));
    const hot = (options.hot ?? []).flatMap((word) => this.#hotHandlers(word));
    hot.forEach(({ key }, i) => this.#inline.set(key, inlineIndex(i)));
    const pairs = options.compileBlocks ? [] : this.#hotPairs(options.pairs ?? [], hot);
    for (const [i, [first, second]] of pairs.entries()) {
      this.#pairs.set(pairKey(inlineIndex(first), inlineIndex(second)), inlineIndex(hot.length + i));
    }
    const handlers = hot.map((h) => h.handler);
    const module = new WebAssembly.Module(
      interpreterModule(
        handlers,
        pairs.map(([first, second]) => [handlers[first]!, handlers[second]!]),
        options.compileBlocks ?? false,
        RUNTIME_CALLEES,
      ),
    );
    this.#run = new WebAssembly.Instance(module, { env: this.#env }).exports.run as () => void;
    this.blocks = options.compileBlocks ? new BlockCompiler(this, this.#env) : null;
    this.invalidateTlbs();
  }

  /**
   * Runs the loaded vCPU for at most `budget` slots (1..2^30): an instruction is one, `charge` takes more.
   * @returns why it stopped; `retired` and `consumed` have grown by what was run
   */
  run(budget: number): Exit {
    const i32 = this.#i32;
    this.#slice = budget;
    this.#charged = 0;
    i32[S.BUDGET >> 2] = budget;
    i32[S.STOP >> 2] = 0;
    this.#run();
    const stop = i32[S.STOP >> 2]!;
    const used = budget - this.cpu.budget;
    this.retired[this.cpu.vcpu]! += used - this.#charged;
    this.#consumed += used;
    this.#slice = 0;
    return (stop || Exit.Budget) as Exit;
  }

  /** Spends `slots` in which no instruction runs: of the running slice, or before the next one. */
  charge(slots: number): void {
    if (!this.#slice) {
      this.#consumed += slots;
      return;
    }
    this.#charged += slots;
    this.cpu.spend(slots);
  }

  /** Slots used since `takeConsumed`, the current instruction's included. */
  get consumed(): number {
    return this.#slice ? this.#consumed + this.#slice - this.cpu.budget : this.#consumed;
  }

  takeConsumed(): number {
    const consumed = this.#consumed;
    this.#consumed = 0;
    return consumed;
  }

  /** Instructions retired by the loaded vCPU, the current one included: exact also in the middle of a slice. */
  now(): number {
    const retired = this.retired[this.cpu.vcpu]!;
    return this.#slice ? retired + this.#slice - this.cpu.budget - this.#charged : retired;
  }

  /** Loads another vCPU's state. */
  select(vcpu: number): void {
    const { cpu, map } = this;
    if (cpu.vcpu === vcpu) return;
    this.park();
    cpu.u8.copyWithin(map.parked + cpu.vcpu * S.END, 0, S.END);
    cpu.u8.copyWithin(0, map.parked + vcpu * S.END, map.parked + (vcpu + 1) * S.END);
    cpu.vcpu = vcpu;
  }

  /** Puts everything but guest memory back to what a new engine has. */
  reset(): void {
    this.cpu.u8.fill(0, 0, this.map.tlb);
    this.cpu.vcpu = 0;
    this.retired.fill(0);
    this.#consumed = 0;
    this.code.clear();
    this.invalidateTlbs();
  }

  /** Makes the pc independent of the code cache. */
  park(): void {
    const pc = this.cpu.pc;
    this.cpu.branchTo(pc);
  }

  /** Empties every fast TLB of every vCPU: at start and after a restore. */
  invalidateTlbs(): void {
    const { map } = this;
    const vcpus = this.retired.length;
    this.#i64.fill(TLB_INVALID, map.tlb >> 3, (map.tlb + vcpus * TLB_CONTEXTS * TLB_BYTES) >> 3);
    this.#i64.fill(ITLB_INVALID, map.itlb >> 3, (map.itlb + vcpus * ITLB_CONTEXTS * ITLB_BYTES) >> 3);
  }

  /** The word that a record was decoded from. */
  insnAt(record: number): number {
    return this.cpu.view.getUint32(this.code.wordOf(record), true);
  }

  /** Out-of-line handlers made so far. */
  get handlers(): number {
    return this.#outOfLine.size;
  }

  /** Registers a compiled function; its table index. */
  addFunction(f: WebAssembly.ExportValue): number {
    const index = ++this.#tableUsed;
    if (index >= this.#table.length) this.#table.grow(1024);
    this.#table.set(index, f);
    return index;
  }

  /** Replaces a function that `addFunction` registered. */
  setFunction(index: number, f: WebAssembly.ExportValue | null): void {
    this.#table.set(index, f);
  }

  #hostFunctions(): Record<keyof typeof HOST_CALLEES, WebAssembly.ImportValue> {
    return {
      slowRead: (lo: number, hi: number, access: number) => this.hooks.slowRead(lo, hi, access),
      slowWrite: (lo: number, hi: number, access: number) => this.hooks.slowWrite(lo, hi, access),
      slowModify: (lo: number, hi: number, access: number) => this.hooks.slowModify(lo, hi, access),
      fetch: () => this.#fetch(),
      decode: (record: number) => this.decode(record),
      handler: (record: number) => this.#makeHandler(record),
      exec: (record: number) => this.#exec(record),
      breakpoint: () => (this.hooks.breakpoint() ? 1 : 0),
      raise: (what: number) => this.hooks.raise(what),
    };
  }

  /** Finds the record of the pc and fills the fetch TLB. */
  #fetch(): void {
    const { cpu } = this;
    const i32 = this.#i32;
    const physical = this.hooks.translateFetch();
    if (physical < 0) return cpu.spend(1);
    const host = cpu.ram.host(physical);
    const page = this.code.page(host & ~0xfff);
    const low = i32[S.PC >> 2]!;
    const high = i32[(S.PC >> 2) + 1]!;
    const entry = (i32[S.ITLB >> 2]! + ((low >>> 12) & (ITLB_ENTRIES - 1)) * ITLB_ENTRY) >> 2;
    i32[entry] = low & ~0xfff;
    i32[entry + 1] = high;
    i32[entry + 2] = page;
    const record = page + ((low & 0xffc) << 3);
    i32[S.REC >> 2] = record;
    const units = record >>> 3;
    i32[S.BIAS >> 2] = low - units;
    i32[(S.BIAS >> 2) + 1] = high - (low >>> 0 < units ? 1 : 0);
  }

  /**
   * Has `hooks.breakpoint` asked before every instruction at one of these offsets in its page (0..0xffc): which address
   * it has is known only when it runs.
   */
  setBreakOffsets(offsets: ReadonlySet<number>): void {
    this.breakOffsets = offsets;
    this.park();
    this.code.clear();
  }

  /** Decodes the word behind a record into it, and compiles the block that it starts. */
  decode(record: number): void {
    const own = this.#decode(record);
    this.#u16[(record + R.OWN) >> 1] = own;
    if (this.breakOffsets.size && this.breakOffsets.has(this.code.offsetOf(record))) {
      this.#u16[(record + R.HANDLER) >> 1] = Special.Break;
      return;
    }
    this.#u16[(record + R.HANDLER) >> 1] = own;
    if (this.blocks) return this.blocks.compileAt(record);
    const offset = this.code.offsetOf(record);
    if (offset > 0) this.#join(record - RECORD, record);
    if (offset < 0xffc) this.#join(record, record + RECORD);
  }

  /** Makes the records of two instructions that follow each other a pair, where there is one for them. */
  #join(first: number, second: number): void {
    const own = this.#u16[(first + R.OWN) >> 1]!;
    if (this.#u16[(first + R.HANDLER) >> 1] !== own) return;
    const behind = this.#u16[(second + R.HANDLER) >> 1]!;
    if (behind === Special.Decode || behind === Special.Break) return;
    const pair = this.#pairs.get(pairKey(own, this.#u16[(second + R.OWN) >> 1]!));
    if (pair !== undefined) this.#u16[(first + R.HANDLER) >> 1] = pair;
  }

  /** @returns the index of the handler */
  #decode(record: number): number {
    const insn = this.insnAt(record);
    const match = this.decoder.match(insn);
    const u16 = this.#u16;
    if (!match) return this.#setExec(record, 0);
    const { encoding, fields, variant } = match;
    const { instruction } = encoding;
    if (!instruction.emit) return this.#setExec(record, this.#execId(instruction));
    const o = instruction.operands?.(fields) ?? {};
    u16[(record + R.D) >> 1] = o.d ?? 0;
    u16[(record + R.N) >> 1] = o.n ?? 0;
    u16[(record + R.M) >> 1] = o.m ?? 0;
    u16[(record + R.A) >> 1] = o.a ?? 0;
    u16[(record + R.B) >> 1] = o.b ?? 0;
    u16[(record + R.C) >> 1] = o.c ?? 0;
    this.cpu.view.setBigInt64(record + R.IMM, BigInt.asIntN(64, BigInt(o.imm ?? 0)), true);
    this.#i32[(record + R.IMM2) >> 2] = instruction.direct ? Number(o.imm) * 8 : (o.imm2 ?? 0);
    const near = !!instruction.direct && this.#isNear(record);
    const key = handlerKey(encoding, insn, variant, near);
    const inline = this.#inline.get(key);
    u16[(record + R.FN) >> 1] = this.#outOfLine.get(key) ?? 0;
    return inline ?? Special.OutOfLine;
  }

  /** Makes the function that runs a record's instruction by itself. */
  #makeHandler(record: number): void {
    const insn = this.insnAt(record);
    const { encoding, variant } = this.decoder.match(insn) ?? UNDEFINED;
    const near = !!encoding.instruction.direct && this.#isNear(record);
    const key = handlerKey(encoding, insn, variant, near);
    this.#u16[(record + R.FN) >> 1] =
      this.#outOfLine.get(key) ?? this.#outOfLineFor(key, encoding, insn, variant, near);
  }

  /** Whether a direct branch, whose distance is in the record, stays in its page. */
  #isNear(record: number): boolean {
    const target = this.code.offsetOf(record) * 8 + this.#i32[(record + R.IMM2) >> 2]!;
    return target >= 0 && target < PAGE_RECORDS * RECORD;
  }

  #outOfLineFor(key: string, encoding: Encoding, insn: number, variant: number, near: boolean): number {
    const handler = { encoding, fields: staticFieldsOf(encoding, insn, variant), near };
    const module = new WebAssembly.Module(handlerModule(handler, RUNTIME_CALLEES));
    const index = this.addFunction(new WebAssembly.Instance(module, { env: this.#env }).exports.handler!);
    this.#outOfLine.set(key, index);
    return index;
  }

  #setExec(record: number, id: number): number {
    this.#u16[(record + R.D) >> 1] = id;
    this.#u16[(record + R.FN) >> 1] = 0;
    return Special.Exec;
  }

  #execId(instruction: Instruction): number {
    let id = this.#execIds.get(instruction);
    if (id === undefined) {
      id = this.#execs.push({ instruction }) - 1;
      this.#execIds.set(instruction, id);
    }
    return id;
  }

  /** The TypeScript semantics of a record's instruction. */
  #exec(record: number): number {
    const { cpu } = this;
    cpu.contextChanged = false;
    const insn = this.insnAt(record);
    const instruction = this.#isExec(record) ?? (this.decoder.match(insn) ?? UNDEFINED).encoding.instruction;
    if (instruction === UNDEFINED.encoding.instruction) this.hooks.raise(0);
    else if (instruction.fp && !this.#i32[S.FPEN >> 2]) this.hooks.raise(2);
    else instruction.exec!(cpu, insn);
    if (this.#i32[S.REC >> 2] === 0) return 1;
    if (!cpu.contextChanged) return 0;
    this.#i32[S.REC >> 2] = record + RECORD;
    return 1;
  }

  #isExec(record: number): Instruction | undefined {
    if (this.#u16[(record + R.OWN) >> 1] !== Special.Exec) return undefined;
    return this.#execs[this.#u16[(record + R.D) >> 1]!]!.instruction;
  }

  /** Positions in `hot` of each pair's members, in each of their forms. */
  #hotPairs(pairs: readonly (readonly [number, number])[], hot: readonly { key: string }[]): [number, number][] {
    const positions = new Map(hot.map(({ key }, i) => [key, i]));
    const of = (word: number): number[] => this.#hotHandlers(word).map(({ key }) => positions.get(key)!);
    return pairs.flatMap(([first, second]) =>
      of(first).flatMap((a) => of(second).map((b): [number, number] => [a, b])),
    );
  }

  #hotHandlers(word: number): { key: string; handler: Handler }[] {
    const match = this.decoder.match(word);
    if (!match?.encoding.instruction.emit) return [];
    const { encoding, variant } = match;
    const fields = staticFieldsOf(encoding, word, variant);
    const forms = encoding.instruction.direct ? [true, false] : [false];
    return forms.map((near) => ({
      key: handlerKey(encoding, word, variant, near),
      handler: { encoding, fields, near },
    }));
  }
}

const pairKey = (first: number, second: number): number => (first << 16) | second;

const handlerKey = (encoding: Encoding, insn: number, variant: number, near: boolean): string =>
  `${encoding.instruction.name}/${(insn & encoding.staticMask) >>> 0}/${variant}/${near ? 1 : 0}`;
