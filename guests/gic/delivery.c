// What is taken, in which order, and when not: enables, masks, groups, priorities, preemption, end of interrupt.
#include "gic.h"

static void prepare(u32 intid, u8 priority) {
  write64(GICD_IROUTER(intid), cpu_mpidr[0]);
  gic_priority(intid, priority);
  gic_set(intid, GIC_ISENABLER);
}

static void basic(void) {
  gic_set(SPI_A, GIC_ISPENDR);
  settle();
  ok(took(0, 0, 0, 0) && gic_get(SPI_A, GIC_ISPENDR), "a disabled SPI stays pending");
  prepare(SPI_A, 0xa0);
  settle();
  bool state = taken[0].active && !taken[0].pending && taken[0].running_priority == 0xa0;
  ok(took(1, SPI_A, 0, 0), "enabled, it is taken once");
  ok(state, "in its handler it is active, not pending, and its priority runs");
  ok(!gic_get(SPI_A, GIC_ISACTIVER) && !gic_get(SPI_A, GIC_ISPENDR), "after its end it is neither");
  gic_set(SPI_A, GIC_ISPENDR);
  ok_equal(read_sysreg(icc_hppir1_el1), SPI_A, "ICC_HPPIR1_EL1 names what is pending");
  gic_set(SPI_A, GIC_ICPENDR);
  settle();
  ok(took(0, 0, 0, 0), "ICPENDR takes it back");
  gic_set(SPI_A, GIC_ISACTIVER);
  gic_set(SPI_A, GIC_ISPENDR);
  settle();
  ok(took(0, 0, 0, 0), "active and pending is not delivered");
  gic_set(SPI_A, GIC_ICACTIVER);
  settle();
  ok(took(1, SPI_A, 0, 0), "ICACTIVER lets it be delivered");
  write_sysreg(icc_igrpen1_el1, 0);
  gic_set(SPI_A, GIC_ISPENDR);
  settle();
  ok(took(0, 0, 0, 0) && read_sysreg(icc_iar1_el1) == INTID_SPURIOUS, "ICC_IGRPEN1_EL1 0: nothing, and IAR1 is 1023");
  write_sysreg(icc_igrpen1_el1, 1);
  settle();
  ok(took(1, SPI_A, 0, 0), "ICC_IGRPEN1_EL1 1: taken");
  gic_set(3, GIC_ISENABLER);
  gic_send_sgi(3, cpu_mpidr[0]);
  settle();
  ok(took(1, 3, 0, 0), "an SGI to itself is taken");
}

static void group0(void) {
  u64 group = GICD_BASE + GIC_IGROUPR + SPI_A / 32 * 4;
  write32(group, read32(group) & ~(1u << SPI_A % 32));
  gic_set(SPI_A, GIC_ISPENDR);
  settle();
  ok(took(0, 0, 0, 0) && gic_get(SPI_A, GIC_ISPENDR), "group 0 is disabled: its SPI stays pending");
  ok_equal(read_sysreg(icc_iar1_el1), INTID_SPURIOUS, "and ICC_IAR1_EL1 is 1023");
  write32(group, read32(group) | 1u << SPI_A % 32);
  settle();
  ok(took(1, SPI_A, 0, 0), "moved to group 1 it is taken");
}

static void masking(void) {
  prepare(SPI_A, 0x90);
  prepare(SPI_B, 0x70);
  write_sysreg(icc_pmr_el1, 0x80);
  gic_set(SPI_A, GIC_ISPENDR);
  gic_set(SPI_B, GIC_ISPENDR);
  settle();
  ok(took(1, SPI_B, 0, 0), "PMR 0x80 lets priority 0x70 through and not 0x90");
  write_sysreg(icc_pmr_el1, 0x90);
  settle();
  ok(took(0, 0, 0, 0), "PMR 0x90 does not let 0x90 through");
  write_sysreg(icc_pmr_el1, 0xf0);
  settle();
  ok(took(1, SPI_A, 0, 0), "PMR 0xf0 does");
  prepare(SPI_C, 0x20);
  prepare(SPI_D, 0x60);
  gic_set(SPI_A, GIC_ISPENDR);
  gic_set(SPI_D, GIC_ISPENDR);
  gic_set(SPI_C, GIC_ISPENDR);
  settle();
  ok(took(3, SPI_C, SPI_D, SPI_A), "three pending: in the order of their priorities");
}

static u32 nested;  // what the handler of SPI_A pends

static void pend_nested(u32 intid) {
  if (intid != SPI_A) return;
  gic_set(nested, GIC_ISPENDR);
  irq_on();
  delay_loop(20000);
  irq_off();
  taken[MAX_TAKEN - 1].intid = taken_count;  // how many were taken before this handler's end
}

static u32 preempted(u8 first, u8 second, u64 binary_point) {
  prepare(SPI_A, first);
  prepare(SPI_B, second);
  nested = SPI_B;
  during = pend_nested;
  write_sysreg(icc_bpr1_el1, binary_point);
  gic_set(SPI_A, GIC_ISPENDR);
  settle();
  during = 0;
  write_sysreg(icc_bpr1_el1, 0);
  return taken[MAX_TAKEN - 1].intid;
}

static void preemption(void) {
  ok_equal(preempted(0xa0, 0x40, 0), 2, "a higher priority preempts the handler");
  ok_equal(taken[1].running_priority, 0x40, "and its priority runs");
  ok(took(2, SPI_A, SPI_B, 0), "both were taken");
  ok_equal(preempted(0xa0, 0xa0, 0), 1, "the same priority does not preempt");
  ok(took(2, SPI_A, SPI_B, 0), "and is taken after the end");
  ok_equal(preempted(0x40, 0xa0, 0), 1, "a lower priority does not preempt");
  ok(took(2, SPI_A, SPI_B, 0), "and is taken after the end");
  ok_equal(preempted(0xa0, 0x80, 6), 1, "binary point 6: 0x80 does not preempt 0xa0");
  forget();
  ok_equal(preempted(0xa0, 0x60, 6), 2, "binary point 6: 0x60 preempts 0xa0");
  forget();
  ok_equal(read_sysreg(icc_rpr_el1), 0xff, "ICC_RPR_EL1 is idle again");
}

static void end_modes(void) {
  prepare(SPI_A, 0xa0);
  prepare(SPI_B, 0xa0);
  write_sysreg(icc_ctlr_el1, 2);  // EOImode 1
  isb();
  gic_set(SPI_A, GIC_ISPENDR);
  settle();
  ok(took(1, SPI_A, 0, 0) && gic_get(SPI_A, GIC_ISACTIVER), "EOImode 1: still active after EOIR1");
  ok_equal(read_sysreg(icc_rpr_el1), 0xff, "EOImode 1: EOIR1 drops the priority");
  gic_set(SPI_A, GIC_ISPENDR);
  gic_set(SPI_B, GIC_ISPENDR);
  settle();
  ok(took(1, SPI_B, 0, 0), "EOImode 1: another SPI is taken, the active one is not");
  write_sysreg(icc_dir_el1, SPI_B);
  write_sysreg(icc_dir_el1, SPI_A);
  isb();
  settle();
  ok(took(1, SPI_A, 0, 0), "EOImode 1: DIR lets the next instance in");
  write_sysreg(icc_dir_el1, SPI_A);
  isb();
  ok(!gic_get(SPI_A, GIC_ISACTIVER) && !gic_get(SPI_B, GIC_ISACTIVER), "EOImode 1: DIR deactivates");
  write_sysreg(icc_ctlr_el1, 0);
  isb();
}

// A level that stays: the PL011's transmit interrupt, raised by the characters already sent.
#define UART_INTID 33
#define UART_IMSC (UART_BASE + 0x38)
#define UART_ICR (UART_BASE + 0x44)
#define UART_TX (1 << 5)

static volatile u32 level_runs;

static void lower_at_third(u32 intid) {
  if (intid == UART_INTID && ++level_runs == 3) write32(UART_IMSC, 0);
}

static void level(void) {
  prepare(SPI_C, 0xa0);
  gic_set(SPI_C, GIC_ISPENDR);
  settle();
  ok(took(1, SPI_C, 0, 0), "a level SPI pended by ISPENDR is taken once");

  print("# this line raises UARTRIS.TXRIS\n");
  delay_loop(1000000);
  irq_off();
  during = lower_at_third;
  prepare(UART_INTID, 0xa0);
  write32(UART_IMSC, UART_TX);
  settle();
  write32(UART_IMSC, 0);
  during = 0;
  ok(took(3, UART_INTID, UART_INTID, UART_INTID), "a level that stays is taken again until it falls");
  gic_set(UART_INTID, GIC_ICENABLER);
  write32(UART_IMSC, UART_TX);
  ok(gic_get(UART_INTID, GIC_ISPENDR), "a level that is high is pending");
  write32(UART_IMSC, UART_TX);
  gic_set(UART_INTID, GIC_ICPENDR);
  ok(gic_get(UART_INTID, GIC_ISPENDR), "and ICPENDR does not take that back");
  write32(UART_IMSC, 0);
  ok(!gic_get(UART_INTID, GIC_ISPENDR), "and when it falls it is not");
}

void test_delivery(void) {
  basic();
  group0();
  masking();
  preemption();
  end_modes();
  level();
}
