/** A bank of flash in the VM's memory: read and run as memory, changed by its device only. */
import { BANK_BYTES, type FlashCells } from '../../machine/flash/index.js';
import type { Vm } from './vm.js';

/** @param base guest-physical address */
export function flashCells({ engine, system }: Pick<Vm, 'engine' | 'system'>, base: number): FlashCells {
  const { cpu } = engine;
  const host = cpu.ram.host(base);
  const bytes = cpu.u8.subarray(host, host + BANK_BYTES);
  return {
    bytes,
    write(offset, change) {
      bytes.set(change, offset);
      system.memoryWritten(host + offset, change.length);
    },
    present(array) {
      cpu.ram.answerReads(base, array);
      if (!array) system.mmu.fast.emptyAll();
    },
  };
}
