/** A core with its system layer and a recording outside world, for tests of this folder. */
import type { Outside } from '../cpu.js';
import { Engine, type EngineOptions } from '../engine/engine.js';
import { PROFILES } from '../profiles.js';
import { TABLE } from '../semantics/index.js';
import { CoreSystem } from './core-system.js';
import { SLOT, type SlotName } from './slots.js';

export const RAM = 0x4000_0000;
export const RAM_BYTES = 0x80_0000;

export class TestCore {
  readonly engine: Engine;
  readonly system: CoreSystem;
  irq = false;
  fiq = false;
  /** What MMIO and external registers were asked for. */
  readonly log: string[] = [];
  /** Value of MMIO reads by address; others abort. */
  readonly devices = new Map<number, bigint>();
  readonly registers = new Map<string, bigint>();

  constructor(profile: string, options: { vcpus?: number; jit?: boolean } & Pick<EngineOptions, 'hot' | 'pairs'> = {}) {
    this.engine = new Engine({
      profile: PROFILES[profile]!,
      vcpus: options.vcpus ?? 1,
      memory: [{ base: RAM, size: RAM_BYTES, writable: true }],
      table: TABLE,
      recordPages: 64,
      ...(options.hot && { hot: options.hot }),
      ...(options.pairs && { pairs: options.pairs }),
      compileBlocks: options.jit ?? false,
    });
    this.system = new CoreSystem(this.engine);
    this.engine.cpu.outside = this.#outside();
    for (let v = 0; v < (options.vcpus ?? 1); v++) {
      this.engine.select(v);
      this.system.reset({ entry: BigInt(RAM), x0: 0n, vcpu: v, mpidr: 0x8000_0000n | BigInt(v) });
    }
    this.engine.select(0);
  }

  get cpu(): Engine['cpu'] {
    return this.engine.cpu;
  }

  sys(name: SlotName): bigint {
    return this.cpu.sys(SLOT[name]);
  }

  /** Sets storage; `system.updateContext` makes it count. */
  setSys(name: SlotName, value: bigint): void {
    this.cpu.setSys(SLOT[name], value);
  }

  /** Writes a register as MSR at EL1 does. */
  msr(name: string, value: bigint): void {
    const register = this.system.registers.named(name)!;
    this.cpu.setX(9, value);
    this.run([0xd500_0000 | (1 << 20) | ((register.encoding & 0x7fff) << 5) | 9]);
  }

  host(address: number): number {
    return this.cpu.ram.host(address);
  }

  write64(address: number, value: bigint): void {
    const host = this.host(address);
    this.cpu.view.setBigUint64(host, value, true);
    this.system.memoryWritten(host, 8);
  }

  read64(address: number): bigint {
    return this.cpu.view.getBigUint64(this.host(address), true);
  }

  /** Puts words of code at a physical address. */
  code(address: number, words: readonly number[]): void {
    const host = this.host(address);
    words.forEach((word, i) => this.cpu.view.setUint32(host + i * 4, word, true));
    this.system.memoryWritten(host, words.length * 4);
  }

  /** Puts code at the pc (MMU off or mapped flat) and runs as many instructions. */
  run(words: readonly number[], count = words.length): void {
    this.code(Number(this.cpu.pc), words);
    this.engine.run(count);
  }

  #outside(): Outside {
    const core = this;
    return {
      mmioRead(address, size) {
        core.log.push(`read ${address.toString(16)} ${size}`);
        return core.devices.get(address) ?? null;
      },
      mmioWrite(address, size, value) {
        core.log.push(`write ${address.toString(16)} ${size} ${value.toString(16)}`);
        return core.devices.has(address);
      },
      readRegister: (name) => core.registers.get(name) ?? null,
      writeRegister(name, value) {
        core.log.push(`${name} ${value.toString(16)}`);
        return core.registers.has(name);
      },
      hypercall: (conduit) => conduit === 'hvc',
      trap: (exceptionClass, iss) => void core.log.push(`trap ${exceptionClass.toString(16)} ${iss.toString(16)}`),
      semihosting: () => false,
      get irq() {
        return core.irq;
      },
      get fiq() {
        return core.fiq;
      },
    };
  }
}
