/** Pairs in the interpreter: the same run as without them, wherever it is cut and whatever happens between the two. */
import { describe, expect, test } from 'vitest';
import { RAM, TestCore } from '../system/test-core.js';
import { Special } from './interpreter.js';
import { R, RECORD } from './layout.js';

const ADD_X1 = 0x91000421; // ADD X1, X1, #1
const ADD_X2 = 0x91000442; // ADD X2, X2, #1
const ADD_X2_16 = 0x91004042; // ADD X2, X2, #16
const SUBS_X0 = 0xf1000400; // SUBS X0, X0, #1
const B_NE = 0x54000001; // B.NE
const STR_X6 = 0xb90000c5; // STR W5, [X6]
const LDR_X8 = 0xf9400108; // LDR X8, [X8]
const FADD = 0x1e612800; // FADD D0, D0, D1
const PAIRS = [
  [ADD_X1, ADD_X2],
  [SUBS_X0, B_NE],
  [STR_X6, ADD_X2],
  [ADD_X2, LDR_X8],
  [ADD_X1, FADD],
] as const;
const HOT = [...new Set(PAIRS.flat())];

const branchBack = (from: number, to: number): number => B_NE | ((((to - from) >> 2) & 0x7ffff) << 5);

function coreOf(words: readonly number[], pairs: boolean, x: Record<number, bigint>): TestCore {
  const core = new TestCore('cortex-a57', pairs ? { hot: HOT, pairs: PAIRS } : {});
  const { cpu } = core;
  words.forEach((word, i) => cpu.view.setUint32(cpu.ram.host(RAM) + i * 4, word, true));
  for (const [n, value] of Object.entries(x)) cpu.setX(Number(n), value);
  cpu.branchTo(BigInt(RAM));
  return core;
}

const shown = (core: TestCore): object => ({
  x: Array.from({ length: 31 }, (_, n) => core.cpu.x(n)),
  pc: core.cpu.pc,
  nzcv: core.cpu.nzcv,
  retired: core.engine.retired[0],
  elr: core.sys('ELR_EL1'),
  esr: core.sys('ESR_EL1'),
});

/** Handlers of the first records. */
const handlers = ({ engine }: TestCore, count: number): number[] => {
  const page = engine.code.page(engine.cpu.ram.host(RAM));
  return Array.from({ length: count }, (_, i) => engine.cpu.view.getUint16(page + i * RECORD + R.HANDLER, true));
};
const own = ({ engine }: TestCore, i: number): number =>
  engine.cpu.view.getUint16(engine.code.page(engine.cpu.ram.host(RAM)) + i * RECORD + R.OWN, true);

const PROGRAMS = {
  'a loop': { words: [ADD_X1, ADD_X2, SUBS_X0, branchBack(12, 0)], x: { 0: 5n }, slots: 20 },
  'a store over its second': {
    words: [STR_X6, ADD_X2, SUBS_X0, branchBack(12, 0)],
    x: { 0: 4n, 5: BigInt(ADD_X2_16), 6: BigInt(RAM + 4) },
    slots: 16,
  },
  'a second that aborts': {
    words: [ADD_X1, ADD_X2, LDR_X8, SUBS_X0, branchBack(16, 0)],
    x: { 0: 9n, 8: 0x1_0000_0000n },
    slots: 8,
  },
  'a second that is trapped': { words: [ADD_X1, FADD, SUBS_X0, branchBack(12, 0)], x: { 0: 3n }, slots: 8 },
};

describe('pairs', () => {
  for (const [name, { words, x, slots }] of Object.entries(PROGRAMS)) {
    test(`${name}: the state behind every instruction is that without pairs`, () => {
      for (let cut = 1; cut <= slots; cut++) {
        const [plain, paired] = [coreOf(words, false, x), coreOf(words, true, x)];
        for (const core of [plain, paired]) {
          for (let left = slots, n = cut; left > 0; left -= n, n = slots) core.engine.run(Math.min(n, left));
        }
        expect(shown(paired), `cut behind ${cut}`).toEqual(shown(plain));
      }
    });
  }

  test('are made when both members have been decoded, and parted by a write to the second', () => {
    const { words, x } = PROGRAMS['a loop'];
    const core = coreOf(words, true, x);
    core.engine.run(4);
    const [first, second, third] = handlers(core, 3);
    expect(first).not.toBe(own(core, 0));
    expect(second).toBe(own(core, 1));
    expect(third).not.toBe(own(core, 2));
    const host = core.cpu.ram.host(RAM);
    core.cpu.view.setUint32(host + 4, ADD_X2_16, true);
    core.engine.code.written(host + 4, 4, -1);
    expect(handlers(core, 3)).toEqual([own(core, 0), Special.Decode, third]);
    core.engine.run(16);
    expect(core.cpu.x(2)).toBe(1n + 4n * 16n);
  });

  test('never run over a breakpoint', () => {
    const { words, x } = PROGRAMS['a loop'];
    const core = coreOf(words, true, x);
    core.engine.run(8);
    core.engine.setBreakOffsets(new Set([4]));
    const seen: bigint[] = [];
    core.engine.hooks.breakpoint = () => {
      seen.push(core.cpu.pc);
      return false;
    };
    core.engine.run(12);
    expect(seen).toEqual([BigInt(RAM + 4), BigInt(RAM + 4), BigInt(RAM + 4)]);
    expect(core.cpu.x(2)).toBe(5n);
  });
});
