// GICv3 with system registers, one security state, everything in group 1.
#include "runtime.h"

#define GICD_CTLR_GROUP1_ARE (1 << 1 | 1 << 4)
#define GICR_WAKER 0x14
#define GICR_TYPER 0x8
#define GICR_SGI 0x10000ul

void (*on_interrupt)(u32 intid);

u64 gic_redistributor(void) {
  u64 mpidr = read_sysreg(mpidr_el1);
  u64 affinity = (mpidr >> 8 & 0xff000000) | (mpidr & 0xffffff);
  for (u64 base = GICR_BASE;;) {
    u64 typer = read64(base + GICR_TYPER);
    if (typer >> 32 == affinity) return base;
    if (typer & 1 << 4) bail("no redistributor has affinity %lx", affinity);
    base += typer & 1 << 1 ? 0x40000 : 0x20000;  // VLPIS: two frames more
  }
}

static u64 bank_base(u32 intid) { return intid < 32 ? gic_redistributor() + GICR_SGI : GICD_BASE; }

void gic_set(u32 intid, u32 bank) { write32(bank_base(intid) + bank + intid / 32 * 4, 1u << intid % 32); }

bool gic_get(u32 intid, u32 bank) { return read32(bank_base(intid) + bank + intid / 32 * 4) >> intid % 32 & 1; }

void gic_priority(u32 intid, u8 priority) { write8(bank_base(intid) + GIC_IPRIORITYR + intid, priority); }

static void wait_for_writes(u64 ctlr, u32 rwp) {
  while (read32(ctlr) & rwp) cpu_yield();
}

static void handle_irq(void) {
  u32 intid = (u32)read_sysreg(icc_iar1_el1);
  dsb();
  if (intid >= 1020) return;
  if (!on_interrupt) bail("interrupt %u and no handler", intid);
  on_interrupt(intid);
  write_sysreg(icc_eoir1_el1, intid);
  isb();
}

void gic_cpu_init(void) {
  u64 base = gic_redistributor();
  write32(base + GICR_WAKER, read32(base + GICR_WAKER) & ~2u);  // ProcessorSleep
  while (read32(base + GICR_WAKER) & 4) cpu_yield();            // ChildrenAsleep
  write32(base + GICR_SGI + GIC_ICENABLER, 0xffffffff);
  write32(base + GICR_SGI + GIC_IGROUPR, 0xffffffff);
  write32(base + GICR_SGI + GIC_ICPENDR, 0xffffffff);
  for (u64 i = 0; i < 32; i += 4) write32(base + GICR_SGI + GIC_IPRIORITYR + i, 0xa0a0a0a0);
  wait_for_writes(base, 1u << 3);
  write_sysreg(icc_sre_el1, read_sysreg(icc_sre_el1) | 1);
  isb();
  write_sysreg(icc_pmr_el1, 0xf0);
  write_sysreg(icc_bpr1_el1, 0);
  write_sysreg(icc_ctlr_el1, 0);  // EOImode 0
  write_sysreg(icc_igrpen0_el1, 0);
  write_sysreg(icc_igrpen1_el1, 1);
  isb();
}

void gic_init(void) {
  on_irq = handle_irq;
  u32 lines = ((read32(GICD_TYPER) & 0x1f) + 1) * 32;
  write32(GICD_CTLR, 0);
  wait_for_writes(GICD_CTLR, 1u << 31);
  write32(GICD_CTLR, GICD_CTLR_GROUP1_ARE);
  for (u32 id = 32; id < lines; id += 32) {
    write32(GICD_BASE + GIC_ICENABLER + id / 8, 0xffffffff);
    write32(GICD_BASE + GIC_IGROUPR + id / 8, 0xffffffff);
    write32(GICD_BASE + GIC_ICPENDR + id / 8, 0xffffffff);
    for (u32 i = id; i < id + 32; i += 4) write32(GICD_BASE + GIC_IPRIORITYR + i, 0xa0a0a0a0);
  }
  wait_for_writes(GICD_CTLR, 1u << 31);
  gic_cpu_init();
}

void gic_send_sgi(u32 intid, u64 mpidr) {
  u64 value = (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | (u64)intid << 24 | (mpidr >> 8 & 0xff) << 16 |
              1ul << (mpidr & 0xf) | (mpidr >> 4 & 0xf) << 44;
  dsb();
  write_sysreg(icc_sgi1r_el1, value);
  isb();
}
