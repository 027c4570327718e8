/** PMUv3 of the running vCPU (Arm ARM D13). Counters are brought up to date when somebody looks or something changes. */
import type { Cpu } from '../cpu.js';
import { low, MAX_EVENT_COUNTERS, SLOT } from './slots.js';

/** Events that are counted exactly, by number (D13.11.3). */
export const PmuEvent = {
  SoftwareIncrement: 0x00,
  InstructionsRetired: 0x08,
  ExceptionTaken: 0x09,
  ExceptionReturn: 0x0a,
  ContextIdWrite: 0x0b,
  Cycles: 0x11,
  TableBaseWrite: 0x1c,
  Chain: 0x1e,
} as const;
const EVENTS: readonly number[] = Object.values(PmuEvent);

/** PMCEID0_EL0: common events 0 to 31. */
export const PMCEID0 = EVENTS.reduce((mask, event) => mask | (1n << BigInt(event)), 0n);

export const PMCR_E = 1 << 0;
export const PMCR_P = 1 << 1;
export const PMCR_C = 1 << 2;
/** The cycle counter's bit in PMCNTENSET and its kind. */
export const CYCLE_BIT = 31;
const FILTER_EL1 = 1 << 31;
const FILTER_EL0 = 1 << 30;
const EVENT_MASK = 0x3ff;

/** Totals of the running vCPU that never go back. */
export interface PmuTotals {
  readonly instructions: bigint;
  readonly cycles: bigint;
}

export class Pmu {
  readonly #cpu: Cpu;
  readonly #now: () => PmuTotals;
  /** PMUIRQ of each vCPU. */
  readonly #levels: boolean[];
  readonly #active: boolean[];
  /** Told when the running vCPU's PMUIRQ changes. */
  onInterrupt: (level: boolean) => void = () => {};

  constructor(cpu: Cpu, vcpus: number, now: () => PmuTotals) {
    this.#cpu = cpu;
    this.#now = now;
    this.#levels = new Array<boolean>(vcpus).fill(false);
    this.#active = new Array<boolean>(vcpus).fill(false);
  }

  /** After all state has been set: what is kept beside it. */
  load(): void {
    const cpu = this.#cpu;
    this.#active[cpu.vcpu] = (low(cpu, SLOT.PMCR_EL0) & PMCR_E) !== 0 && low(cpu, SLOT.PMCNTENSET_EL0) !== 0;
    this.#updateLine();
  }

  /** Forgets what has passed: after a reset. */
  startNow(): void {
    const now = this.#now();
    this.#cpu.setSys(SLOT.PMU_INSTRUCTIONS, now.instructions);
    this.#cpu.setSys(SLOT.PMU_CYCLES, now.cycles);
    this.load();
  }

  /** Counts what has passed since the last time, at the EL that the vCPU has had. */
  sync(): void {
    const cpu = this.#cpu;
    const now = this.#now();
    const instructions = now.instructions - cpu.sys(SLOT.PMU_INSTRUCTIONS);
    const cycles = now.cycles - cpu.sys(SLOT.PMU_CYCLES);
    // Less than nothing has passed where an instruction was taken back whose slot is yet to be counted.
    if (instructions > 0n) cpu.setSys(SLOT.PMU_INSTRUCTIONS, now.instructions);
    cpu.setSys(SLOT.PMU_CYCLES, now.cycles);
    if (!this.#active[cpu.vcpu]) return;
    this.#advance(PmuEvent.InstructionsRetired, instructions);
    this.#advance(PmuEvent.Cycles, cycles);
    if (this.#counts(CYCLE_BIT, SLOT.PMCCFILTR_EL0)) {
      const sum = cpu.sys(SLOT.PMCCNTR_EL0) + cycles;
      cpu.setSys(SLOT.PMCCNTR_EL0, sum);
      if (sum >> 64n) this.#overflow(CYCLE_BIT);
    }
    this.#updateLine();
  }

  /** An event has happened once. Called before the EL changes, so it also brings the counters up to date. */
  count(event: number): void {
    if (!this.#active[this.#cpu.vcpu]) return;
    this.sync();
    this.#advance(event, 1n);
    this.#updateLine();
  }

  /** PMSWINC_EL0. */
  softwareIncrement(counters: number): void {
    if (!this.#active[this.#cpu.vcpu]) return;
    for (let n = 0; n < this.#counters; n++) {
      if ((counters >>> n) & 1 && this.#event(n) === PmuEvent.SoftwareIncrement) this.#add(n, 1n);
    }
    this.#updateLine();
  }

  /** The present instruction took a slot of the run loop, but an exception stopped it. */
  notRetired(): void {
    const cpu = this.#cpu;
    if (this.#active[cpu.vcpu]) cpu.setSys(SLOT.PMU_INSTRUCTIONS, cpu.sys(SLOT.PMU_INSTRUCTIONS) + 1n);
  }

  /** Around writes of control registers: what has passed counts under the old ones. */
  change(write: () => void): void {
    this.sync();
    write();
    this.load();
  }

  /** PMCR_EL0.{P,C} and the rest of a write to it. */
  control(value: number): void {
    const cpu = this.#cpu;
    this.change(() => {
      if (value & PMCR_C) cpu.setSys(SLOT.PMCCNTR_EL0, 0n);
      if (value & PMCR_P) for (let n = 0; n < this.#counters; n++) cpu.setSys(SLOT.PMEVCNTR0_EL0 + n, 0n);
    });
  }

  /**
   * How much may pass until an overflow that raises the interrupt, counting at the present EL; null: none will.
   * At that point the run loop calls `sync`.
   */
  nextOverflow(): { instructions: bigint | null; cycles: bigint | null } {
    const cpu = this.#cpu;
    const next = { instructions: null as bigint | null, cycles: null as bigint | null };
    if (!this.#active[cpu.vcpu]) return next;
    const sooner = (kind: 'instructions' | 'cycles', left: bigint): void => {
      if (next[kind] === null || left < next[kind]) next[kind] = left;
    };
    const interrupts = low(cpu, SLOT.PMINTENSET_EL1);
    if ((interrupts >>> CYCLE_BIT) & 1) sooner('cycles', (1n << 64n) - cpu.sys(SLOT.PMCCNTR_EL0));
    for (let n = 0; n < this.#counters; n++) {
      const event = this.#event(n);
      // A counter that chains on this one may be the one that interrupts.
      const chained = !(n & 1) && (interrupts >>> (n + 1)) & 1 && this.#event(n + 1) === PmuEvent.Chain;
      if (!((interrupts >>> n) & 1) && !chained) continue;
      const left = (1n << 32n) - cpu.sys(SLOT.PMEVCNTR0_EL0 + n);
      if (event === PmuEvent.InstructionsRetired) sooner('instructions', left);
      else if (event === PmuEvent.Cycles) sooner('cycles', left);
    }
    return next;
  }

  get #counters(): number {
    return Math.min(this.#cpu.profile.pmuCounters, MAX_EVENT_COUNTERS);
  }

  #event(n: number): number {
    return low(this.#cpu, SLOT.PMEVTYPER0_EL0 + n) & EVENT_MASK;
  }

  /** Whether counter `bit` is enabled and its filter lets the present EL count. */
  #counts(bit: number, filter: number): boolean {
    const cpu = this.#cpu;
    if (!((low(cpu, SLOT.PMCNTENSET_EL0) >>> bit) & 1)) return false;
    return !(low(cpu, filter) & (cpu.el ? FILTER_EL1 : FILTER_EL0));
  }

  #advance(event: number, amount: bigint): void {
    for (let n = 0; n < this.#counters; n++) if (this.#event(n) === event) this.#add(n, amount);
  }

  #add(n: number, amount: bigint): void {
    const cpu = this.#cpu;
    if (amount <= 0n || !this.#counts(n, SLOT.PMEVTYPER0_EL0 + n)) return;
    const sum = cpu.sys(SLOT.PMEVCNTR0_EL0 + n) + amount;
    cpu.setSys(SLOT.PMEVCNTR0_EL0 + n, BigInt.asUintN(32, sum));
    const wraps = sum >> 32n;
    if (!wraps) return;
    this.#overflow(n);
    if (!(n & 1) && n + 1 < this.#counters && this.#event(n + 1) === PmuEvent.Chain) this.#add(n + 1, wraps);
  }

  #overflow(bit: number): void {
    const cpu = this.#cpu;
    cpu.setSys(SLOT.PMOVSSET_EL0, cpu.sys(SLOT.PMOVSSET_EL0) | (1n << BigInt(bit)));
  }

  #updateLine(): void {
    const cpu = this.#cpu;
    const enabled = low(cpu, SLOT.PMCR_EL0) & PMCR_E;
    const level = enabled !== 0 && (low(cpu, SLOT.PMOVSSET_EL0) & low(cpu, SLOT.PMINTENSET_EL1)) !== 0;
    if (level === this.#levels[cpu.vcpu]) return;
    this.#levels[cpu.vcpu] = level;
    this.onInterrupt(level);
  }
}
