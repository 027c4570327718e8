/** A vCPU's registers as gdb sees them: core, FP and SIMD by gdb's features, system registers by name. */
import type { Cpu } from '../arch/cpu.js';
import { S } from '../arch/engine/layout.js';
import { readValue, SLOT, type SystemRegister, writeValue } from '../arch/system/index.js';
import { PSTATE, selectStack, spsrOf } from '../arch/system/pstate.js';
import type { Vm } from '../hypervisor/vm/vm.js';
import type { RegisterInfo } from './target.js';

const CORE = 'org.gnu.gdb.aarch64.core';
const FPU = 'org.gnu.gdb.aarch64.fpu';
const SYSTEM = 'org.chronovisor.aarch64.system';
const SP = 31;
const PC = 32;
const CPSR = 33;
const V0 = 34;
const FPSR = 66;
const FPCR = 67;
const FIRST_SYSTEM = 68;

const CORE_REGISTERS: readonly RegisterInfo[] = [
  ...Array.from({ length: 31 }, (_, n): RegisterInfo => ({ name: `x${n}`, bytes: 8, feature: CORE, type: 'uint64' })),
  { name: 'sp', bytes: 8, feature: CORE, type: 'data_ptr' },
  { name: 'pc', bytes: 8, feature: CORE, type: 'code_ptr' },
  { name: 'cpsr', bytes: 4, feature: CORE, type: 'uint32' },
  ...Array.from({ length: 32 }, (_, n): RegisterInfo => ({ name: `v${n}`, bytes: 16, feature: FPU, type: 'vector' })),
  { name: 'fpsr', bytes: 4, feature: FPU, type: 'uint32' },
  { name: 'fpcr', bytes: 4, feature: FPU, type: 'uint32' },
];

/** A vCPU that CPU_ON has been asked for starts in EL1h with everything masked. */
const START_PSTATE = 0x3c5n;

/** Reading ICC_IAR<n>_EL1 acknowledges; FPCR and FPSR are in gdb's own feature; ID registers without a name are 0. */
const isShown = ({ name, readEl }: SystemRegister): boolean =>
  (readEl <= 1 || name === 'SP_EL1') && !/^(ICC_IAR|FPCR$|FPSR$|S3_)/.test(name);

export class MachineRegisters {
  readonly list: readonly RegisterInfo[];
  readonly #vm: Vm;
  readonly #system: readonly SystemRegister[];

  constructor(vm: Vm) {
    this.#vm = vm;
    this.#system = vm.system.registers.list.filter(isShown);
    const info = ({ name }: SystemRegister): RegisterInfo => ({
      name,
      bytes: 8,
      feature: SYSTEM,
      type: 'uint64',
      system: true,
    });
    this.list = [...CORE_REGISTERS, ...this.#system.map(info)];
  }

  read(vcpu: number, register: number): bigint | null {
    const { start } = this.#vm.vcpus[vcpu]!;
    if (start && register === 0) return start.contextId;
    if (start && register === PC) return start.entry;
    if (start && register === CPSR) return START_PSTATE;
    const cpu = this.#select(vcpu);
    if (register < SP) return cpu.x(register);
    if (register === SP) return cpu.sp;
    if (register === PC) return cpu.pc;
    if (register === CPSR) return BigInt(spsrOf(cpu) >>> 0);
    if (register < FPSR) {
      const [low, high] = cpu.v(register - V0);
      return (high << 64n) | low;
    }
    if (register === FPSR) return BigInt(cpu.fpsr >>> 0);
    if (register === FPCR) return BigInt(cpu.fpcr >>> 0);
    const found = this.#system[register - FIRST_SYSTEM]!;
    if (this.#isStack(cpu, found)) return cpu.sp;
    return this.#unobserved(() => readValue(cpu, found));
  }

  write(vcpu: number, register: number, value: bigint): boolean {
    this.#vm.start(vcpu);
    const cpu = this.#select(vcpu);
    if (register < SP) cpu.setX(register, value);
    else if (register === SP) cpu.sp = value;
    else if (register === PC) cpu.branchTo(value);
    else if (register === CPSR) return this.#writePstate(cpu, Number(value));
    else if (register < FPSR) cpu.setV(register - V0, BigInt.asUintN(64, value), value >> 64n);
    else if (register === FPSR || register === FPCR) {
      writeValue(cpu, this.#vm.system.registers.named(register === FPSR ? 'FPSR' : 'FPCR')!, value);
    } else return this.#writeSystem(cpu, this.#system[register - FIRST_SYSTEM]!, value);
    return true;
  }

  #select(vcpu: number): Cpu {
    const { engine } = this.#vm;
    engine.select(vcpu);
    return engine.cpu;
  }

  /** Whether a banked stack pointer is the one in use: it lives in SP then. */
  #isStack(cpu: Cpu, { slot }: SystemRegister): boolean {
    return slot === (cpu.el && cpu.i32[S.SPSEL >> 2] ? SLOT.SP_EL1 : SLOT.SP_EL0);
  }

  /** What a debugger reads and writes, the guest has not: nobody who watches the guest is told. */
  #unobserved<T>(work: () => T): T {
    return this.#vm.trace.silently(work);
  }

  /** EL0t, EL1t and EL1h, with the PSTATE bits that the profile has. */
  #writePstate(cpu: Cpu, value: number): boolean {
    const mode = value & 0x1f;
    if (mode !== 0 && mode !== 4 && mode !== 5) return false;
    const { system } = this.#vm;
    const bits = PSTATE.IL | PSTATE.SS | (system.hasPan ? PSTATE.PAN : 0) | (system.hasUao ? PSTATE.UAO : 0);
    selectStack(cpu, mode >> 2, mode & 1);
    cpu.i32[S.PSTATE >> 2] = value & bits;
    cpu.daif = value;
    cpu.nzcv = (value >>> 28) & 15;
    system.updateContext();
    return true;
  }

  #writeSystem(cpu: Cpu, register: SystemRegister, value: bigint): boolean {
    if (register.writeEl > 1 && register.name !== 'SP_EL1') return false;
    const { system } = this.#vm;
    if (this.#isStack(cpu, register)) cpu.sp = value;
    else if (register.slot !== undefined && !register.write && !register.external) {
      cpu.setSys(register.slot, (value & register.mask) | register.res1);
      system.updateContext();
    } else {
      const { pc } = cpu;
      const done = this.#unobserved(() => writeValue(cpu, register, value));
      cpu.branchTo(pc);
      return done;
    }
    return true;
  }
}
