// Identification, set and clear banks, priorities, configuration and routing: what is written is what is read.
#include "gic.h"

static const u32 spis[] = {SPI_A, SPI_B, SPI_C, SPI_D};

static void identification(u32 lines) {
  u64 base = gic_redistributor();
  print("# GICD_TYPER 0x%x (%u interrupts) GICD_IIDR 0x%x GICR_TYPER 0x%lx\n", read32(GICD_TYPER), lines,
        read32(GICD_IIDR), read64(base + 8));
  ok((read32(GICD_TYPER) >> 19 & 0x1f) >= 9, "GICD_TYPER.IDbits: at least 10 bits of INTID");
  ok((read32(GICD_IIDR) & 0xfff) != 0, "GICD_IIDR has an implementer");
  ok_equal(read32(GICD_PIDR2) >> 4 & 0xf, 3, "GICD_PIDR2: architecture revision 3");
  ok_equal(read32(base + 0xffe8) >> 4 & 0xf, 3, "GICR_PIDR2: architecture revision 3");
  ok((read32(GICD_CTLR) & 0x10) != 0, "GICD_CTLR.ARE is set");
  ok((read32(GICD_CTLR) & 0x40) != 0, "GICD_CTLR.DS: one security state");
  ok((read32(base + 0x14) & 6) == 0, "GICR_WAKER: awake");
  ok((read_sysreg(icc_sre_el1) & 1) == 1, "ICC_SRE_EL1.SRE is set");
  ok((read_sysreg(icc_ctlr_el1) >> 8 & 7) >= 3, "ICC_CTLR_EL1.PRIbits: at least 4");
  ok_equal(read_sysreg(icc_rpr_el1), 0xff, "ICC_RPR_EL1 is idle");
  ok_equal(read_sysreg(icc_iar1_el1), INTID_SPURIOUS, "ICC_IAR1_EL1 with nothing pending: 1023");
  ok_equal(read_sysreg(icc_hppir1_el1), INTID_SPURIOUS, "ICC_HPPIR1_EL1 with nothing pending: 1023");
}

static bool set_and_clear(u32 intid, u32 set, u32 clear) {
  u32 word_before = read32(GICD_BASE + set + intid / 32 * 4);
  gic_set(intid, set);
  u32 word_set = read32(GICD_BASE + set + intid / 32 * 4);
  bool both = read32(GICD_BASE + clear + intid / 32 * 4) == word_set;
  gic_set(intid, clear);
  u32 word_after = read32(GICD_BASE + set + intid / 32 * 4);
  return both && word_set == (word_before | 1u << intid % 32) && word_after == word_before &&
         !(word_before >> intid % 32 & 1);
}

static void banks(void) {
  for (u32 i = 0; i < 4; i++) {
    ok(set_and_clear(spis[i], GIC_ISENABLER, GIC_ICENABLER), "SPI %u: ISENABLER, ICENABLER", spis[i]);
    ok(set_and_clear(spis[i], GIC_ISPENDR, GIC_ICPENDR), "SPI %u: ISPENDR, ICPENDR", spis[i]);
    ok(set_and_clear(spis[i], GIC_ISACTIVER, GIC_ICACTIVER), "SPI %u: ISACTIVER, ICACTIVER", spis[i]);
  }
  gic_set(7, GIC_ISPENDR);
  ok(gic_get(7, GIC_ISPENDR), "SGI 7: GICR_ISPENDR0");
  gic_set(7, GIC_ICPENDR);
  ok(!gic_get(7, GIC_ISPENDR), "SGI 7: GICR_ICPENDR0");
}

static void priorities(void) {
  u64 word = GICD_BASE + GIC_IPRIORITYR + (SPI_A & ~3u);
  write32(word, 0x40302010);
  write8(word + 2, 0x80);
  ok_equal(read32(word), 0x40802010, "IPRIORITYR: a byte write changes one priority");
  ok_equal(*(volatile u8 *)(word + 3), 0x40, "IPRIORITYR: a byte is read alone");
  write32(word, 0xa0a0a0a0);
  write_sysreg(icc_pmr_el1, 0xff);
  ok((read_sysreg(icc_pmr_el1) & 0xf0) == 0xf0, "ICC_PMR_EL1 keeps at least 4 bits");
  write_sysreg(icc_pmr_el1, 0xf0);
}

static void configuration(void) {
  u64 word = GICD_BASE + GIC_ICFGR + SPI_C / 16 * 4;
  u32 bit = 2u << SPI_C % 16 * 2, before = read32(word);
  write32(word, before | bit);
  ok_equal(read32(word), before | bit, "ICFGR: edge");
  write32(word, before & ~bit);
  ok_equal(read32(word), before & ~bit, "ICFGR: level");
  ok_equal(read32(gic_redistributor() + 0x10000 + GIC_ICFGR) & 0xaaaaaaaa, 0xaaaaaaaa, "GICR_ICFGR0: SGIs are edge");
  u64 self = cpu_mpidr[0];
  write64(GICD_IROUTER(SPI_A), self);
  ok_equal(read64(GICD_IROUTER(SPI_A)), self, "IROUTER reads back");
  u64 group = GICD_BASE + GIC_IGROUPR + SPI_A / 32 * 4;
  write32(group, read32(group) & ~(1u << SPI_A % 32));
  ok(!(read32(group) >> SPI_A % 32 & 1), "IGROUPR: group 0");
  write32(group, read32(group) | 1u << SPI_A % 32);
  ok(read32(group) >> SPI_A % 32 & 1, "IGROUPR: group 1");
}

void test_registers(u32 lines) {
  identification(lines);
  banks();
  priorities();
  configuration();
}
