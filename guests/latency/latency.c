// latency: how late vCPU 0's timer interrupts are while vCPU 1 works on an interrupt that vCPU 0 is handling.
#include "../lib/runtime.h"

#define SPI 63
#define TIMER 27
#define EC_DATA_ABORT 0x25

static u64 period;
static volatile u32 handling, release, handled;
static s64 *samples;
static volatile u64 taken;
static u64 wanted;
static volatile u64 aborted;

static void timer_interrupt(void) {
  u64 now = cntvct(), due = read_sysreg(cntv_cval_el0);
  if (taken < wanted) samples[taken++] = (s64)(now - due);
  write_sysreg(cntv_cval_el0, cntvct() + period);
  isb();
}

static void handle(void) {
  u32 intid = (u32)read_sysreg(icc_iar1_el1);
  dsb();
  if (intid >= 1020) return;
  if (intid == TIMER) {
    timer_interrupt();
  } else if (intid == SPI) {
    handling = 1;
    irq_on();
    while (!release) cpu_yield();
    irq_off();
    handled++;
  }
  write_sysreg(icc_eoir1_el1, intid);
  isb();
  if (intid == SPI) handling = 0;
}

// An external abort of the register under test: counted, and the access left out.
static bool skip_abort(struct frame *frame, u32 vector) {
  if (vector >= VECTOR_LOWER_EL || ESR_EC(frame->esr) != EC_DATA_ABORT) return false;
  aborted++;
  frame->elr += 4;
  return true;
}

static u64 rounds, accesses, wrong;

static void read_active(void) {
  u64 before = aborted;
  if (!gic_get(SPI, GIC_ISACTIVER) && aborted == before) wrong++;
}

static void move(u64 n) { write64(GICD_IROUTER(SPI), cpu_mpidr[n & 1]); }

static void neighbour(u64 moves) {
  for (u64 round = 0; round < rounds; round++) {
    gic_set(SPI, GIC_ISPENDR);
    if (!wait_until_equal(&handling, 1)) bail("round %lu: the interrupt does not come", round);
    for (u64 n = 1; n <= accesses; n++) {
      if (moves) move(n);
      else read_active();
      delay_loop(500 + (round * 37 + n * 101) % 400);
    }
    if (moves) move(0);
    release = 1;
    if (!wait_until_equal(&handling, 0)) bail("round %lu: the handler does not end", round);
    release = 0;
    if (handled != round + 1) wrong++;
  }
}

static void report(void) {
  u64 hz = read_sysreg(cntfrq_el0);
  sort(samples, taken);
  u64 rank[] = {0, taken / 2, taken * 99 / 100, taken - 1};
  u64 ns[4];
  for (u32 i = 0; i < 4; i++) ns[i] = (u64)samples[rank[i]] * 1000000000ul / hz;
  print("LATENCY samples %lu min %lu median %lu p99 %lu max %lu ns\n", taken, ns[0], ns[1], ns[2], ns[3]);
  print("ACCESSES %lu wrong %lu aborted %lu\n", rounds * accesses, wrong, aborted);
}

void guest_main(void) {
  rounds = arg_number("rounds", 100);
  accesses = arg_number("accesses", 20);
  period = arg_number("period", 20000) * read_sysreg(cntfrq_el0) / 1000000000ul;
  wanted = arg_number("samples", 2000);
  if (cpu_count < 2 || !wanted || !period) bail("latency: needs two vCPUs, samples and a period of a tick at least");
  samples = allocate(wanted * sizeof(*samples));
  irq_off();
  gic_init();
  on_irq = handle;
  on_sync = skip_abort;
  gic_priority(TIMER, 0x40);
  gic_priority(SPI, 0xa0);
  write32(GICD_BASE + GIC_ICFGR + SPI / 16 * 4, 2u << SPI % 16 * 2);
  write64(GICD_IROUTER(SPI), cpu_mpidr[0]);
  gic_set(SPI, GIC_ISENABLER);
  gic_set(TIMER, GIC_ISENABLER);
  ok(cpu_on(1, 0) == 0, "a second vCPU starts");
  write_sysreg(cntv_cval_el0, cntvct() + period);
  write_sysreg(cntv_ctl_el0, 1);
  cpu_post(1, neighbour, arg_is("work", "move"));
  irq_on();
  while (cpus[1].work) cpu_yield();
  irq_off();
  write_sysreg(cntv_ctl_el0, 0);
  on_sync = 0;
  ok(taken > 100, "timer interrupts came");
  report();
  ok(!wrong && !aborted, arg_is("work", "move") ? "every instance is taken once, by vCPU 0" : "active state reads as it is");
}
