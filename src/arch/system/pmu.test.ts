/** PMUv3 counters against what the program does (D13). */
import { beforeEach, expect, it } from 'vitest';
import { CYCLE_BIT, PmuEvent } from './pmu.js';
import { RAM, TestCore } from './test-core.js';

const NOP = 0xd503_201f;
const SVC = 0xd400_0001;
const ERET = 0xd69f_03e0;
const nops = (n: number): number[] => new Array<number>(n).fill(NOP);

let core: TestCore;
let level: boolean[];
beforeEach(() => {
  core = new TestCore('neoverse-n1');
  core.setSys('VBAR_EL1', BigInt(RAM + 0x1_0000));
  level = [];
  core.system.pmu.onInterrupt = (l) => level.push(l);
});

function read(name: string): bigint {
  const { encoding } = core.system.registers.named(name)!;
  core.run([0xd530_0000 | ((encoding & 0x7fff) << 5) | 3]);
  return core.cpu.x(3);
}

function count(n: number, event: number, filter = 0n): void {
  core.msr(`PMEVTYPER${n}_EL0`, BigInt(event) | filter);
  core.msr('PMCNTENSET_EL0', 1n << BigInt(n));
}

/** A counter's advance over a program; the reads themselves take 1 instruction. */
function advance(counter: string, program: () => void): bigint {
  const before = read(counter);
  program();
  return read(counter) - before - 1n;
}

it('counts retired instructions and cycles exactly', () => {
  count(0, PmuEvent.InstructionsRetired);
  core.msr('PMCNTENSET_EL0', 1n << BigInt(CYCLE_BIT));
  core.msr('PMCR_EL0', 1n);
  expect(advance('PMEVCNTR0_EL0', () => core.run(nops(100)))).toBe(100n);
  expect(advance('PMCCNTR_EL0', () => core.run(nops(55)))).toBe(55n);
  core.msr('PMCR_EL0', 0n);
  expect(advance('PMEVCNTR0_EL0', () => core.run(nops(100)))).toBe(-1n);
});

it('does not count instructions that an exception stopped', () => {
  count(0, PmuEvent.InstructionsRetired);
  core.msr('PMCR_EL0', 1n);
  // UDF at the pc, then a prefetch abort: the two slots are no instructions.
  const wild = (): void => {
    core.run([0]);
    core.cpu.branchTo(0x10n);
    core.engine.run(1);
  };
  expect(advance('PMEVCNTR0_EL0', wild)).toBe(0n);
});

it('counts by exception level', () => {
  const [P, U] = [1n << 31n, 1n << 30n];
  count(0, PmuEvent.InstructionsRetired, P);
  count(1, PmuEvent.InstructionsRetired, U);
  count(2, PmuEvent.ExceptionTaken);
  count(3, PmuEvent.ExceptionReturn);
  core.msr('PMCR_EL0', 1n);
  const before = [read('PMEVCNTR0_EL0'), read('PMEVCNTR1_EL0')];
  core.setSys('SPSR_EL1', 0n);
  core.setSys('ELR_EL1', BigInt(RAM + 0x4000));
  core.run([ERET]);
  core.run([...nops(20), SVC]);
  expect(read('PMEVCNTR0_EL0') - before[0]!).toBe(21n);
  expect(read('PMEVCNTR1_EL0') - before[1]!).toBe(3n);
  expect([read('PMEVCNTR2_EL0'), read('PMEVCNTR3_EL0')]).toEqual([1n, 1n]);
});

it('counts software increments where they are selected', () => {
  count(4, PmuEvent.SoftwareIncrement);
  core.msr('PMCR_EL0', 1n);
  core.msr('PMSWINC_EL0', 0x3fn);
  expect([read('PMEVCNTR4_EL0'), read('PMEVCNTR0_EL0')]).toEqual([1n, 0n]);
});

it('overflows at the right instruction, raises the line, and chains', () => {
  count(0, PmuEvent.InstructionsRetired);
  count(1, PmuEvent.Chain);
  core.msr('PMINTENSET_EL1', 1n);
  core.msr('PMCR_EL0', 1n);
  core.msr('PMEVCNTR0_EL0', 2n ** 32n - 50n);
  const { instructions } = core.system.pmu.nextOverflow();
  expect(instructions).toBe(50n);
  core.run(nops(49));
  core.system.pmu.sync();
  expect(level).toEqual([]);
  core.run(nops(1));
  core.system.pmu.sync();
  expect(level).toEqual([true]);
  expect(core.system.pmu.nextOverflow().instructions).toBe(2n ** 32n);
  expect(read('PMEVCNTR1_EL0')).toBe(1n);
  expect(read('PMOVSSET_EL0')).toBe(1n);
  core.msr('PMOVSCLR_EL0', 1n);
  expect(level).toEqual([true, false]);
});

it('overflows the cycle counter at 64 bits', () => {
  core.msr('PMCNTENSET_EL0', 1n << 31n);
  core.msr('PMINTENSET_EL1', 1n << 31n);
  core.msr('PMCCNTR_EL0', 2n ** 64n - 2n);
  core.msr('PMCR_EL0', 1n);
  core.run(nops(2));
  expect(read('PMOVSSET_EL0')).toBe(1n << 31n);
  expect(level).toEqual([true]);
});

it('selects counters through PMSELR_EL0', () => {
  core.msr('PMSELR_EL0', 3n);
  core.msr('PMXEVTYPER_EL0', 0xc000_0011n);
  core.msr('PMXEVCNTR_EL0', 99n);
  expect([read('PMEVTYPER3_EL0'), read('PMEVCNTR3_EL0')]).toEqual([0xc000_0011n, 99n]);
  core.msr('PMSELR_EL0', 31n);
  core.msr('PMXEVTYPER_EL0', 0xffff_ffffn);
  expect(read('PMCCFILTR_EL0')).toBe(0xc000_0000n);
});

it('describes itself', () => {
  expect(read('PMCR_EL0')).toBe(0x410c_3040n);
  // SW_INCR, INST_RETIRED, EXC_TAKEN, EXC_RETURN, CID_WRITE, CPU_CYCLES, TTBR_WRITE, CHAIN.
  expect(read('PMCEID0_EL0')).toBe(0x5002_0f01n);
});
