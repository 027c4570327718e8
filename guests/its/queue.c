// The command queue full, around its end, and more LPIs at once than any list register can hold.
#include "suite.h"

#define B 7u
#define MANY 64u
#define FIRST (LPI_FIRST + 96)
#define IDENTITY (LPI_FIRST + 1)

void test_queue(void) {
  mapd(B, its_pages(1), 7);
  for (u32 n = 0; n < MANY; n++) {
    lpi_configure(FIRST + n, 0xa0, true);
    mapti(B, n, FIRST + n, 0);
  }
  for (u32 n = 0; n < MANY; n++) its_int(B, MANY - 1 - n);
  settle();
  bool order = taken_count == MANY;
  for (u32 n = 0; n < MANY && order; n++) order = taken[n].intid == FIRST + n;
  ok(order, "%u LPIs pending at once: each is taken once, of one priority the lowest INTID first", MANY);
  forget();

  for (u32 n = 0; n < QUEUE_BYTES / 32 - 1; n++) its_queue_command(CMD_INT | (u64)B << 32, n % MANY, 0, 0);
  its_run();
  settle();
  ok(taken_count == MANY, "a full queue of INT is run to its end");
  forget();
  u64 before = its_writer;
  u32 good = 0;
  for (u32 n = 0; n < 3 * QUEUE_BYTES / 32; n += 100) {
    for (u32 i = 0; i < 99; i++) its_queue_command(CMD_SYNC, 0, its_target(0), 0);
    its_queue_command(CMD_INT | (u64)B << 32, n % MANY, 0, 0);
    its_run();
    settle();
    good += taken_count == 1 && taken[0].intid == FIRST + n % MANY;
    forget();
  }
  ok(good == (3 * QUEUE_BYTES / 32 + 99) / 100, "around the end of the queue, three times, from 0x%lx", before);

  mapd(B + 1, its_pages(2), 14);
  lpi_configure(IDENTITY, 0xa0, true);
  its_event(CMD_MAPI, B + 1, IDENTITY, 0);
  its_int(B + 1, IDENTITY);
  ok(took_here(1, IDENTITY, 0, 0), "MAPI: the EventID is the INTID");
  unmapd(B + 1);
  unmapd(B);
}
