/**
 * The system part of a core: translation, exceptions, system registers, debug and PMU around one Engine. Everything
 * that is state is in the vCPU's state area; what is kept here beside it is derived, by `updateContext`.
 */
import type { Cpu } from '../cpu.js';
import type { Engine } from '../engine/engine.js';
import { S } from '../engine/layout.js';
import { MemoryAccess } from './access.js';
import { Debug } from './debug.js';
import { raise, takePendingInterrupt } from './exceptions.js';
import { IdentificationState } from './identity.js';
import { Mmu } from './mmu.js';
import { Pmu } from './pmu.js';
import { refreshLines } from './pstate.js';
import { type RegisterTable, registersOf } from './registers/index.js';
import { type ResetOptions, resetState } from './reset.js';

export class CoreSystem {
  readonly engine: Engine;
  readonly cpu: Cpu;
  readonly vcpus: number;
  readonly mmu: Mmu;
  readonly access: MemoryAccess;
  readonly debug: Debug;
  readonly pmu: Pmu;
  readonly registers: RegisterTable;
  readonly identification: IdentificationState;
  readonly hasPan: boolean;
  readonly hasUao: boolean;
  /** Cycles that the running vCPU has had, never going back; one an instruction unless the host says otherwise. */
  cycles: () => bigint;

  /** Becomes the engine's hooks. */
  constructor(engine: Engine) {
    const { cpu, memory, map } = engine;
    this.engine = engine;
    this.cpu = cpu;
    this.vcpus = engine.retired.length;
    this.hasPan = cpu.profile.features.has('pan');
    this.hasUao = cpu.profile.features.has('uao');
    this.registers = registersOf(cpu.profile);
    this.identification = new IdentificationState(cpu.profile, cpu.i32);
    this.mmu = new Mmu(cpu, memory, map, this.vcpus);
    this.access = new MemoryAccess(cpu, this.mmu, {
      isCode: (host) => engine.code.isCode(host),
      written: (host, length) => this.#codeWritten(host, length),
    });
    engine.code.protect = (hostPage) => this.mmu.fast.protect(hostPage);
    this.debug = new Debug(cpu, this.vcpus);
    this.cycles = () => BigInt(engine.now());
    this.pmu = new Pmu(cpu, this.vcpus, () => ({ instructions: BigInt(engine.now()), cycles: this.cycles() }));
    cpu.system = this;
    engine.hooks = {
      slowRead: (low, high, access) => this.access.read(low, high, access),
      slowWrite: (low, high, access) => this.access.write(low, high, access),
      slowModify: (low, high, access) => this.access.modify(low, high, access),
      translateFetch: () => this.access.fetch(),
      raise: (what) => raise(cpu, what),
      breakpoint: () => this.debug.breakpoint(),
    };
  }

  /**
   * Puts the loaded vCPU into the state in which PSCI and boot loaders start it: EL1h, everything masked, MMU off.
   * @throws RangeError where another vCPU is loaded
   */
  reset(options: ResetOptions): void {
    if (options.vcpu !== this.cpu.vcpu) throw new RangeError(`vCPU ${options.vcpu}: vCPU ${this.cpu.vcpu} is loaded`);
    resetState(this.cpu, this.registers, options);
    this.updateContext();
    this.pmu.startNow();
  }

  /** Makes everything derived follow the loaded vCPU's state, after it was set from outside. The pc stays. */
  updateContext(): void {
    this.debug.load();
    this.identification.load();
    this.mmu.regimeChanged();
    this.pmu.load();
    refreshLines(this.cpu);
    this.cpu.branchTo(this.cpu.pc);
  }

  /** After a change of EL or of the bits of PSTATE and SCTLR that choose a translation context. */
  switchContext(): void {
    this.mmu.switchContext();
  }

  /** After a write to a debug register: pages are looked up again so that break- and watchpoints are seen. */
  debugChanged(): void {
    const { vcpu } = this.cpu;
    this.debug.load();
    this.mmu.fast.emptyVcpu(vcpu);
    this.cpu.resync();
  }

  /** Takes the interrupt that is pending and not masked; false where there is none. Between slices only. */
  takePendingInterrupt(): boolean {
    return takePendingInterrupt(this.cpu);
  }

  /** Memory was changed by something other than a guest's instruction (a device, a loader, the hypervisor). */
  memoryWritten(host: number, length: number): void {
    this.mmu.dirty.mark(host, length);
    this.#codeWritten(host, length);
    this.mmu.tables.written(host, length);
  }

  /** The page of records that the vCPU is in must stay. */
  #codeWritten(host: number, length: number): void {
    const { code } = this.engine;
    code.written(host, length, code.indexOf(this.cpu.i32[S.REC >> 2]!));
  }

  /** The event register of a vCPU, loaded or parked. */
  eventPending(vcpu: number): boolean {
    return this.cpu.i32[this.#eventWord(vcpu)] !== 0;
  }

  setEvent(vcpu: number, pending = true): void {
    this.cpu.i32[this.#eventWord(vcpu)] = pending ? 1 : 0;
  }

  #eventWord(vcpu: number): number {
    const state = vcpu === this.cpu.vcpu ? 0 : this.engine.map.parked + vcpu * S.END;
    return (state + S.EVENT) >> 2;
  }
}
