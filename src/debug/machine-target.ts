/** A machine as gdb's target. What the guest does is the same whether or not gdb looks at it. */
import type { Machine } from '../migration/snapshot.js';
import type { Session, SessionStatus } from '../verify/session.js';
import { readMemory, writeMemory } from './machine-memory.js';
import { MachineRegisters } from './machine-registers.js';
import { monitor } from './monitor.js';
import { Points } from './points.js';
import type { Allowance, DebugTarget, RegisterInfo, Stop, WatchKind } from './target.js';

/** Slices between two looks for packets. */
const STRETCH = 32;
const PC = 32;

export class MachineTarget implements DebugTarget {
  readonly vcpus: number;
  readonly registers: readonly RegisterInfo[];
  readonly #machine: Machine;
  readonly #session: Session;
  readonly #registers: MachineRegisters;
  readonly #points: Points;
  #current = 0;
  /** How the session ended, once it has. */
  ended: SessionStatus | null = null;

  constructor(machine: Machine, session: Session) {
    this.#machine = machine;
    this.#session = session;
    this.vcpus = machine.vm.vcpus.length;
    this.#registers = new MachineRegisters(machine.vm);
    this.registers = this.#registers.list;
    this.#points = new Points(machine.vm);
  }

  get current(): number {
    return this.#current;
  }

  programCounter(vcpu: number): bigint {
    return this.readRegister(vcpu, PC)!;
  }

  readRegister(vcpu: number, register: number): bigint | null {
    return this.#registers.read(vcpu, register);
  }

  writeRegister(vcpu: number, register: number, value: bigint): boolean {
    return this.#registers.write(vcpu, register, value);
  }

  readMemory(vcpu: number, address: bigint, length: number): Uint8Array | null {
    return readMemory(this.#machine.vm, vcpu, address, length);
  }

  writeMemory(vcpu: number, address: bigint, data: Uint8Array): boolean {
    return writeMemory(this.#machine.vm, vcpu, address, data);
  }

  setBreakpoint(address: bigint, on: boolean): void {
    this.#points.setBreakpoint(address, on);
  }

  setWatchpoint(kind: WatchKind, address: bigint, length: number, on: boolean): void {
    this.#points.setWatchpoint(kind, address, length, on);
  }

  run(allowances: readonly Allowance[]): Stop | null {
    const { host, vm } = this.#machine;
    let slices = 0;
    host.allowances = allowances.every((a) => a === 'run') ? null : allowances;
    const status = this.#session.run(() => ++slices >= STRETCH);
    host.allowances = null;
    this.#current = vm.engine.cpu.vcpu;
    if (status === 'yielded') return null;
    if (status === 'debug') return this.#points.take() ?? { kind: 'step', vcpu: this.#current };
    if (status === 'stalled') {
      const vcpu = allowances[this.#current] === 'hold' ? allowances.findIndex((a) => a !== 'hold') : this.#current;
      return { kind: 'stalled', vcpu: Math.max(0, vcpu) };
    }
    this.ended = status;
    return { kind: 'exited', code: vm.end?.kind === 'exit' ? vm.end.code : 0 };
  }

  release(): void {
    this.#points.clear();
  }

  describe(vcpu: number): string {
    const { power, waiting } = this.#machine.vm.vcpus[vcpu]!;
    return `vCPU ${vcpu}, ${power === 'on' && waiting !== 'no' ? `in ${waiting.toUpperCase()}` : power}`;
  }

  monitor(command: string, vcpu: number): string | null {
    return monitor(this.#machine, command, vcpu);
  }
}
