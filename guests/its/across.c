// What must be the same behind READY, where a snapshot or a migration comes: mappings, what was unmapped, what is pending.
#include "suite.h"

#define BITS 5u
#define HERE (LPI_FIRST + 400)
#define DISCARDED (LPI_FIRST + 401)
#define UNMAPPED (LPI_FIRST + 402)
#define LONELY (LPI_FIRST + 403)
// Two LPIs whose bits are in one byte of two pending tables; the one of the second vCPU is pended first.
#define PENDING_HERE (LPI_FIRST + 416)
#define PENDING_THERE (LPI_FIRST + 417)

// Far apart: in two second-level tables, and further than a link reaches.
static const u32 devices[] = {0, 1, 2075, 9472};
#define GONE 4u

static bool each_device(u32 first) {
  bool pass = true;
  for (u32 n = 0; n < 4; n++) {
    its_int(devices[n], 0);
    pass = took_here(1, first + n, 0, 0) && pass;
  }
  return pass;
}

static void second_masks(u64 unused) {
  (void)unused;
  irq_off();
}

static void second_unmasks(u64 unused) {
  (void)unused;
  irq_on();
}

static void on_second(void (*work)(u64)) {
  if (cpu_count < 2) return;
  cpu_post(1, work, 0);
  if (!cpu_wait(1)) bail("vCPU 1 does not finish");
}

void test_across(void) {
  u32 first = LPI_FIRST + 432;
  on_second(second_masks);
  for (u32 n = 0; n < 4; n++) {
    lpi_configure(first + n, 0xa0, true);
    mapd(devices[n], its_pages(1), BITS);
    mapti(devices[n], 0, first + n, 0);
  }
  for (u32 lpi = HERE; lpi < HERE + 32; lpi++) lpi_configure(lpi, 0xa0, true);
  mapd(GONE, its_pages(1), BITS);
  mapti(GONE, 0, UNMAPPED, 0);
  mapti(devices[1], 1, DISCARDED, 0);
  mapti(devices[1], 2, LONELY, 9);
  mapti(devices[1], 3, PENDING_HERE, 0);
  mapti(devices[1], 4, PENDING_THERE, cpu_count > 1);
  ok(each_device(first), "every device interrupts");
  discard(devices[1], 1);
  unmapd(GONE);
  its_int(devices[1], 4);
  its_int(devices[1], 3);
  print("READY\n");
  delay_loop(100000);

  settle();
  on_second(second_unmasks);
  for (u32 n = 0; n < 3000000 && taken_count < 2; n++) cpu_yield();
  delay_loop(20000);
  bool here = taken_count == 2;
  if (cpu_count > 1) here = here && took(0, 1, PENDING_HERE, 0, 0) && took(1, 1, PENDING_THERE, 0, 0);
  else here = here && took(0, 2, PENDING_HERE, PENDING_THERE, 0);
  ok(here, "behind READY: what was pending is taken where it was, once");
  forget();
  ok(each_device(first), "every device interrupts");
  its_int(devices[1], 1);
  ok(took_here(0, 0, 0, 0), "a discarded event does not");
  its_int(GONE, 0);
  ok(took_here(0, 0, 0, 0), "nor an unmapped device");
  its_int(devices[1], 2);
  ok(took_here(0, 0, 0, 0), "nor an event whose collection is not mapped");
  mapc(9, 0);
  its_int(devices[1], 2);
  ok(took_here(1, LONELY, 0, 0), "until it is");
}
