/** PMUv3 registers (Arm ARM D17.5) with PMUSERENR_EL0's controls of EL0. */
import type { Cpu } from '../../cpu.js';
import type { Profile } from '../../profiles.js';
import { CYCLE_BIT, PMCEID0 } from '../pmu.js';
import { low, SLOT } from '../slots.js';
import { constant, type Options, register, type SystemRegister } from './definition.js';

const USER_EN = 1;
const USER_SW = 2;
const USER_CR = 4;
const USER_ER = 8;
/** PMCR_EL0: E, X and DP are storage; LC is RES1 without AArch32, which makes D nothing. */
const PMCR_STORED = 0x31n;
const PMCR_LC = 1n << 6n;
/** PMEVTYPER<n>_EL0: P, U, evtCount[9:0]. */
const TYPER_MASK = 0xc000_03ffn;
const FILTER_MASK = 0xc000_0000n;
const CYCLES_SELECTED = 31;

/** EL0 needs PMUSERENR_EL0.EN, or `read` (`write`) bits for reads (writes). */
const user = (read = 0, write = 0): Pick<Options, 'el' | 'el0'> => ({
  el: 0,
  el0: (cpu, isWrite) => (low(cpu, SLOT.PMUSERENR_EL0) & (USER_EN | (isWrite ? write : read))) !== 0,
});

/** Reads see counters as they are now. */
const current = (cpu: Cpu, slot: number): bigint => {
  cpu.system.pmu.sync();
  return cpu.sys(slot);
};
const store = (cpu: Cpu, slot: number, value: bigint): void => cpu.system.pmu.change(() => cpu.setSys(slot, value));

export function performanceRegisters(profile: Profile): SystemRegister[] {
  const counters = profile.pmuCounters;
  const all = BigInt(2 ** counters - 1) | (1n << BigInt(CYCLE_BIT));
  const idcode = profile.name === 'neoverse-n1' ? 0x0cn : 0x01n;
  const pmcrFixed = (0x41n << 24n) | (idcode << 16n) | (BigInt(counters) << 11n) | PMCR_LC;

  /** The two registers that set and clear bits of one slot. */
  const setAndClear = (
    slot: number,
    set: [string, number, number, number],
    clear: [string, number, number, number],
    options: Options,
  ): SystemRegister[] =>
    ([set, clear] as const).map(([name, op1, crm, op2], i) =>
      register(name, [3, op1, 9, crm, op2], {
        ...options,
        mask: all,
        read: (cpu) => current(cpu, slot),
        write: (cpu, value) => store(cpu, slot, i === 0 ? cpu.sys(slot) | value : cpu.sys(slot) & ~value),
      }),
    );

  /** The slot that PMSELR_EL0 names of the event counters' `first`, or the cycle counter's, or none. */
  const selected = (cpu: Cpu, first: number, cycles: number): number => {
    const n = low(cpu, SLOT.PMSELR_EL0);
    return n < counters ? first + n : n === CYCLES_SELECTED ? cycles : -1;
  };
  const viaSelector = (first: number, cycles: number, maskOf: (cpu: Cpu) => bigint): Options => ({
    read(cpu) {
      const slot = selected(cpu, first, cycles);
      return slot < 0 ? 0n : current(cpu, slot);
    },
    write(cpu, value) {
      const slot = selected(cpu, first, cycles);
      if (slot >= 0) store(cpu, slot, value & maskOf(cpu));
    },
  });
  const plain = (slot: number, mask: bigint): Options => ({
    mask,
    read: (cpu) => current(cpu, slot),
    write: (cpu, value) => store(cpu, slot, value),
  });

  return [
    register('PMCR_EL0', [3, 3, 9, 12, 0], {
      ...user(),
      read: (cpu) => cpu.sys(SLOT.PMCR_EL0) | pmcrFixed,
      write: (cpu, value) => {
        cpu.system.pmu.control(Number(value & 0xffn));
        store(cpu, SLOT.PMCR_EL0, value & PMCR_STORED);
      },
    }),
    ...setAndClear(SLOT.PMCNTENSET_EL0, ['PMCNTENSET_EL0', 3, 12, 1], ['PMCNTENCLR_EL0', 3, 12, 2], user()),
    ...setAndClear(SLOT.PMOVSSET_EL0, ['PMOVSSET_EL0', 3, 14, 3], ['PMOVSCLR_EL0', 3, 12, 3], user()),
    ...setAndClear(SLOT.PMINTENSET_EL1, ['PMINTENSET_EL1', 0, 14, 1], ['PMINTENCLR_EL1', 0, 14, 2], {}),
    register('PMSWINC_EL0', [3, 3, 9, 12, 4], {
      ...user(0, USER_SW),
      readEl: 3,
      write: (cpu, value) => cpu.system.pmu.softwareIncrement(Number(value & all)),
    }),
    register('PMSELR_EL0', [3, 3, 9, 12, 5], { ...user(USER_ER, USER_ER), slot: SLOT.PMSELR_EL0, mask: 31n }),
    constant('PMCEID0_EL0', [3, 3, 9, 12, 6], PMCEID0, { ...user(), readEl: 0, writeEl: 3 }),
    constant('PMCEID1_EL0', [3, 3, 9, 12, 7], 0n, { ...user(), readEl: 0, writeEl: 3 }),
    register('PMCCNTR_EL0', [3, 3, 9, 13, 0], { ...user(USER_CR), ...plain(SLOT.PMCCNTR_EL0, 2n ** 64n - 1n) }),
    register('PMXEVTYPER_EL0', [3, 3, 9, 13, 1], {
      ...user(),
      ...viaSelector(SLOT.PMEVTYPER0_EL0, SLOT.PMCCFILTR_EL0, (cpu) =>
        low(cpu, SLOT.PMSELR_EL0) === CYCLES_SELECTED ? FILTER_MASK : TYPER_MASK,
      ),
    }),
    register('PMXEVCNTR_EL0', [3, 3, 9, 13, 2], {
      ...user(USER_ER),
      ...viaSelector(SLOT.PMEVCNTR0_EL0, -1, () => 0xffff_ffffn),
    }),
    register('PMUSERENR_EL0', [3, 3, 9, 14, 0], { slot: SLOT.PMUSERENR_EL0, readEl: 0, mask: 15n }),
    register('PMCCFILTR_EL0', [3, 3, 14, 15, 7], { ...user(), ...plain(SLOT.PMCCFILTR_EL0, FILTER_MASK) }),
    ...Array.from({ length: counters }, (_, n) => [
      register(`PMEVCNTR${n}_EL0`, [3, 3, 14, 8, n], {
        ...user(USER_ER),
        ...plain(SLOT.PMEVCNTR0_EL0 + n, 0xffff_ffffn),
      }),
      register(`PMEVTYPER${n}_EL0`, [3, 3, 14, 12, n], {
        ...user(),
        ...plain(SLOT.PMEVTYPER0_EL0 + n, TYPER_MASK),
      }),
    ]).flat(),
  ];
}
