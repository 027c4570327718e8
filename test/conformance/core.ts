// Our engines over the oracle's register states: one vCPU at EL0 behind the real system layer, with the data window
// readable and writable and the code region readable and executable. A case that takes an exception stops at EL1.
import type { Instruction } from '../../src/arch/a64/pattern.js';
import { Engine } from '../../src/arch/engine/engine.js';
import { Exit, S } from '../../src/arch/engine/layout.js';
import { PROFILES } from '../../src/arch/profiles.js';
import { CoreSystem, SLOT } from '../../src/arch/system/index.js';
import { B, CODE, CODE_BYTES, DATA, DATA_BYTES, type Ending } from './state.js';

/** The engines under test. `inline` is the interpreter with handlers in its main function, `pairs` also with pairs. */
export type EngineKind = 'interpreter' | 'inline' | 'pairs' | 'blocks';

const TABLES = 0x2000_0000;
const VECTORS = 0x3000_0000n;
/** M, C, SA, SA0, I, DZE, UCT, nTWI, nTWE, SPAN, UCI: as Linux has them for user mode, and the bits that are one. */
const SCTLR = 0x30d5_d99dn | (1n << 26n);
/** 48-bit VA, 4 KiB, write-back, inner shareable; TTBR1 off; TBI0. */
const TCR = 16n | (1n << 8n) | (1n << 10n) | (3n << 12n) | (1n << 23n) | (16n << 16n) | (2n << 30n) | (1n << 37n);
const TCR_IPS = 2n << 32n;

/** ESR_EL1.EC to what the oracle can tell apart. */
const ENDINGS: Readonly<Record<number, Ending>> = {
  0: 'undefined',
  24: 'undefined',
  21: 'svc',
  32: 'abort',
  34: 'alignment',
  38: 'sp-alignment',
  60: 'trap',
};
const DATA_ABORT = 0x24;
const ALIGNMENT_FAULT = 0x21;

export interface CaseOutcome {
  readonly ending: Ending;
  /** Instructions that used budget, a faulting one included. */
  readonly retired: number;
}

export class Core {
  readonly kind: EngineKind;
  readonly engine: Engine;
  readonly system: CoreSystem;
  readonly window: Uint8Array;
  readonly #code: Uint8Array;
  readonly #codeHost: number;
  readonly #u32: Uint32Array;
  #used = 0;
  /** Instructions retired when EL1 was reached; -1 before. */
  #stoppedAt = -1;

  /** @param hot words whose handlers are inlined, and which of them are pairs, where `kind` has that */
  constructor(
    profile: string,
    table: readonly Instruction[],
    kind: EngineKind,
    hot: { words: readonly number[]; pairs: readonly (readonly [number, number])[] } = { words: [], pairs: [] },
  ) {
    this.kind = kind;
    this.engine = new Engine({
      profile: PROFILES[profile]!,
      vcpus: 1,
      memory: [
        { base: CODE, size: CODE_BYTES, writable: true },
        { base: DATA, size: DATA_BYTES, writable: true },
        { base: TABLES, size: 0x10000, writable: true },
      ],
      table,
      recordPages: 128,
      hot: hot.words,
      pairs: hot.pairs,
      compileBlocks: kind === 'blocks',
    });
    const { cpu } = this.engine;
    this.#u32 = new Uint32Array(this.engine.memory.buffer);
    this.#codeHost = cpu.ram.host(CODE);
    this.#code = cpu.u8.subarray(this.#codeHost, this.#codeHost + CODE_BYTES);
    const dataHost = cpu.ram.host(DATA);
    this.window = cpu.u8.subarray(dataHost, dataHost + DATA_BYTES);
    this.system = new CoreSystem(this.engine);
    cpu.outside = {
      mmioRead: () => null,
      mmioWrite: () => false,
      readRegister: () => null,
      writeRegister: () => false,
      hypercall: () => false,
      trap: () => {},
      semihosting: () => false,
      irq: false,
      fiq: false,
    };
    this.#start();
    const { hooks } = this.engine;
    const translateFetch = hooks.translateFetch.bind(hooks);
    hooks.translateFetch = () => {
      if (!cpu.el) return translateFetch();
      if (this.#stoppedAt < 0) this.#stoppedAt = this.engine.now();
      cpu.requestExit(Exit.Debug);
      return -1;
    };
  }

  /** Puts code and data in place; what was decoded and looked up before is forgotten. */
  load(code: Uint8Array, window: Uint8Array): void {
    const length = Math.max(code.length, this.#used);
    this.#used = code.length;
    this.#code.fill(0, code.length, length);
    this.#code.set(code);
    this.engine.code.written(this.#codeHost, length, -1);
    if (this.kind === 'pairs') this.#decodeAll(code.length);
    this.window.set(window);
    this.engine.invalidateTlbs();
  }

  /** A pair is one only when both its members have been decoded, which is at their first run otherwise. */
  #decodeAll(bytes: number): void {
    const { engine } = this;
    for (let page = 0; page < bytes; page += 4096) {
      const records = engine.code.page(this.#codeHost + page);
      for (let at = 0; at < 4096 && page + at < bytes; at += 4) engine.decode(records + at * 8);
    }
  }

  /** Runs at most `limit` instructions from the state at word `at`, and puts the state afterwards in its place. */
  run(state: Uint32Array, at: number, limit: number): CaseOutcome {
    const u32 = this.#u32;
    this.#enter(state, at);
    this.#stoppedAt = -1;
    const before = this.engine.retired[0]!;
    for (let left = limit; left > 0; left = limit - (this.engine.retired[0]! - before)) {
      const exit = this.engine.run(left);
      // Nobody waits here: WFE and WFI are over at once, as for a user program of the oracle.
      if (exit !== Exit.Wfe && exit !== Exit.Wfi) break;
    }
    const { cpu } = this.engine;
    const retired = (this.#stoppedAt < 0 ? this.engine.retired[0]! : this.#stoppedAt) - before;
    for (let i = 0; i < 62; i++) state[at + i] = u32[(S.X >> 2) + i]!;
    for (let i = 0; i < 128; i++) state[at + B.V + i] = u32[(S.V >> 2) + i]!;
    state[at + B.NZCV] = cpu.nzcv;
    state[at + B.FPCR] = u32[S.FPCR >> 2]!;
    state[at + B.FPSR] = u32[S.FPSR >> 2]!;
    const exception = cpu.el !== 0;
    put(state, at + B.SP, exception ? cpu.sys(SLOT.SP_EL0) : cpu.sp);
    put(state, at + B.PC, exception ? cpu.sys(SLOT.ELR_EL1) : cpu.pc);
    return { ending: exception ? this.#ending() : 'end', retired };
  }

  #enter(state: Uint32Array, at: number): void {
    const { cpu } = this.engine;
    const u32 = this.#u32;
    const { i32 } = cpu;
    for (let i = 0; i < 62; i++) u32[(S.X >> 2) + i] = state[at + i]!;
    for (let i = 0; i < 128; i++) u32[(S.V >> 2) + i] = state[at + B.V + i]!;
    if (i32[S.EL >> 2]) {
      i32[S.EL >> 2] = 0;
      i32[S.SPSEL >> 2] = 0;
      i32[S.DAIF >> 2] = 0;
      i32[S.PSTATE >> 2] = 0;
      this.system.switchContext();
    }
    u32[S.SP >> 2] = state[at + B.SP]!;
    u32[(S.SP >> 2) + 1] = state[at + B.SP + 1]!;
    cpu.nzcv = state[at + B.NZCV]!;
    i32[S.FPCR >> 2] = state[at + B.FPCR]!;
    i32[S.FPSR >> 2] = state[at + B.FPSR]!;
    // As in the oracle, where X30 comes from there.
    cpu.setSys(SLOT.TPIDR_EL0, cpu.x(30));
    i32[S.EXCL_SIZE >> 2] = 0;
    i32[S.REC >> 2] = 0;
    u32[S.PC >> 2] = state[at + B.PC]!;
    u32[(S.PC >> 2) + 1] = state[at + B.PC + 1]!;
  }

  #ending(): Ending {
    const esr = Number(this.engine.cpu.sys(SLOT.ESR_EL1));
    const exceptionClass = (esr >>> 26) & 0x3f;
    if (exceptionClass === DATA_ABORT) return (esr & 0x3f) === ALIGNMENT_FAULT ? 'alignment' : 'abort';
    return ENDINGS[exceptionClass] ?? 'other';
  }

  /** EL0 with the MMU on: page tables, control registers, exceptions to where nothing is mapped. */
  #start(): void {
    const { cpu } = this.engine;
    this.system.reset({ entry: BigInt(CODE), x0: 0n, vcpu: 0, mpidr: 0x80000000n });
    const entry = (table: number, index: number, value: bigint): void =>
      cpu.view.setBigUint64(cpu.ram.host(TABLES) + table * 4096 + index * 8, value, true);
    const next = (table: number): bigint => BigInt(TABLES + table * 4096) | 3n;
    // Level 0, 1, 2 of each gigabyte, and level 3 of data and of code.
    entry(0, 0, next(1));
    entry(1, 0, next(2));
    entry(1, 1, next(3));
    entry(2, DATA >>> 21, next(4));
    entry(3, 0, next(5));
    const page = 0x703n;
    for (let i = 0; i < DATA_BYTES / 4096; i++) {
      entry(4, i, BigInt(DATA + i * 4096) | page | (1n << 6n) | (3n << 53n));
    }
    for (let i = 0; i < CODE_BYTES / 4096; i++) entry(5, i, BigInt(CODE + i * 4096) | page | (3n << 6n));
    cpu.setSys(SLOT.TTBR0_EL1, BigInt(TABLES));
    cpu.setSys(SLOT.MAIR_EL1, 0xffn);
    cpu.setSys(SLOT.TCR_EL1, TCR | TCR_IPS);
    cpu.setSys(SLOT.SCTLR_EL1, SCTLR);
    cpu.setSys(SLOT.CPACR_EL1, 3n << 20n);
    cpu.setSys(SLOT.VBAR_EL1, VECTORS);
    this.system.updateContext();
  }
}

function put(state: Uint32Array, at: number, value: bigint): void {
  state[at] = Number(value & 0xffffffffn);
  state[at + 1] = Number(value >> 32n);
}
