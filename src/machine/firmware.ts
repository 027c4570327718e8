/** What a board that starts from firmware has beside the rest: two banks of flash, and fw_cfg. */
import type { Bus } from './bus.js';
import { Flash, type FlashCells, type FlashState } from './flash/index.js';
import { FwCfg, type FwCfgConnections, type FwCfgState } from './fw-cfg/index.js';
import { VIRT } from './virt.js';

export interface FirmwareState {
  flash: FlashState[];
  fwCfg: FwCfgState;
}

export interface FirmwareConfig {
  readonly cpus: number;
  /** Of each bank. */
  readonly cells: readonly FlashCells[];
}

export class Firmware {
  readonly fwCfg: FwCfg;
  readonly #banks: readonly Flash[];

  constructor(config: FirmwareConfig, connections: FwCfgConnections, bus: Bus, state?: FirmwareState) {
    this.#banks = config.cells.map((cells, n) => new Flash(cells, state?.flash[n]));
    for (const [n, device] of this.#banks.entries()) {
      bus.add({ kind: 'device', name: `flash ${n}`, ...VIRT.flash[n]!, device });
    }
    this.fwCfg = new FwCfg(config.cpus, connections, state?.fwCfg);
    bus.add({ kind: 'device', name: 'fw_cfg', ...VIRT.fwCfg, device: this.fwCfg });
  }

  save(): FirmwareState {
    return { flash: this.#banks.map((bank) => bank.save()), fwCfg: this.fwCfg.save() };
  }
}
