/** Software step, breakpoints and watchpoints (D2). */
import { beforeEach, describe, expect, it } from 'vitest';
import { S } from '../engine/layout.js';
import { RAM, TestCore } from './test-core.js';

const NOP = 0xd503_201f;
const ERET = 0xd69f_03e0;
const SVC = 0xd400_0001;
const MDSCR_SS = 1n;
const MDSCR_KDE = 1n << 13n;
const MDSCR_MDE = 1n << 15n;
const SPSR_SS = 1n << 21n;
const CODE = RAM + 0x1000;
const VECTORS = BigInt(RAM + 0x1_0000);

let core: TestCore;
beforeEach(() => {
  core = new TestCore('cortex-a57');
  core.setSys('VBAR_EL1', VECTORS);
  core.msr('OSLAR_EL1', 0n);
});

/** ERET to code with the given state. */
function enter(spsr: bigint): void {
  core.setSys('SPSR_EL1', spsr);
  core.setSys('ELR_EL1', BigInt(CODE));
  core.run([ERET]);
}

/** One turn of the run loop: null where an exception was taken instead of running. */
function turn(): void {
  const { debug } = core.system;
  if (!debug.stepping()) {
    core.engine.run(1);
  } else if (!debug.takeStep()) {
    core.engine.run(1);
    debug.stepped();
  }
}

const exception = (): [bigint, bigint, bigint] => [
  core.sys('ESR_EL1'),
  core.sys('ELR_EL1') - BigInt(CODE),
  core.sys('SPSR_EL1'),
];

describe('software step', () => {
  beforeEach(() => core.msr('MDSCR_EL1', MDSCR_SS));

  it('runs one instruction of EL0 and takes the exception behind it', () => {
    core.code(CODE, [NOP, NOP]);
    enter(SPSR_SS);
    turn();
    expect(core.cpu.pc).toBe(BigInt(CODE + 4));
    turn();
    expect(exception()).toEqual([0xcb00_0022n, 4n, 0n]);
    expect(core.cpu.pc).toBe(VECTORS + 0x400n);
    expect(core.system.debug.stepping()).toBe(false);
  });

  it('takes the exception at once where SPSR_EL1.SS was 0', () => {
    enter(0n);
    turn();
    expect(exception()).toEqual([0xca00_0022n, 0n, 0n]);
  });

  it('says that a load-exclusive was stepped', () => {
    core.code(CODE, [0xc85f_7c20]); // LDXR X0, [X1]
    core.cpu.setX(1, BigInt(RAM));
    enter(SPSR_SS);
    turn();
    turn();
    expect(exception()).toEqual([0xcb00_0062n, 4n, 0n]);
  });

  it('is done by an SVC, but not by an abort', () => {
    core.code(CODE, [SVC]);
    enter(SPSR_SS);
    turn();
    expect(exception()).toEqual([0x5600_0000n, 4n, 0n]);
    core.code(CODE, [0xf940_0020]); // LDR X0, [X1]
    core.cpu.setX(1, 0x10n);
    enter(SPSR_SS);
    turn();
    expect(exception()).toEqual([0x9200_0010n, 0n, SPSR_SS]);
  });

  it('steps EL1 only with KDE and D clear', () => {
    enter(SPSR_SS | 5n);
    expect(core.system.debug.stepping()).toBe(false);
    core.cpu.branchTo(BigInt(RAM));
    core.msr('MDSCR_EL1', MDSCR_SS | MDSCR_KDE);
    core.cpu.daif = 0x3c0;
    core.code(CODE, [NOP]);
    enter(SPSR_SS | 5n);
    turn();
    turn();
    expect(exception()).toEqual([0xcf00_0022n, 4n, 5n]);
  });

  it('rests while the OS lock is set', () => {
    core.msr('OSLAR_EL1', 1n);
    enter(SPSR_SS);
    expect(core.system.debug.stepping()).toBe(false);
    expect(core.cpu.i32[S.PSTATE >> 2]).toBe(0);
  });
});

describe('breakpoints', () => {
  const el0 = (2n << 1n) | 1n;

  it('match an address at the ELs they name', () => {
    core.msr('DBGBVR2_EL1', BigInt(CODE + 4));
    core.msr('DBGBCR2_EL1', el0);
    core.msr('MDSCR_EL1', MDSCR_MDE);
    core.code(CODE, [NOP, NOP]);
    enter(0n);
    expect(core.system.debug.stepping()).toBe(true);
    turn();
    turn();
    expect(exception()).toEqual([0xc200_0022n, 4n, 0n]);
    enter(5n);
    expect(core.system.debug.stepping()).toBe(false);
  });

  it('may be linked to a context', () => {
    core.msr('DBGBVR0_EL1', BigInt(CODE));
    core.msr('DBGBCR0_EL1', el0 | (5n << 16n) | (1n << 20n));
    core.msr('DBGBVR5_EL1', 42n);
    core.msr('DBGBCR5_EL1', el0 | (3n << 20n));
    core.msr('MDSCR_EL1', MDSCR_MDE);
    core.code(CODE, [NOP]);
    enter(0n);
    turn();
    expect(core.cpu.pc).toBe(BigInt(CODE + 4));
    core.setSys('CONTEXTIDR_EL1', 42n);
    core.cpu.branchTo(BigInt(CODE));
    turn();
    expect(exception()).toEqual([0xc200_0022n, 0n, 0n]);
  });

  it('may match a context alone', () => {
    core.msr('DBGBVR4_EL1', 7n);
    core.msr('DBGBCR4_EL1', el0 | (2n << 20n));
    core.msr('MDSCR_EL1', MDSCR_MDE);
    core.setSys('CONTEXTIDR_EL1', 7n);
    core.code(CODE, [NOP]);
    enter(0n);
    turn();
    expect(exception()[0]).toBe(0xc200_0022n);
  });
});

describe('watchpoints', () => {
  const DATA = BigInt(RAM + 0x2000);
  const both = (3n << 1n) | 1n;
  const watch = (value: bigint, control: bigint): void => {
    core.msr('DBGWVR1_EL1', value);
    core.msr('DBGWCR1_EL1', control);
    core.msr('MDSCR_EL1', MDSCR_MDE | MDSCR_KDE);
    core.cpu.daif = 0;
  };
  /** The syndrome of an access, or 0. */
  const access = (word: number, address: bigint): bigint => {
    core.cpu.daif = 0;
    core.cpu.branchTo(BigInt(CODE));
    core.setSys('ESR_EL1', 0n);
    core.cpu.setX(1, address);
    core.run([word]);
    return core.sys('ESR_EL1');
  };
  const LDR = 0xf940_0020;
  const STR = 0xf900_0020;
  const LDRB = 0x3940_0020;

  it('watch selected bytes for loads or stores', () => {
    watch(DATA, both | (1n << 3n) | (0x10n << 5n));
    expect(access(LDR, DATA)).toBe(0xd600_0022n);
    expect(core.sys('FAR_EL1')).toBe(DATA + 4n);
    expect(access(STR, DATA)).toBe(0n);
    expect(access(LDRB, DATA + 3n)).toBe(0n);
    expect(access(LDRB, DATA + 4n)).toBe(0xd600_0022n);
    watch(DATA, both | (2n << 3n) | (0xffn << 5n));
    expect(access(LDR, DATA)).toBe(0n);
    expect(access(STR, DATA)).toBe(0xd600_0062n);
    expect(core.read64(Number(DATA))).toBe(0n);
  });

  it('watch ranges by mask', () => {
    watch(DATA, both | (3n << 3n) | (0xffn << 5n) | (8n << 24n));
    expect(access(LDRB, DATA + 0xffn)).toBe(0xd600_0022n);
    expect(access(LDRB, DATA + 0x100n)).toBe(0n);
    expect(access(LDR, DATA - 8n)).toBe(0n);
  });

  it('are off where debug exceptions are', () => {
    watch(DATA, both | (3n << 3n) | (0xffn << 5n));
    core.msr('MDSCR_EL1', MDSCR_MDE);
    expect(access(LDR, DATA)).toBe(0n);
    core.msr('MDSCR_EL1', MDSCR_KDE);
    expect(access(LDR, DATA)).toBe(0n);
  });
});
