// Our engines over the oracle's register states: one vCPU at EL0, flat map, a code region and a data window.
// Exceptions are recorded, not taken.
import type { Instruction } from '../../src/arch/a64/pattern.js';
import { Access, Raise } from '../../src/arch/engine/emitter.js';
import { Engine } from '../../src/arch/engine/engine.js';
import { Exit, S, SCRATCH, TLB_ADDEND, TLB_INVALID, TLB_READ, TLB_WRITE } from '../../src/arch/engine/layout.js';
import { PROFILES } from '../../src/arch/profiles.js';
import { B, CODE, CODE_BYTES, DATA, DATA_BYTES, type Ending } from './state.js';

/** The engines under test. `inline` is the interpreter with handlers in its main function. */
export type EngineKind = 'interpreter' | 'inline' | 'blocks';

export class Core {
  readonly kind: EngineKind;
  readonly engine: Engine;
  readonly window: Uint8Array;
  readonly #code: Uint8Array;
  readonly #codeHost: number;
  readonly #u32: Uint32Array;
  #used = 0;
  #ending: Ending = 'end';

  /** @param hot words whose handlers are inlined where `kind` is `inline` */
  constructor(profile: string, table: readonly Instruction[], kind: EngineKind, hot: readonly number[] = []) {
    this.kind = kind;
    this.engine = new Engine({
      profile: PROFILES[profile]!,
      vcpus: 1,
      memory: [
        { base: CODE, size: CODE_BYTES, writable: true },
        { base: DATA, size: DATA_BYTES, writable: true },
      ],
      table,
      recordPages: 128,
      hot,
      compileBlocks: kind === 'blocks',
    });
    const { cpu, map } = this.engine;
    this.#u32 = new Uint32Array(this.engine.memory.buffer);
    this.#codeHost = cpu.ram.host(CODE);
    this.#code = cpu.u8.subarray(this.#codeHost, this.#codeHost + CODE_BYTES);
    const dataHost = cpu.ram.host(DATA);
    this.window = cpu.u8.subarray(dataHost, dataHost + DATA_BYTES);
    const translate = (low: number, high: number, access: number, write: boolean): number =>
      this.#translate(low >>> 0, high, access, write);
    this.engine.hooks = {
      slowRead: (low, high, access) => translate(low, high, access, false),
      slowModify: (low, high, access) => translate(low, high, access, true),
      slowWrite: (low, high, access) => {
        const at = translate(low, high, access, true);
        if (at && !(access & Access.PROBE)) cpu.u8.copyWithin(at, SCRATCH, SCRATCH + (access & Access.TOTAL));
        return at ? 0 : 1;
      },
      translateFetch: () => {
        const pc = cpu.pc;
        if (pc >= BigInt(CODE) && pc < BigInt(CODE + CODE_BYTES) && !(pc & 3n)) return Number(pc);
        this.#end(pc & 3n ? 'alignment' : 'abort');
        return -1;
      },
      raise: (what) => {
        this.#end(what === Raise.SpAlignment ? 'sp-alignment' : 'undefined');
      },
      breakpoint: () => false,
    };
    cpu.i32[S.TLB >> 2] = map.tlb;
    cpu.i32[S.TLB_UNPRIV >> 2] = map.tlb;
    cpu.i32[S.ITLB >> 2] = map.itlb;
    cpu.i32[S.FPEN >> 2] = 1;
    cpu.i32[S.SPCHECK >> 2] = 15;
  }

  /** Puts code and data in place; what was decoded and translated before is forgotten. */
  load(code: Uint8Array, window: Uint8Array): void {
    const length = Math.max(code.length, this.#used);
    this.#used = code.length;
    this.#code.fill(0, code.length, length);
    this.#code.set(code);
    this.engine.code.written(this.#codeHost, length, -1);
    this.window.set(window);
    this.engine.invalidateTlbs();
  }

  /**
   * Runs at most `limit` instructions from the state at word `at`, and puts the state afterwards in its place.
   * @returns how it ended, and the instructions retired
   */
  run(state: Uint32Array, at: number, limit: number): { ending: Ending; retired: number } {
    const { cpu } = this.engine;
    const u32 = this.#u32;
    const i32 = cpu.i32;
    for (let i = 0; i < 62; i++) u32[(S.X >> 2) + i] = state[at + i]!;
    u32[S.SP >> 2] = state[at + B.SP]!;
    u32[(S.SP >> 2) + 1] = state[at + B.SP + 1]!;
    for (let i = 0; i < 128; i++) u32[(S.V >> 2) + i] = state[at + B.V + i]!;
    cpu.nzcv = state[at + B.NZCV]!;
    i32[S.FPCR >> 2] = state[at + B.FPCR]!;
    i32[S.FPSR >> 2] = state[at + B.FPSR]!;
    i32[S.EXCL_SIZE >> 2] = 0;
    i32[S.REC >> 2] = 0;
    u32[S.PC >> 2] = state[at + B.PC]!;
    u32[(S.PC >> 2) + 1] = state[at + B.PC + 1]!;
    this.#ending = 'end';
    const before = this.engine.retired[0]!;
    this.engine.run(limit);
    for (let i = 0; i < 62; i++) state[at + i] = u32[(S.X >> 2) + i]!;
    state[at + B.SP] = u32[S.SP >> 2]!;
    state[at + B.SP + 1] = u32[(S.SP >> 2) + 1]!;
    for (let i = 0; i < 128; i++) state[at + B.V + i] = u32[(S.V >> 2) + i]!;
    state[at + B.NZCV] = cpu.nzcv;
    state[at + B.FPCR] = i32[S.FPCR >> 2]!;
    state[at + B.FPSR] = i32[S.FPSR >> 2]!;
    const pc = cpu.pc;
    state[at + B.PC] = Number(pc & 0xffffffffn);
    state[at + B.PC + 1] = Number(pc >> 32n);
    return { ending: this.#ending, retired: this.engine.retired[0]! - before };
  }

  #end(how: Ending): number {
    const { cpu } = this.engine;
    if (this.#ending === 'end') this.#ending = how;
    cpu.branchTo(cpu.pc);
    cpu.requestExit(Exit.Debug);
    return 0;
  }

  /** Host address of an access and a TLB entry for its page; code can be read, not written. */
  #translate(low: number, high: number, access: number, write: boolean): number {
    const total = access & Access.TOTAL;
    if (access & Access.ALIGNED && low % total) return this.#end('alignment');
    const inData = low >= DATA && low + total <= DATA + DATA_BYTES;
    const inCode = !write && low >= CODE && low + total <= CODE + CODE_BYTES;
    if (high !== 0 || !(inData || inCode)) return this.#end('abort');
    const { cpu } = this.engine;
    const host = cpu.ram.host(low);
    const entry = cpu.i32[S.TLB >> 2]! + ((low >>> 7) & 0x7fe0);
    const page = BigInt(low - (low & 0xfff));
    cpu.view.setBigInt64(entry + TLB_READ, page, true);
    cpu.view.setBigInt64(entry + TLB_WRITE, inData ? page : TLB_INVALID, true);
    cpu.view.setInt32(entry + TLB_ADDEND, (host - low) | 0, true);
    return host;
  }
}
