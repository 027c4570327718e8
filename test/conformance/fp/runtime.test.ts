// The fast paths of the floating-point runtime against the exact library, function by function, in many more cases than
// an oracle process allows; the library itself is compared with the oracle in ../softfp.
import { expect, test } from 'vitest';
import { Cpu } from '../../../src/arch/cpu.js';
import { createHarness, zeroState } from '../../../src/arch/engine/harness.js';
import { S } from '../../../src/arch/engine/layout.js';
import { PhysicalMemory } from '../../../src/arch/engine/physical.js';
import { fpSoft } from '../../../src/arch/engine/runtime/fp-soft.js';
import {
  SOFT_OPERANDS,
  SOFT_RESULT,
  type SoftOperation,
  softCode,
} from '../../../src/arch/engine/runtime/fp-soft-operations.js';
import { instantiateRuntime } from '../../../src/arch/engine/runtime.js';
import { PROFILES } from '../../../src/arch/profiles.js';
import { FP } from '../../../src/arch/semantics/fp/index.js';
import type { Fmt } from '../../../src/arch/semantics/softfp/index.js';
import { Random } from '../random.js';
import { addend, integer, nearHalfway, operand, partner } from './operands.js';

/** FP_CASES of each function; FP_SEED for another campaign. */
const CASES = Number(process.env.FP_CASES ?? 4000);
const SEED = Number(process.env.FP_SEED ?? 1);

const memory = new WebAssembly.Memory({ initial: 1 });
const cpu = new Cpu(
  memory,
  new PhysicalMemory([{ base: 0, size: 4096, host: 0, writable: true }]),
  PROFILES['neoverse-n1']!,
);
const functions = instantiateRuntime(memory, cpu) as Record<string, (...args: (number | bigint)[]) => number | bigint>;

interface Result {
  readonly bits: bigint;
  readonly fpsr: number;
}

function exact(operation: SoftOperation, fmt: Fmt, args: readonly bigint[], fpcr: number, fpsr: number): Result {
  cpu.i32[S.FPCR >> 2] = fpcr;
  cpu.fpsr = fpsr;
  args.forEach((arg, i) => {
    cpu.view.setBigUint64(SOFT_OPERANDS[i]!, arg, true);
  });
  fpSoft(cpu, softCode(operation, fmt));
  return { bits: cpu.view.getBigUint64(SOFT_RESULT, true), fpsr: cpu.fpsr };
}

function fast(name: string, args: readonly (number | bigint)[], width: Fmt, fpcr: number, fpsr: number): Result {
  cpu.i32[S.FPCR >> 2] = fpcr;
  cpu.fpsr = fpsr;
  const bits = functions[name]!(...args);
  return { bits: BigInt.asUintN(width, BigInt(bits)), fpsr: cpu.fpsr };
}

/** As the functions take them: i64 as bigint, narrower ones as numbers. */
const passed = (fmt: Fmt, bits: bigint): number | bigint => (fmt === 64 ? BigInt.asIntN(64, bits) : Number(bits) | 0);

const FPCR = [0, 0, 0, 1 << 24, 1 << 25, 1 << 19, 1 << 26, 1 << 22, 2 << 22, 3 << 22, (1 << 24) | (2 << 22)];
const FPSR = [0x10, 0x10, 0];

/** Compares `CASES` calls of a function with the library; `last` says that its last operand is an i32. */
function check(
  name: string,
  operation: SoftOperation,
  fmt: Fmt,
  width: Fmt,
  draw: (r: Random) => bigint[],
  last?: 'i32',
) {
  const r = new Random(
    SEED,
    [...name].reduce((hash, c) => Math.imul(hash, 31) + c.charCodeAt(0), 0),
  );
  const wrong: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const args = draw(r);
    const fpcr = r.pick(FPCR);
    const fpsr = r.pick(FPSR);
    const want = exact(operation, fmt, args, fpcr, fpsr);
    const given = args.map((bits, at) =>
      last && at === args.length - 1 ? Number(bits) : passed(last ? 64 : fmt, bits),
    );
    const got = fast(name, given, width, fpcr, fpsr);
    if (got.bits !== want.bits || got.fpsr !== want.fpsr) {
      const show = (x: Result): string => `${x.bits.toString(16)}/${x.fpsr.toString(16)}`;
      const control = `fpcr ${fpcr.toString(16)} fpsr ${fpsr.toString(16)}`;
      wrong.push(`${name}(${args.map((b) => b.toString(16)).join(', ')}) ${control}: ${show(got)} not ${show(want)}`);
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
}

const BINARY = ['add', 'sub', 'mul', 'div', 'mulx', 'min', 'max', 'minnm', 'maxnm', 'recps', 'rsqrts'] as const;
const UNARY = ['sqrt', 'rintn', 'rintp', 'rintm', 'rintz', 'rinta', 'rintx', 'rinti'] as const;

/** Numbers within 2^-4..2^4, of either sign, and zero. */
function moderate(r: Random, fmt: Fmt): bigint {
  if (r.chance(1, 16)) return 0n;
  const { fraction, bias } = {
    16: { fraction: 10, bias: 15 },
    32: { fraction: 23, bias: 127 },
    64: { fraction: 52, bias: 1023 },
  }[fmt];
  const exponent = BigInt(bias - 4 + r.below(8)) << BigInt(fraction);
  return (BigInt(r.below(2)) << BigInt(fmt - 1)) | exponent | BigInt.asUintN(fraction, integer(r));
}

test.each([16, 32, 64] as const)('moderate operands of %i bits do not reach the exact library', (fmt) => {
  const r = new Random(SEED, fmt);
  const untouched = 0x5555555555555555n;
  const arithmetic = [
    'add',
    'sub',
    'mul',
    'div',
    'min',
    'max',
    'minnm',
    'maxnm',
    'rintx',
    'rintn',
    'fma',
    'sqrt',
  ] as const;
  for (const operation of arithmetic) {
    const name = `f${fmt}_${operation}`;
    let reached = 0;
    for (let i = 0; i < 200; i++) {
      let args = Array.from({ length: 3 }, () => moderate(r, fmt));
      if (operation === 'sqrt') args = args.map((bits) => BigInt.asUintN(fmt - 1, bits));
      if (operation === 'div') args[1] ||= 0x3c00n << BigInt(fmt - 16);
      cpu.view.setBigUint64(SOFT_OPERANDS[0], untouched, true);
      const given = args.map((bits) => passed(fmt, bits));
      fast(name, given, fmt, 0, r.pick([0, 0x10]));
      if (cpu.view.getBigUint64(SOFT_OPERANDS[0], true) !== untouched) reached++;
    }
    // Halves that cancel nearly all of each other may.
    expect(reached, name).toBeLessThanOrEqual(fmt === 16 ? 10 : 0);
  }
});

/** Vector instructions on v0, v1 and v2: singles, doubles. */
const VECTORS: readonly [SoftOperation, number, number][] = [
  ['add', 0x4e22d420, 0x4e62d420],
  ['sub', 0x4ea2d420, 0x4ee2d420],
  ['mul', 0x6e22dc20, 0x6e62dc20],
  ['div', 0x6e22fc20, 0x6e62fc20],
  ['sqrt', 0x6ea1f820, 0x6ee1f820],
  ['fma', 0x4e22cc20, 0x4e62cc20],
];

/** Elements of v0 (the addend), v1 and v2. */
function triple(r: Random, fmt: Fmt): bigint[] {
  if (r.chance(1, 2)) {
    const { a, b, c } = nearHalfway(r, fmt);
    return [c, a, b];
  }
  if (r.chance(1, 2)) return Array.from({ length: 3 }, () => moderate(r, fmt));
  const a = operand(r, fmt);
  const b = partner(r, fmt, a);
  return [addend(r, fmt, a, b), a, b];
}

test.each(VECTORS)('vectors of %s', (operation, singles, doubles) => {
  const harness = createHarness('neoverse-n1', FP);
  for (const fmt of [32, 64] as const) {
    const r = new Random(SEED, fmt);
    const used = { add: [1, 2], sub: [1, 2], mul: [1, 2], div: [1, 2], sqrt: [1], fma: [0, 1, 2] }[operation as 'add'];
    for (let i = 0; i < CASES / 4; i++) {
      const elements = Array.from({ length: 128 / fmt }, () => triple(r, fmt));
      const state = zeroState();
      for (const register of [0, 1, 2]) {
        const all = elements.reduce((sum, e, at) => sum | (e[register]! << BigInt(at * fmt)), 0n);
        state.v[register] = [BigInt.asUintN(64, all), all >> 64n];
      }
      state.fpsr = 0x10;
      let fpsr = state.fpsr;
      const want = elements.reduce((sum, e, at) => {
        const args = used.map((register) => e[register]!);
        const one = exact(operation, fmt, args, 0, fpsr);
        fpsr = one.fpsr;
        return sum | (BigInt.asUintN(fmt, one.bits) << BigInt(at * fmt));
      }, 0n);
      const end = harness.run([fmt === 32 ? singles : doubles], state);
      const shown = elements.map((e) => e.map((bits) => bits.toString(16)).join(' ')).join(', ');
      expect([end.v[0]![0] | (end.v[0]![1] << 64n), end.fpsr], shown).toEqual([want, fpsr]);
    }
  }
});

for (const fmt of [16, 32, 64] as const) {
  test.each(BINARY)(`f${fmt}_%s`, (operation) => {
    check(`f${fmt}_${operation}`, operation, fmt, fmt, (r) => {
      const a = operand(r, fmt);
      return [a, r.chance(2, 3) ? partner(r, fmt, a) : operand(r, fmt)];
    });
  });
  test.each(UNARY)(`f${fmt}_%s`, (operation) => {
    check(`f${fmt}_${operation}`, operation, fmt, fmt, (r) => [operand(r, fmt)]);
  });
  test(`f${fmt}_fma`, () => {
    check(`f${fmt}_fma`, 'fma', fmt, fmt, (r) => {
      if (r.chance(1, 4)) {
        const { a, b, c } = nearHalfway(r, fmt);
        return [c, a, b];
      }
      const a = operand(r, fmt);
      const b = r.chance(1, 2) ? partner(r, fmt, a) : operand(r, fmt);
      return [addend(r, fmt, a, b), a, b];
    });
  });
  for (const to of [16, 32, 64] as const) {
    if (to !== fmt) {
      test(`f${fmt}_to_f${to}`, () => check(`f${fmt}_to_f${to}`, `to${to}`, fmt, to, (r) => [operand(r, fmt)]));
    }
  }
  test(`s64_to_f${fmt} and u64_to_f${fmt}`, () => {
    const draw = (r: Random): bigint[] => [integer(r), BigInt(r.chance(1, 2) ? 0 : r.below(65))];
    check(`s64_to_f${fmt}`, 'fromSigned', fmt, fmt, draw, 'i32');
    check(`u64_to_f${fmt}`, 'fromUnsigned', fmt, fmt, draw, 'i32');
  });
}
