/**
 * A bare core for instruction tests: one vCPU at EL0 or EL1 with a flat map (VA = PA), a code page and a data window,
 * no system layer. Exceptions are recorded, not taken.
 */
import type { Instruction } from '../a64/pattern.js';
import { PROFILES } from '../profiles.js';
import { Access, Raise } from './emitter.js';
import { Engine } from './engine.js';
import { Exit, S, SCRATCH } from './layout.js';

/** Where test code is placed. */
export const CODE = 0x4000_0000;
/** Where data can be read and written, DATA_BYTES long. */
export const DATA = 0x1000_0000;
export const DATA_BYTES = 0x10000;

export interface CoreState {
  x: bigint[];
  sp: bigint;
  nzcv: number;
  fpcr: number;
  fpsr: number;
  /** V registers as [low, high] 64-bit halves. */
  v: [bigint, bigint][];
}

export interface Outcome extends CoreState {
  pc: bigint;
  /** 'undefined', 'sp-alignment', 'abort' (outside the window), 'alignment', or null. */
  exception: string | null;
  retired: number;
}

export const zeroState = (): CoreState => ({
  x: new Array<bigint>(31).fill(0n),
  sp: BigInt(DATA + 0x8000),
  nzcv: 0,
  fpcr: 0,
  fpsr: 0,
  v: Array.from({ length: 32 }, (): [bigint, bigint] => [0n, 0n]),
});

export interface Harness {
  readonly engine: Engine;
  /** The data window. */
  readonly data: Uint8Array;
  /** Runs `words` from CODE until they fall off the end, an exception, or `limit` instructions. */
  run(words: readonly number[], state: CoreState, limit?: number): Outcome;
}

export function createHarness(
  profile: string,
  table: readonly Instruction[],
  options: { engine?: 'interp' | 'jit'; hot?: readonly number[] } = {},
): Harness {
  const engine = new Engine({
    profile: PROFILES[profile]!,
    vcpus: 1,
    memory: [
      { base: CODE, size: 0x10000, writable: true },
      { base: DATA, size: DATA_BYTES, writable: true },
    ],
    table,
    recordPages: 32,
    ...(options.hot && { hot: options.hot }),
    compileBlocks: options.engine === 'jit',
  });
  const { cpu, map } = engine;
  let exception: string | null = null;
  const fail = (what: string): number => {
    exception ??= what;
    cpu.branchTo(cpu.pc);
    cpu.requestExit(Exit.Debug);
    return 0;
  };
  const host = (low: number, high: number, access: number): number => {
    const total = access & Access.TOTAL;
    const address = low >>> 0;
    if (access & Access.ALIGNED && address % total) return fail('alignment');
    if (high !== 0 || address < DATA || address + total > DATA + DATA_BYTES) return fail('abort');
    const at = cpu.ram.host(address);
    const entry = cpu.i32[S.TLB >> 2]! + ((address >>> 7) & 0x7fe0);
    const page = BigInt(address & ~0xfff);
    cpu.view.setBigInt64(entry, page, true);
    cpu.view.setBigInt64(entry + 8, page, true);
    cpu.view.setInt32(entry + 16, at - address, true);
    return at;
  };
  engine.hooks = {
    slowRead: host,
    slowModify: host,
    slowWrite(low, high, access) {
      const at = host(low, high, access);
      if (!at) return 1;
      if (!(access & Access.PROBE)) cpu.u8.copyWithin(at, SCRATCH, SCRATCH + (access & Access.TOTAL));
      return 0;
    },
    translateFetch() {
      const pc = cpu.pc;
      if (pc >= BigInt(CODE) && pc < BigInt(CODE + 0x10000) && !(pc & 3n)) return Number(pc);
      fail('fetch');
      return -1;
    },
    raise(what) {
      fail(what === Raise.SpAlignment ? 'sp-alignment' : 'undefined');
    },
    breakpoint: () => false,
  };
  cpu.i32[S.TLB >> 2] = map.tlb;
  cpu.i32[S.TLB_UNPRIV >> 2] = map.tlb;
  cpu.i32[S.ITLB >> 2] = map.itlb;
  cpu.i32[S.FPEN >> 2] = 1;
  cpu.i32[S.SPCHECK >> 2] = 15;
  const codeHost = cpu.ram.host(CODE);
  const dataHost = cpu.ram.host(DATA);
  let lastLength = 0;
  const load = (s: CoreState): void => {
    s.x.forEach((value, n) => cpu.setX(n, value));
    cpu.sp = s.sp;
    cpu.nzcv = s.nzcv;
    cpu.i32[S.FPCR >> 2] = s.fpcr;
    cpu.fpsr = s.fpsr;
    s.v.forEach(([low, high], n) => cpu.setV(n, low, high));
    cpu.i32[S.EXCL_SIZE >> 2] = 0;
    cpu.branchTo(BigInt(CODE));
  };
  return {
    engine,
    data: cpu.u8.subarray(dataHost, dataHost + DATA_BYTES),
    run(words, state, limit = words.length) {
      exception = null;
      const length = Math.max(words.length, lastLength) + 1;
      for (let i = 0; i < length; i++) cpu.view.setUint32(codeHost + i * 4, words[i] ?? 0, true);
      engine.code.written(codeHost, length * 4, 0);
      lastLength = words.length;
      load(state);
      const before = engine.retired[0]!;
      for (let left = limit; left > 0 && !exception; ) {
        engine.run(left);
        left = limit - (engine.retired[0]! - before);
        if (cpu.pc === BigInt(CODE + words.length * 4)) break;
      }
      return {
        x: Array.from({ length: 31 }, (_, n) => cpu.x(n)),
        sp: cpu.sp,
        nzcv: cpu.nzcv,
        fpcr: cpu.fpcr,
        fpsr: cpu.fpsr,
        v: Array.from({ length: 32 }, (_, n) => cpu.v(n)),
        pc: cpu.pc,
        exception,
        retired: engine.retired[0]! - before,
      };
    },
  };
}
