// An SPI routed to a second vCPU, its active state as seen from the first, and moves while it is in flight.
#include "gic.h"

static volatile u32 on_second, held, release, on_first;

static void second_prepare(u64 unused) {
  (void)unused;
  gic_cpu_init();
  irq_on();
}

// Counts by vCPU; the second stays in its handler until it is released.
static void count(u32 intid) {
  (void)intid;
  if (cpu_index() == 0) {
    on_first++;
    return;
  }
  on_second++;
  held = 1;
  while (!release) cpu_yield();
  held = 0;
}

void test_second_cpu(void) {
  if (cpu_count < 2) return skip("SPIs on a second vCPU", "one vCPU");
  if (!ok(cpu_on(1, 0) == 0, "a second vCPU starts")) return;
  cpu_post(1, second_prepare, 0);
  if (!cpu_wait(1)) bail("vCPU 1 does not finish");
  during = count;
  gic_set(SPI_B, GIC_ISENABLER);
  write64(GICD_IROUTER(SPI_B), cpu_mpidr[1]);
  gic_set(SPI_B, GIC_ISPENDR);
  bool came = wait_until_equal(&held, 1);
  settle();
  ok(came && on_second == 1 && on_first == 0, "IROUTER to vCPU 1: taken there, not here");
  ok(gic_get(SPI_B, GIC_ISACTIVER), "ISACTIVER read here says active while vCPU 1 handles it");
  ok(!gic_get(SPI_B, GIC_ISPENDR), "and not pending");

  gic_set(SPI_B, GIC_ISPENDR);
  write64(GICD_IROUTER(SPI_B), cpu_mpidr[0]);
  settle();
  ok(on_first == 0 && gic_get(SPI_B, GIC_ISPENDR), "pended and routed here while active there: not taken yet");
  release = 1;
  came = wait_until_equal(&held, 0);
  settle();
  ok(came && on_second == 1 && on_first == 1, "after the end there the next instance is taken here, once");
  ok(!gic_get(SPI_B, GIC_ISACTIVER) && !gic_get(SPI_B, GIC_ISPENDR), "and nothing is left");
  during = 0;
  forget();
}
