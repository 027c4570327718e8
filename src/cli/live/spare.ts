/** An engine made ahead for the guest that is expected: making it takes longer than all else of an arrival. */
import type { Engine } from '../../arch/engine/engine.js';
import type { VmConfig } from '../../hypervisor/vm/config.js';
import { createEngine } from '../../hypervisor/vm/create-engine.js';

/** What an engine is made for. */
export type Expected = Pick<VmConfig, 'cpu' | 'vcpus' | 'ramBytes'>;

export class SpareEngine {
  readonly #expected: Expected;
  readonly #kind: 'interp' | 'jit';
  #engine: Engine | null;

  constructor(expected: Expected, kind: 'interp' | 'jit') {
    this.#expected = expected;
    this.#kind = kind;
    this.#engine = createEngine(expected, kind);
  }

  /** The engine for a machine, once, if it is the expected one; else one made now. Its memory is all zeros. */
  take(config: VmConfig): Engine {
    const { cpu, vcpus, ramBytes } = this.#expected;
    const fits =
      config.cpu === cpu &&
      config.vcpus === vcpus &&
      config.ramBytes === ramBytes &&
      !config.vmclock &&
      !config.firmware;
    const spare = fits ? this.#engine : null;
    if (!spare) return createEngine(config, this.#kind);
    this.#engine = null;
    return spare;
  }
}
