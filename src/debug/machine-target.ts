/** A machine as gdb's target: registers, memory by virtual address, breakpoints and watchpoints that the guest cannot see. */
import { Exit, S } from '../arch/engine/layout.js';
import { readValue, type SystemRegister, writeValue } from '../arch/system/index.js';
import type { Machine } from '../migration/snapshot.js';
import type { Session, SessionStatus } from '../verify/session.js';
import type { DebugTarget, RegisterInfo, Stop, WatchKind } from './target.js';

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

/** Reading these changes the guest's state. */
const hasReadEffect = (name: string): boolean => name.startsWith('ICC_IAR');

/** Instructions between two looks for packets. */
const STRETCH = 2_000_000;

export class MachineTarget implements DebugTarget {
  readonly vcpus: number;
  readonly registers: readonly RegisterInfo[];
  readonly #machine: Machine;
  readonly #session: Session;
  readonly #system: readonly SystemRegister[];
  readonly #breakpoints = new Set<bigint>();
  #hit: Stop | null = null;
  /** A breakpoint where the guest stands is not hit again before the instruction has run. */
  #passing: { vcpu: number; pc: bigint; retired: number } | null = null;
  /** How the session ended, once it has. */
  ended: SessionStatus | null = null;

  constructor(machine: Machine, session: Session) {
    this.#machine = machine;
    this.#session = session;
    const { vm } = machine;
    this.vcpus = vm.vcpus.length;
    vm.start(0);
    this.#system = vm.system.registers.list.filter((r) => r.readEl <= 1 && !hasReadEffect(r.name));
    this.registers = [
      ...CORE_REGISTERS,
      ...this.#system.map((r): RegisterInfo => ({ name: r.name, bytes: 8, feature: SYSTEM, type: 'uint64' })),
    ];
    vm.engine.hooks.breakpoint = () => this.#atBreakpoint();
    vm.system.debug.external = {
      hit: (address, write) => {
        const watch = this.#watches.find((w) => w.overlaps(address));
        this.#hit ??= {
          kind: 'watchpoint',
          vcpu: vm.engine.cpu.vcpu,
          watch: watch?.kind ?? (write ? 'write' : 'read'),
          address,
        };
        vm.engine.cpu.requestExit(Exit.Debug);
      },
      ranges: [],
    };
  }

  readonly #watches: { kind: WatchKind; address: bigint; length: number; overlaps(at: bigint): boolean }[] = [];

  #atBreakpoint(): boolean {
    const { engine } = this.#machine.vm;
    const { cpu } = engine;
    const { pc } = cpu;
    if (!this.#breakpoints.has(pc)) return false;
    const passing = this.#passing;
    if (passing && passing.vcpu === cpu.vcpu && passing.pc === pc && passing.retired === engine.now()) return false;
    this.#hit = { kind: 'breakpoint', vcpu: cpu.vcpu };
    cpu.requestExit(Exit.Debug);
    return true;
  }

  readRegister(vcpu: number, register: number): bigint | null {
    const cpu = this.#select(vcpu);
    if (register < SP) return cpu.x(register);
    if (register === SP) return cpu.sp;
    if (register === PC) return cpu.pc;
    if (register === CPSR) return BigInt(this.#cpsr(vcpu));
    if (register < FPSR) {
      const [low, high] = cpu.v(register - V0);
      return (high << 64n) | low;
    }
    if (register === FPSR) return BigInt(cpu.fpsr >>> 0);
    if (register === FPCR) return BigInt(cpu.fpcr >>> 0);
    const found = this.#system[register - FIRST_SYSTEM]!;
    try {
      return readValue(cpu, found);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  #cpsr(vcpu: number): number {
    const cpu = this.#select(vcpu);
    const { i32 } = cpu;
    const mode = (cpu.el << 2) | (cpu.el ? i32[S.SPSEL >> 2]! : 0);
    return ((cpu.nzcv << 28) | i32[S.PSTATE >> 2]! | cpu.daif | mode) >>> 0;
  }

  writeRegister(vcpu: number, register: number, value: bigint): boolean {
    const cpu = this.#select(vcpu);
    if (register < SP) cpu.setX(register, value);
    else if (register === SP) cpu.sp = value;
    else if (register === PC) cpu.branchTo(value);
    else if (register === CPSR) cpu.nzcv = Number(value >> 28n) & 15;
    else if (register < FPSR) cpu.setV(register - V0, BigInt.asUintN(64, value), value >> 64n);
    else if (register === FPSR) cpu.fpsr = Number(value);
    else if (register === FPCR) cpu.i32[S.FPCR >> 2] = Number(value);
    else {
      const found = this.#system[register - FIRST_SYSTEM]!;
      if (found.writeEl > 1) return false;
      const { pc } = cpu;
      writeValue(cpu, found, value);
      cpu.branchTo(pc);
    }
    return true;
  }

  readMemory(vcpu: number, address: bigint, length: number): Uint8Array | null {
    const bytes: number[] = [];
    for (let i = 0; i < length; i++) {
      const host = this.#hostOf(vcpu, address + BigInt(i));
      if (host < 0) break;
      bytes.push(this.#machine.vm.engine.cpu.u8[host]!);
    }
    return bytes.length || !length ? Uint8Array.from(bytes) : null;
  }

  writeMemory(vcpu: number, address: bigint, data: Uint8Array): boolean {
    const hosts = Array.from(data, (_, i) => this.#hostOf(vcpu, address + BigInt(i)));
    if (hosts.some((host) => host < 0)) return false;
    const { vm } = this.#machine;
    for (const [i, host] of hosts.entries()) {
      vm.system.memoryWritten(host, 1);
      vm.engine.cpu.u8[host] = data[i]!;
    }
    return true;
  }

  setBreakpoint(address: bigint, on: boolean): void {
    if (on) this.#breakpoints.add(address);
    else this.#breakpoints.delete(address);
    this.#machine.vm.engine.setBreakOffsets(new Set([...this.#breakpoints].map((a) => Number(a & 0xffcn))));
  }

  setWatchpoint(kind: WatchKind, address: bigint, length: number, on: boolean): void {
    const same = this.#watches.findIndex((w) => w.kind === kind && w.address === address && w.length === length);
    if (!on && same >= 0) this.#watches.splice(same, 1);
    if (on && same < 0) {
      const overlaps = (at: bigint): boolean => at >= address && at < address + BigInt(length);
      this.#watches.push({ kind, address, length, overlaps });
    }
    const { system } = this.#machine.vm;
    system.debug.external!.ranges = this.#watches.map((w) => ({
      start: Number(BigInt.asUintN(49, w.address)),
      size: w.length,
      read: w.kind !== 'write',
      write: w.kind !== 'read',
    }));
    system.mmu.fast.emptyAll();
  }

  step(vcpu: number): Stop {
    this.#pass();
    const { host } = this.#machine;
    const reason = host.run({ instructions: host.instructions + 1, turn: vcpu });
    if (reason === 'ended') return this.#exited();
    return this.#take() ?? { kind: 'step', vcpu: this.#machine.vm.engine.cpu.vcpu };
  }

  run(): Stop | null {
    this.#pass();
    const end = this.#machine.host.instructions + STRETCH;
    const status = this.#session.run(() => this.#machine.host.instructions >= end);
    if (status === 'yielded') return null;
    if (status === 'debug') return this.#take();
    this.ended = status;
    return this.#exited();
  }

  describe(vcpu: number): string {
    const { power, waiting } = this.#machine.vm.vcpus[vcpu]!;
    return `vCPU ${vcpu}, ${power === 'on' && waiting !== 'no' ? `in ${waiting.toUpperCase()}` : power}`;
  }

  #exited(): Stop {
    const { end } = this.#machine.vm;
    return { kind: 'exited', code: end?.kind === 'exit' ? end.code : 0 };
  }

  #pass(): void {
    const { engine } = this.#machine.vm;
    const { cpu } = engine;
    this.#passing = { vcpu: cpu.vcpu, pc: cpu.pc, retired: engine.now() };
  }

  #take(): Stop | null {
    const hit = this.#hit;
    this.#hit = null;
    return hit;
  }

  #select(vcpu: number): Machine['vm']['engine']['cpu'] {
    const { engine } = this.#machine.vm;
    engine.select(vcpu);
    return engine.cpu;
  }

  #hostOf(vcpu: number, address: bigint): number {
    const cpu = this.#select(vcpu);
    const { mmu } = this.#machine.vm.system;
    const low = Number(BigInt.asIntN(32, address));
    const high = Number(BigInt.asIntN(32, address >> 32n));
    return mmu.probe(low, high, 0) < 0 ? cpu.ram.host(mmu.physical) : -1;
  }
}
