/** Exception entry and return, register by register, from the manual's tables (D1.10, D1.11, D17.2.37). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Exit, S } from '../engine/layout.js';
import { SCTLR } from './regime.js';
import { RAM, TestCore } from './test-core.js';

const VECTORS = BigInt(RAM + 0x1_0000);
const SVC_5 = 0xd400_00a1;
const BRK_7 = 0xd420_00e0;
const HVC = 0xd400_0002;
const ERET = 0xd69f_03e0;
const NOP = 0xd503_201f;
const WFI = 0xd503_207f;
const WFE = 0xd503_205f;
const SEVL = 0xd503_20bf;
const UDF = 0;

let core: TestCore;
const start = (profile: string): void => {
  core = new TestCore(profile);
  core.setSys('VBAR_EL1', VECTORS);
};

/** Puts the core at EL0 or EL1t/EL1h by an exception return. */
function at(spsr: bigint, pc = BigInt(RAM)): void {
  core.setSys('SPSR_EL1', spsr);
  core.setSys('ELR_EL1', pc);
  core.run([ERET]);
  expect(core.cpu.pc).toBe(pc);
}

const offset = (): number => Number(core.cpu.pc - VECTORS);
const state = (): object => ({
  el: core.cpu.el,
  spsel: core.cpu.i32[S.SPSEL >> 2],
  daif: core.cpu.daif,
  pstate: core.cpu.i32[S.PSTATE >> 2],
});

describe('entry', () => {
  beforeEach(() => start('cortex-a57'));

  it.each([
    ['EL1h', 0x6000_0005n, 0x200],
    ['EL1t', 0x9000_0044n, 0],
    ['EL0t', 0x2000_0180n, 0x400],
  ])('from %s saves the state and picks the vector', (_name, spsr, vector) => {
    at(spsr);
    core.run([SVC_5]);
    expect(offset()).toBe(vector);
    expect(core.sys('SPSR_EL1')).toBe(spsr);
    expect(core.sys('ESR_EL1')).toBe(0x5600_0005n);
    expect(core.sys('ELR_EL1')).toBe(BigInt(RAM + 4));
    expect(state()).toEqual({ el: 1, spsel: 1, daif: 0x3c0, pstate: 0 });
    expect(BigInt(core.cpu.nzcv) << 28n).toBe(spsr & 0xf000_0000n);
  });

  it.each([
    ['BRK', BRK_7, 0xf200_0007n],
    ['UDF', UDF, 0x0200_0000n],
    ['an unallocated word', 0x0fff_ffff, 0x0200_0000n],
    ['HLT', 0xd440_0000, 0x0200_0000n],
    ['SMC that nobody takes', 0xd400_0003, 0x0200_0000n],
    ['DCPS1', 0xd4a0_0001, 0x0200_0000n],
    ['DRPS', 0xd6bf_03e0, 0x0200_0000n],
    ['an unknown register', 0xd53b_f000, 0x0200_0000n],
    ['a register of EL2', 0xd53c_1100, 0x0200_0000n],
    ['a write to a read-only register', 0xd518_0000, 0x0200_0000n],
    ['SYSL', 0xd528_0000, 0x0200_0000n],
  ])('%s returns to itself', (_name, word, esr) => {
    core.run([word]);
    expect(core.sys('ESR_EL1')).toBe(esr);
    expect(core.sys('ELR_EL1')).toBe(BigInt(RAM));
    expect(offset()).toBe(0x200);
  });

  it('banks the stack pointer', () => {
    core.cpu.sp = 0x1000n;
    core.setSys('SP_EL0', 0x2000n);
    at(0n);
    expect(core.cpu.sp).toBe(0x2000n);
    core.cpu.sp = 0x2010n;
    core.run([SVC_5]);
    expect(core.cpu.sp).toBe(0x1000n);
    core.run([0xd538_4100]); // MRS X0, SP_EL0
    expect(core.cpu.x(0)).toBe(0x2010n);
    core.run([0xd500_40bf]); // MSR SPSel, #0
    expect(core.cpu.sp).toBe(0x2010n);
    core.run([0xd538_4100]);
    expect(core.sys('ESR_EL1')).toBe(0x0200_0000n);
  });

  it('takes alignment faults of pc and SP', () => {
    core.cpu.branchTo(BigInt(RAM + 2));
    core.engine.run(1);
    expect([core.sys('ESR_EL1'), core.sys('FAR_EL1')]).toEqual([0x8a00_0000n, BigInt(RAM + 2)]);
    core.cpu.branchTo(BigInt(RAM));
    core.cpu.sp = BigInt(RAM + 8);
    core.run([0xf940_03e0]); // LDR X0, [SP]
    expect([core.sys('ESR_EL1'), core.sys('ELR_EL1')]).toEqual([0x9a00_0000n, BigInt(RAM)]);
  });

  it('takes prefetch aborts where nothing can be fetched', () => {
    core.cpu.branchTo(0x800_0000n);
    core.engine.run(1);
    expect([core.sys('ESR_EL1'), core.sys('FAR_EL1')]).toEqual([0x8600_0010n, 0x800_0000n]);
    core.cpu.branchTo(1n << 50n);
    core.engine.run(1);
    expect([core.sys('ESR_EL1'), core.sys('ELR_EL1')]).toEqual([0x8600_0000n, 1n << 50n]);
  });

  it('counts a slot for each exception where there is no instruction, so that a lost guest ends', () => {
    core.setSys('VBAR_EL1', 0x800_0000n);
    core.cpu.branchTo(0x800_0000n);
    expect(core.engine.run(1000)).toBe(Exit.Budget);
  });

  it('traps FP by CPACR_EL1.FPEN', () => {
    const fadd = 0x1e62_2820;
    core.run([fadd]);
    expect(core.sys('ESR_EL1')).toBe(0x1fe0_0000n);
    core.cpu.branchTo(BigInt(RAM));
    core.msr('CPACR_EL1', 1n << 20n);
    core.setSys('ESR_EL1', 0n);
    core.run([fadd]);
    expect(core.sys('ESR_EL1')).toBe(0n);
    at(0n);
    core.run([0xd53b_4400]); // MRS X0, FPCR
    expect(core.sys('ESR_EL1')).toBe(0x1fe0_0000n);
  });
});

describe('PAN and UAO', () => {
  beforeEach(() => start('neoverse-n1'));

  it('follow SCTLR_EL1.SPAN and are saved and restored', () => {
    at((1n << 22n) | (1n << 23n) | 5n);
    expect(state()).toMatchObject({ pstate: (1 << 22) | (1 << 23) });
    core.run([SVC_5]);
    expect(core.sys('SPSR_EL1')).toBe((1n << 22n) | (1n << 23n) | 5n);
    expect(state()).toMatchObject({ pstate: 1 << 22 });
    at(0n);
    core.run([SVC_5]);
    expect(state()).toMatchObject({ pstate: 0 });
    core.msr('SCTLR_EL1', 0n);
    at(0n);
    core.run([SVC_5]);
    expect(state()).toMatchObject({ pstate: 1 << 22 });
  });
});

describe('return', () => {
  beforeEach(() => start('cortex-a57'));

  it.each([
    ['AArch32', 0x10n],
    ['EL2', 0x9n],
    ['EL3', 0xdn],
    ['EL0 with SP_EL1', 0x1n],
    ['a reserved mode', 0x6n],
  ])('to %s is illegal', (_name, mode) => {
    core.setSys('SPSR_EL1', 0x8000_0000n | 0x80n | mode);
    core.setSys('ELR_EL1', BigInt(RAM + 0x100));
    core.run([ERET]);
    expect(state()).toEqual({ el: 1, spsel: 1, daif: 0x80, pstate: 1 << 20 });
    expect(core.cpu.nzcv).toBe(8);
    core.engine.run(1);
    expect([core.sys('ESR_EL1'), core.sys('ELR_EL1')]).toEqual([0x3a00_0000n, BigInt(RAM + 0x100)]);
    expect(core.sys('SPSR_EL1')).toBe(0x8010_0085n);
    expect(state()).toMatchObject({ pstate: 0 });
  });

  it('ignores PAN and UAO where the core has none', () => {
    at((3n << 22n) | 5n);
    expect(state()).toMatchObject({ pstate: 0 });
  });

  it('opens the exclusive monitor and sets the event register', () => {
    core.cpu.i32[S.EXCL_SIZE >> 2] = 8;
    at(5n);
    expect(core.cpu.i32[S.EXCL_SIZE >> 2]).toBe(0);
    expect(core.system.eventPending(0)).toBe(true);
  });

  it('is UNDEFINED at EL0', () => {
    at(0n);
    core.run([ERET]);
    expect(core.sys('ESR_EL1')).toBe(0x0200_0000n);
  });
});

describe('interrupts', () => {
  beforeEach(() => start('neoverse-n1'));

  it.each([
    ['irq', 0x80],
    ['fiq', 0x100],
  ] as const)('take %s where it is not masked', (line, vector) => {
    core[line] = true;
    expect(core.system.takePendingInterrupt()).toBe(false);
    at(0x0n);
    expect(core.system.takePendingInterrupt()).toBe(true);
    expect(offset()).toBe(0x400 + vector);
    expect([core.sys('ELR_EL1'), core.sys('SPSR_EL1')]).toEqual([BigInt(RAM), 0n]);
  });

  it('take a virtual SError with its syndrome, once', () => {
    core.setSys('HCR_EL2', 1n << 8n);
    core.setSys('VSESR_EL2', 0x12_3456n);
    at(0xc5n);
    expect(core.system.takePendingInterrupt()).toBe(true);
    expect(offset()).toBe(0x380);
    expect(core.sys('ESR_EL1')).toBe(0xbe12_3456n);
    expect(core.sys('HCR_EL2')).toBe(0n);
  });

  it('are looked for when masks fall, before the next instruction', () => {
    core.irq = true;
    core.system.takePendingInterrupt();
    const unmask = [
      [0xd503_42ff, NOP], // MSR DAIFClr, #2
      [0xd51b_4220, NOP], // MSR DAIF, X0
    ];
    for (const words of unmask) {
      core.cpu.daif = 0x3c0;
      const pc = core.cpu.pc;
      core.code(Number(pc), words);
      expect(core.engine.run(10)).toBe(Exit.Event);
      expect(core.cpu.pc).toBe(pc + 4n);
      expect(core.cpu.daif & 0x80).toBe(0);
    }
    core.cpu.daif = 0x3c0;
    core.setSys('SPSR_EL1', 5n);
    core.setSys('ELR_EL1', core.cpu.pc);
    core.code(Number(core.cpu.pc), [ERET]);
    expect(core.engine.run(10)).toBe(Exit.Event);
  });

  it('are not looked for without need', () => {
    core.code(RAM, [0xd503_42ff, 0xd503_42df, 0xd51b_4220, NOP]);
    expect(core.engine.run(4)).toBe(Exit.Budget);
  });
});

describe('waiting', () => {
  beforeEach(() => start('cortex-a57'));

  it('WFI ends the slice behind itself unless something is pending, masked or not', () => {
    core.code(RAM, [WFI, WFI, NOP]);
    expect(core.engine.run(10)).toBe(Exit.Wfi);
    expect(core.cpu.pc).toBe(BigInt(RAM + 4));
    core.irq = true;
    expect(core.engine.run(2)).toBe(Exit.Budget);
  });

  it('WFE takes the event register first', () => {
    core.code(RAM, [SEVL, WFE, WFE]);
    expect(core.engine.run(10)).toBe(Exit.Wfe);
    expect(core.engine.now()).toBe(3);
  });

  it('traps both at EL0 by SCTLR_EL1', () => {
    core.msr('SCTLR_EL1', 0n);
    at(0n);
    core.run([WFI]);
    expect(core.sys('ESR_EL1')).toBe(0x07e0_0000n);
    at(0n);
    core.system.setEvent(0, false);
    core.run([WFE]);
    expect(core.sys('ESR_EL1')).toBe(0x07e0_0001n);
  });

  it('SEV reaches every vCPU', () => {
    core = new TestCore('cortex-a57', { vcpus: 3 });
    core.code(RAM, [0xd503_209f]);
    expect(core.engine.run(1)).toBe(Exit.Event);
    expect([0, 1, 2].map((v) => core.system.eventPending(v))).toEqual([true, true, true]);
    core.engine.select(2);
    expect(core.system.eventPending(0)).toBe(true);
  });

  it('ESB defers a masked SError', () => {
    start('neoverse-n1');
    core.setSys('HCR_EL2', 1n << 8n);
    core.setSys('VSESR_EL2', 0x42n);
    core.run([0xd503_221f, 0xd538_c120]); // ESB; MRS X0, DISR_EL1
    expect(core.cpu.x(0)).toBe(0x8000_0042n);
    expect(core.sys('HCR_EL2')).toBe(0n);
  });
});

describe('calls to the hypervisor', () => {
  it('go on behind the instruction where they are taken', () => {
    start('cortex-a57');
    core.run([HVC]);
    expect(core.cpu.pc).toBe(BigInt(RAM + 4));
    at(0n);
    core.run([HVC]);
    expect(core.sys('ESR_EL1')).toBe(0x0200_0000n);
  });
});

describe('reset', () => {
  it('starts at EL1h with everything masked and the MMU off', () => {
    start('neoverse-n1');
    core.system.reset({ entry: 0x4008_0000n, x0: 0x4400_0000n, vcpu: 0, mpidr: 0x8000_0003n });
    expect(core.cpu.pc).toBe(0x4008_0000n);
    expect(core.cpu.x(0)).toBe(0x4400_0000n);
    expect(state()).toEqual({ el: 1, spsel: 1, daif: 0x3c0, pstate: 0 });
    expect(Number(core.sys('SCTLR_EL1')) & (SCTLR.M | SCTLR.C | SCTLR.I)).toBe(0);
    expect(core.sys('OSLSR_EL1')).toBe(10n);
    core.run([0xd538_00a0]);
    expect(core.cpu.x(0)).toBe(0x8000_0003n);
    expect(() => core.system.reset({ entry: 0n, x0: 0n, vcpu: 1, mpidr: 0n })).toThrow('vCPU 1: vCPU 0 is loaded');
  });
});
