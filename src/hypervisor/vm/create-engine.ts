/** The engine of a VM: its memory and its instructions. Making one takes far longer than all else of a VM. */
import { Engine } from '../../arch/engine/engine.js';
import { HOT, PAIRS } from '../../arch/engine/hot.js';
import { PROFILES } from '../../arch/profiles.js';
import { TABLE } from '../../arch/semantics/index.js';
import { VIRT } from '../../machine/virt.js';
import type { VmConfig } from './config.js';

/** What of a configuration an engine depends on. */
export type EngineConfig = Pick<VmConfig, 'cpu' | 'vcpus' | 'ramBytes' | 'vmclock' | 'firmware'>;

export function createEngine(config: EngineConfig, engine: 'interp' | 'jit'): Engine {
  return new Engine({
    profile: PROFILES[config.cpu]!,
    vcpus: config.vcpus,
    memory: [
      { base: VIRT.ram.base, size: config.ramBytes, writable: true },
      { ...VIRT.pvTime, writable: true },
      ...(config.firmware ? VIRT.flash.map((bank) => ({ ...bank, writable: false })) : []),
      ...(config.vmclock ? [{ ...VIRT.vmclock, writable: false }] : []),
    ],
    table: TABLE,
    hot: HOT,
    pairs: PAIRS,
    compileBlocks: engine === 'jit',
  });
}
