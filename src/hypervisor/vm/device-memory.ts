/** A VM's RAM as its devices see it: what they write is seen by all that a guest's own store would be seen by. */
import type { GuestRam } from '../../machine/virtio/index.js';
import type { Vm } from './vm.js';

/** Devices write between two slices only. */
export function deviceMemory({ engine, system }: Pick<Vm, 'engine' | 'system'>, lastVcpu: () => number): GuestRam {
  const { cpu } = engine;
  const { base, size } = cpu.ram.regions[0]!;
  return {
    bytes: cpu.u8 as Uint8Array<ArrayBuffer>,
    view: cpu.view,
    locate: (address, length) =>
      address >= base && address + length <= base + size ? cpu.ram.range(address, length) : -1,
    written(offset, length) {
      system.memoryWritten(offset, length);
      // Only the vCPU that ran last can have a monitor tagged; another master's store may open it (B2.9.3).
      engine.select(lastVcpu());
      cpu.clearExclusive();
      // What was forgotten is looked up again, as it would be behind a restore.
      engine.park();
    },
  };
}
