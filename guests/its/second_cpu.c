// LPIs that move to a second vCPU: not pending, pending, being handled, and all at once.
#include "suite.h"

#define C 11u
#define FIRST (LPI_FIRST + 200)

static volatile u32 held;

static void second_prepare(u64 unused) {
  (void)unused;
  gic_cpu_init();
  lpi_init();
  irq_on();
}

static void hold(u32 intid) {
  (void)intid;
  if (cpu_index() != 0) return;
  during = 0;
  held = 1;
  its_event(CMD_MOVI, C, 0, 1);
  its_int(C, 0);
  while (taken_count < 2) cpu_yield();
}

// The second vCPU has interrupts on: what is to come there has come when the count says so.
static bool came(u32 count) {
  for (u32 n = 0; n < 3000000 && taken_count < count; n++) cpu_yield();
  delay_loop(20000);
  return taken_count == count;
}

void test_second_cpu(void) {
  if (cpu_count < 2) return skip("LPIs on a second vCPU", "one vCPU");
  if (!ok(cpu_on(1, 0) == 0, "a second vCPU starts")) return;
  cpu_post(1, second_prepare, 0);
  if (!cpu_wait(1)) bail("vCPU 1 does not finish");
  mapc(1, 1);
  mapd(C, its_pages(1), 5);
  for (u32 n = 0; n < 4; n++) {
    lpi_configure(FIRST + n, 0xa0, true);
    mapti(C, n, FIRST + n, 0);
  }
  its_event(CMD_MOVI, C, 0, 1);
  its_int(C, 0);
  ok(came(1) && took(1, 1, FIRST, 0, 0), "MOVI: the LPI is taken there");
  forget();
  its_event(CMD_MOVI, C, 0, 0);
  its_int(C, 0);
  its_event(CMD_MOVI, C, 0, 1);
  ok(came(1) && took(1, 1, FIRST, 0, 0), "MOVI while it is pending here: taken there, once");
  settle();
  ok(taken_count == 1, "and not here");
  forget();
  its_event(CMD_MOVI, C, 0, 0);
  during = hold;
  its_int(C, 0);
  settle();
  ok(held && came(2) && took(0, 1, FIRST, 0, 0) && took(1, 1, FIRST, 0, 0), "MOVI while it is handled here: the next is taken there meanwhile");
  forget();
  for (u32 n = 1; n < 4; n++) its_int(C, n);
  movall(0, 1);
  ok(came(3) && took(1, 3, FIRST + 1, FIRST + 2, FIRST + 3), "MOVALL: all that are pending here are taken there");
  settle();
  ok(taken_count == 3, "and not here");
  forget();
  its_int(C, 1);
  ok(took_here(1, FIRST + 1, 0, 0), "their mappings have stayed");
  unmapd(C);
}
