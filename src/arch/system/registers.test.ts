/** MRS, MSR and MSR (immediate) through the engine: masks, levels, traps, profiles, in both engines. */
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../profiles.js';
import { idValues } from './registers/identification-values.js';
import { registersOf } from './registers/index.js';
import { RAM, TestCore } from './test-core.js';

const UNDEFINED = 0x0200_0000n;
const mrs = (core: TestCore, name: string, rt = 0): number =>
  0xd530_0000 | ((core.system.registers.named(name)!.encoding & 0x7fff) << 5) | rt;
const msr = (core: TestCore, name: string, rt = 0): number => (mrs(core, name, rt) & ~(1 << 21)) >>> 0;

function coreOf(profile: string, options: { jit?: boolean } = {}): TestCore {
  const core = new TestCore(profile, options);
  core.setSys('VBAR_EL1', BigInt(RAM + 0x1_0000));
  return core;
}

function read(core: TestCore, name: string): bigint {
  const pc = core.cpu.pc;
  core.run([mrs(core, name, 3)]);
  expect(core.cpu.pc, name).toBe(pc + 4n);
  return core.cpu.x(3);
}

function toEl0(core: TestCore): void {
  core.setSys('SPSR_EL1', 0n);
  core.setSys('ELR_EL1', BigInt(RAM));
  core.run([0xd69f_03e0]);
}

/** The syndrome of a trapped access (EC 0x18). */
function trapOf(word: number): bigint {
  const f = (shift: number, mask: number): number => (word >>> shift) & mask;
  const iss =
    (f(19, 3) << 20) | (f(5, 7) << 17) | (f(16, 7) << 14) | (f(12, 15) << 10) | (f(0, 31) << 5) | (f(8, 15) << 1);
  return BigInt((0x6200_0000 | iss | f(21, 1)) >>> 0);
}

describe.each(Object.keys(PROFILES))('%s', (profile) => {
  it('keeps every register that is storage, in its writable bits only', () => {
    const core = coreOf(profile);
    const skipped = ['SCTLR_EL1', 'TCR_EL1', 'SP_EL0', 'MDSCR_EL1', 'OSDLR_EL1'];
    let checked = 0;
    for (const r of registersOf(PROFILES[profile]!).list) {
      if (r.slot === undefined || r.writeEl > 1 || r.readEl > 1 || r.external || skipped.includes(r.name)) continue;
      for (const value of [0xffff_ffff_ffff_ffffn, 0n, 0x1234_5678_9abc_def0n]) {
        core.cpu.setX(2, value);
        core.run([msr(core, r.name, 2)]);
        const expected = r.name.startsWith('DBGWVR')
          ? BigInt.asUintN(64, BigInt.asIntN(49, value & ~3n))
          : (value & r.mask) | r.res1;
        expect(read(core, r.name), r.name).toBe(expected);
      }
      checked++;
      core.system.reset({ entry: BigInt(RAM), x0: 0n, vcpu: 0, mpidr: 0n });
    }
    expect(checked).toBeGreaterThan(40);
  });

  it('does the same in the block compiler', () => {
    for (const jit of [false, true]) {
      const core = coreOf(profile, { jit });
      const values = ['TPIDR_EL1', 'TPIDR_EL0', 'ELR_EL1', 'SPSR_EL1', 'NZCV', 'SP_EL0', 'VBAR_EL1'].map((name) => {
        core.cpu.setX(2, 0xffff_ffff_dead_bfffn);
        core.run([msr(core, name, 2), mrs(core, name, 3)]);
        return core.cpu.x(3);
      });
      const spsr = profile === 'cortex-a57' ? 0xd020_03dfn : 0xd0a0_03dfn;
      const all = 0xffff_ffff_dead_bfffn;
      expect(values).toEqual([all, all, all, spsr, 0xd000_0000n, all, all & ~0x7ffn]);
    }
  });

  it('refuses EL0 what belongs to EL1', () => {
    const core = coreOf(profile);
    for (const r of registersOf(PROFILES[profile]!).list) {
      for (const [word, level] of [
        [mrs(core, r.name), r.readEl],
        [msr(core, r.name), r.writeEl],
      ] as const) {
        if (level === 0) continue;
        toEl0(core);
        core.run([word]);
        expect([r.name, core.sys('ESR_EL1')]).toEqual([r.name, UNDEFINED]);
      }
    }
  });

  it('reads the ID space as zero where nothing is allocated', () => {
    const core = coreOf(profile);
    const ids = idValues(PROFILES[profile]!);
    for (let crm = 1; crm <= 7; crm++) {
      for (let op2 = 0; op2 <= 7; op2++) {
        const name = core.system.registers.find(0xc000 | (crm << 3) | op2)!.name;
        expect(read(core, name)).toBe(ids[name] ?? 0n);
      }
    }
    expect(read(core, 'MIDR_EL1')).toBe(PROFILES[profile]!.midr);
    core.run([0xd538_0020]); // S3_0_C0_C0_1: AArch32's alias of MIDR
    expect(core.sys('ESR_EL1')).toBe(UNDEFINED);
  });

  it('describes caches one by one', () => {
    const core = coreOf(profile);
    const kilobytes = [0n, 1n, 2n].map((selector) => {
      core.cpu.setX(0, selector);
      core.run([msr(core, 'CSSELR_EL1')]);
      const ccsidr = Number(read(core, 'CCSIDR_EL1'));
      return ((((ccsidr >>> 13) & 0x7fff) + 1) * (((ccsidr >>> 3) & 0x3ff) + 1) * (16 << (ccsidr & 7))) / 1024;
    });
    expect(kilobytes).toEqual(profile === 'cortex-a57' ? [32, 48, 2048] : [64, 64, 1024]);
  });

  it('traps what SCTLR_EL1 and PMUSERENR_EL0 keep from EL0', () => {
    const core = coreOf(profile);
    core.cpu.setX(9, 0n);
    core.run([msr(core, 'SCTLR_EL1', 9)]);
    const dcCvau = 0xd50b_7b20;
    const words = [
      mrs(core, 'CTR_EL0', 5),
      mrs(core, 'DAIF', 6),
      msr(core, 'DAIF', 31),
      0xd503_46df, // MSR DAIFSet, #6
      dcCvau,
      mrs(core, 'PMCCNTR_EL0', 1),
      msr(core, 'PMSELR_EL0', 2),
      mrs(core, 'CNTVCT_EL0', 4),
      msr(core, 'CNTV_CTL_EL0', 4),
    ];
    for (const word of words) {
      toEl0(core);
      core.run([word]);
      expect(core.sys('ESR_EL1').toString(16)).toBe(trapOf(word).toString(16));
    }
  });

  it('forwards what is outside the core', () => {
    const core = coreOf(profile);
    core.registers.set('ICC_PMR_EL1', 0xf8n);
    core.registers.set('CNTVCT_EL0', 123n);
    core.registers.set('CNTKCTL_EL1', 0n);
    expect(read(core, 'ICC_PMR_EL1')).toBe(0xf8n);
    core.cpu.setX(1, 0xa0n);
    core.run([msr(core, 'ICC_PMR_EL1', 1)]);
    core.run([msr(core, 'ICC_SGI1R_EL1', 1)]);
    expect(core.sys('ESR_EL1')).toBe(UNDEFINED);
    core.cpu.setX(1, 2n);
    core.run([msr(core, 'CNTKCTL_EL1', 1)]);
    expect(core.log).toEqual(['ICC_PMR_EL1 a0', 'ICC_SGI1R_EL1 a0', 'CNTKCTL_EL1 2']);
    toEl0(core);
    core.run([mrs(core, 'CNTVCT_EL0', 7)]);
    expect(core.cpu.x(7)).toBe(123n);
  });
});

it('says of neoverse-n1 what its TRM says, less what is not modelled', () => {
  expect(idValues(PROFILES['neoverse-n1']!)).toEqual({
    ID_AA64PFR0_EL1: 0x1100_0000_1111_0011n,
    ID_AA64DFR0_EL1: 0x1030_5108n,
    ID_AA64ISAR0_EL1: 0x0000_1000_1021_1120n,
    ID_AA64ISAR1_EL1: 0x10_0001n,
    ID_AA64MMFR0_EL1: 0x10_0025n,
    ID_AA64MMFR1_EL1: 0x20_1002n,
    ID_AA64MMFR2_EL1: 0x11n,
  });
  expect(idValues(PROFILES['cortex-a57']!)).toEqual({
    ID_AA64PFR0_EL1: 0x0100_0011n,
    ID_AA64DFR0_EL1: 0x1030_5106n,
    ID_AA64ISAR0_EL1: 0x1_1120n,
    ID_AA64ISAR1_EL1: 0n,
    ID_AA64MMFR0_EL1: 0x24n,
    ID_AA64MMFR1_EL1: 0n,
    ID_AA64MMFR2_EL1: 0n,
  });
});

describe('EL2 traps of counters and timers (CNTHCTL_EL2)', () => {
  /** The register bits that trap, and what they trap. */
  const CASES: [bits: bigint, names: string[]][] = [
    [0b10n, ['CNTPCT_EL0']],
    [0b01n, ['CNTP_CTL_EL0', 'CNTP_CVAL_EL0', 'CNTP_TVAL_EL0']],
    [0b11n | (1n << 13n), ['CNTV_CTL_EL0', 'CNTV_CVAL_EL0', 'CNTV_TVAL_EL0']],
    [0b11n | (1n << 14n), ['CNTVCT_EL0']],
    [0b11n, []],
  ];
  const ALL_NAMES = [...CASES.flatMap(([, names]) => names), 'CNTFRQ_EL0'];

  it.each(CASES)('%d traps %j and nothing else, reads and writes', (bits, names) => {
    for (const name of ALL_NAMES) {
      for (const word of [mrs, msr]) {
        if (word === msr && !name.startsWith('CNTP_') && !name.startsWith('CNTV_')) continue;
        const core = coreOf('cortex-a57');
        core.registers.set(name, 7n);
        core.setSys('CNTHCTL_EL2', bits);
        const [insn, pc] = [word(core, name, 3), core.cpu.pc];
        core.run([insn]);
        const traps = core.log.filter((line) => line.startsWith('trap'));
        const iss = trapOf(insn) & 0x1ff_ffffn;
        expect(traps).toEqual(names.includes(name) ? [`trap 18 ${iss.toString(16)}`] : []);
        expect(core.cpu.pc).toBe(pc + 4n);
      }
    }
  });

  it("come behind EL1's own trap of EL0", () => {
    for (const cntkctl of [0n, 2n]) {
      const core = coreOf('cortex-a57');
      core.setSys('CNTHCTL_EL2', 0b11n | (1n << 14n));
      core.setSys('CNTKCTL_EL1', cntkctl);
      toEl0(core);
      const word = mrs(core, 'CNTVCT_EL0', 3);
      core.run([word]);
      expect(core.cpu.el).toBe(cntkctl ? 0 : 1);
      expect(core.log.filter((line) => line.startsWith('trap'))).toHaveLength(cntkctl ? 1 : 0);
      if (!cntkctl) expect(core.sys('ESR_EL1')).toBe(trapOf(word));
    }
  });
});
