// An edge-triggered SPI for this vCPU.
#include "runtime.h"

static void gic_enable_edge(u32 spi, void (*handler)(u32 intid)) {
  gic_init();
  on_interrupt = handler;
  u64 configuration = GICD_BASE + GIC_ICFGR + 4 * (spi / 16);
  write32(configuration, read32(configuration) | 2u << spi % 16 * 2);
  write64(GICD_IROUTER(spi), read_sysreg(mpidr_el1) & MPIDR_AFFINITY);
  gic_set(spi, GIC_ISENABLER);
  irq_on();
}
