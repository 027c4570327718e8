/** The `virt` board's memory map and interrupt numbers: QEMU virt's, so that images built for it run unchanged. */
import { BANK_BYTES } from './flash/query.js';

export const VIRT = {
  /** Two banks, where there is firmware. */
  flash: [
    { base: 0, size: BANK_BYTES },
    { base: BANK_BYTES, size: BANK_BYTES },
  ],
  gicDistributor: { base: 0x0800_0000, size: 0x1_0000 },
  /** The control frame and the translation frame. */
  its: { base: 0x0808_0000, size: 0x2_0000 },
  gicRedistributors: { base: 0x080a_0000, size: 0xf6_0000 },
  uart: { base: 0x0900_0000, size: 0x1000 },
  rtc: { base: 0x0901_0000, size: 0x1000 },
  fwCfg: { base: 0x0902_0000, size: 0x18 },
  gpio: { base: 0x0903_0000, size: 0x1000 },
  pvTime: { base: 0x090a_0000, size: 0x1_0000 },
  /** The page is alone in its 64 KiB: a guest with such pages maps nothing else with it. */
  vmclock: { base: 0x090d_0000, size: 0x1000 },
  /** Of each device; they lie one behind the other. */
  virtioMmio: { base: 0x0a00_0000, size: 0x200 },
  pcieMemory: { base: 0x1000_0000, size: 0x2eff_0000 },
  pciePorts: { base: 0x3eff_0000, size: 0x1_0000 },
  /** Configuration space of 16 buses. */
  pcieEcam: { base: 0x3f00_0000, size: 0x100_0000 },
  ram: { base: 0x4000_0000 },
} as const;

/** Shared peripheral interrupts by INTID; of virtio-mmio the first device's, of PCIe INTA's. */
export const SPI = { uart: 33, rtc: 34, pcie: 35, gpio: 39, vmclock: 42, lpt: 43, virtioMmio: 48 } as const;

/** Private peripheral interrupts by INTID. */
export const PPI = { pmu: 23, maintenance: 25, virtualTimer: 27, physicalTimer: 30 } as const;

/** SPIs that the distributor has. */
export const SPI_COUNT = 256;

/** Where RAM must end: the rest of the engine's 4 GiB memory is its own. */
export const MAX_RAM = 3 * 2 ** 30;
