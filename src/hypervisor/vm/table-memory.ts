/** Guest RAM as the GIC's tables are reached in it. */
import type { Cpu } from '../../arch/cpu.js';
import type { CoreSystem } from '../../arch/system/index.js';
import type { TableMemory } from '../vgic/index.js';

export function tableMemory(cpu: Cpu, system: CoreSystem): TableMemory {
  const { ram, view } = cpu;
  /** Host address of bytes that are RAM, or -1. */
  const host = (address: number, bytes: number): number => {
    const region = ram.region(address);
    return region?.writable && address + bytes <= region.base + region.size ? region.host + address - region.base : -1;
  };
  const read = <T>(address: number, bytes: number, none: T, get: (at: number) => T): T => {
    const at = host(address, bytes);
    return at < 0 ? none : get(at);
  };
  const write = (address: number, bytes: number, set: (at: number) => void): void => {
    const at = host(address, bytes);
    if (at < 0) return;
    set(at);
    system.memoryWritten(at, bytes);
  };
  return {
    holds: (address, bytes) => host(address, bytes) >= 0,
    read8: (address) => read(address, 1, 0, (at) => view.getUint8(at)),
    read32: (address) => read(address, 4, 0, (at) => view.getInt32(at, true)),
    read64: (address) => read(address, 8, 0n, (at) => view.getBigUint64(at, true)),
    write8: (address, value) => write(address, 1, (at) => view.setUint8(at, value)),
    write64: (address, value) => write(address, 8, (at) => view.setBigUint64(at, value, true)),
  };
}
