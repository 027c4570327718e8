/** Guest RAM as the GIC's tables are reached in it. */
import type { Cpu } from '../../arch/cpu.js';
import type { CoreSystem } from '../../arch/system/index.js';
import type { FaultName } from '../faults.js';
import type { TableMemory } from '../vgic/index.js';

export function tableMemory(cpu: Cpu, system: CoreSystem, faults: ReadonlySet<FaultName>): TableMemory {
  const { ram, view } = cpu;
  const holds = (address: number, bytes: number): boolean => {
    const region = ram.region(address);
    return region?.writable === true && address + bytes <= region.base + region.size;
  };
  // `ram.host` has a page of a snapshot put in place, so it is asked of single entries only.
  const host = (address: number, bytes: number): number => (holds(address, bytes) ? ram.host(address) : -1);
  const read = <T>(address: number, bytes: number, none: T, get: (at: number) => T): T => {
    const at = host(address, bytes);
    return at < 0 ? none : get(at);
  };
  const write = (address: number, bytes: number, set: (at: number) => void): void => {
    const at = host(address, bytes);
    if (at < 0) return;
    set(at);
    if (!faults.has('its-writes-unmarked')) system.memoryWritten(at, bytes);
  };
  const memory: TableMemory = {
    holds,
    read8: (address) => read(address, 1, 0, (at) => view.getUint8(at)),
    read32: (address) => read(address, 4, 0, (at) => view.getInt32(at, true)),
    read64: (address) => read(address, 8, 0n, (at) => view.getBigUint64(at, true)),
    write8: (address, value) => write(address, 1, (at) => view.setUint8(at, value)),
    write64: (address, value) => write(address, 8, (at) => view.setBigUint64(at, value, true)),
  };
  if (faults.has('its-tables-unflushed')) return beside(memory, () => true);
  return faults.has('its-stale-entries') ? beside(memory, (value) => value === 0n) : memory;
}

/** Memory with entries that are kept beside it, where nobody else sees them: those whose value is `aside`. */
function beside(memory: TableMemory, aside: (value: bigint) => boolean): TableMemory {
  const kept = new Map<number, bigint>();
  const read64 = (address: number): bigint => kept.get(address) ?? memory.read64(address);
  /** Bits of the entry that an address is in. */
  const part = (address: number, bits: number): number =>
    Number(BigInt.asUintN(bits, read64(address - (address % 8)) >> BigInt((address % 8) * 8)));
  const write64 = (address: number, value: bigint): void => {
    if (aside(value)) kept.set(address, value);
    else {
      kept.delete(address);
      memory.write64(address, value);
    }
  };
  return {
    holds: (address, bytes) => memory.holds(address, bytes),
    read8: (address) => part(address, 8),
    read32: (address) => part(address, 32) | 0,
    read64,
    write8(address, value) {
      const shift = BigInt((address % 8) * 8);
      const entry = address - (address % 8);
      write64(entry, (read64(entry) & ~(0xffn << shift)) | (BigInt(value) << shift));
    },
    write64,
  };
}
