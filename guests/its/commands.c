// Each command on one vCPU, and the life of an LPI.
#include "suite.h"

#define A 3u              // a device of 32 events
#define FIRST (LPI_FIRST + 40)
#define SECOND (LPI_FIRST + 41)
#define ALONE (LPI_FIRST + 50)

static void again(u32 intid) {
  during = 0;
  its_int(A, intid - FIRST);
}

// The event of the LPI that is being handled goes, and another event gets its number.
static void remap(u32 intid) {
  during = 0;
  discard(A, intid - FIRST);
  mapti(A, 9, intid, 0);
  its_int(A, 9);
}

static void test_pending(void) {
  its_int(A, 0);
  ok(took_here(1, FIRST, 0, 0), "INT: the LPI is taken, once");
  its_int(A, 0);
  its_int(A, 0);
  ok(took_here(1, FIRST, 0, 0), "twice while it is pending is once");
  its_int(A, 0);
  its_event(CMD_CLEAR, A, 0, 0);
  ok(took_here(0, 0, 0, 0), "CLEAR takes the pending state back");
  during = again;
  its_int(A, 0);
  ok(took_here(2, FIRST, FIRST, 0), "INT in its own handler: taken again after the end");
  its_int(A, 1);
  its_int(A, 0);
  ok(took_here(2, SECOND, FIRST, 0), "of two the one of higher priority comes first");
}

static void test_configuration(void) {
  lpi_configure(FIRST, 0xa0, false);
  its_event(CMD_INV, A, 0, 0);
  its_int(A, 0);
  ok(took_here(0, 0, 0, 0), "disabled and INV: not taken");
  lpi_configure(FIRST, 0xa0, true);
  its_event(CMD_INV, A, 0, 0);
  ok(took_here(1, FIRST, 0, 0), "enabled and INV: what was pending is taken");
  lpi_configure(FIRST, 0x60, true);
  its_command(CMD_INVALL, 0, 0, 0);
  its_int(A, 1);
  its_int(A, 0);
  ok(took_here(2, FIRST, SECOND, 0), "INVALL: the new priority counts");
  lpi_configure(FIRST, 0xa0, true);
  its_command(CMD_INVALL, 0, 0, 0);
}

static void test_discard(void) {
  its_int(A, 0);
  discard(A, 0);
  ok(took_here(0, 0, 0, 0), "DISCARD takes the pending state away");
  its_int(A, 0);
  ok(took_here(0, 0, 0, 0), "and the mapping");
  mapti(A, 0, FIRST, 0);
  its_int(A, 0);
  discard(A, 0);
  mapti(A, 9, FIRST, 0);
  its_int(A, 9);
  ok(took_here(1, FIRST, 0, 0), "discarded while pending, its number mapped again and pended: taken once");
  discard(A, 9);
  mapti(A, 0, FIRST, 0);
  during = remap;
  its_int(A, 0);
  ok(took_here(2, FIRST, FIRST, 0), "the same before the end of the old one: each is taken once");
  its_int(A, 0);
  ok(took_here(0, 0, 0, 0), "the old event is not mapped any more");
  discard(A, 9);
  mapti(A, 0, FIRST, 0);
}

static void test_errors(void) {
  its_int(A, 30);
  its_int(0x3fff, 0);
  its_event(CMD_INT, A, 1u << 20, 0);
  mapti(A, 20, 100, 0);
  if (!pass_over_qemu) {  // which stalls there
    its_command(CMD_MAPD | 5ul << 32, 4, ITS_VALID | 0x1ul << 44, 0);
    its_int(5, 0);
  }
  its_command(0xee, ~0ul, ~0ul, ~0ul);
  its_int(A, 0);
  ok(took_here(1, FIRST, 0, 0), "commands that cannot be done do nothing, and the next one is done");

  lpi_configure(ALONE, 0xa0, true);
  mapti(A, 21, ALONE, 7);
  its_int(A, 21);
  ok(took_here(0, 0, 0, 0), "an event of a collection that is not mapped interrupts nobody");
  discard(A, 21);
  mapc(7, 0);
  its_int(A, 21);
  ok(took_here(1, ALONE, 0, 0), "DISCARD of it was an error: mapped, the collection has it");
  discard(A, 21);
}

// EOImode 1: an LPI has no active state for ICC_DIR_EL1 to end.
static void test_split_ends(void) {
  write_sysreg(icc_ctlr_el1, 2);
  isb();
  its_int(A, 0);
  bool first = took_here(1, FIRST, 0, 0);
  its_int(A, 0);
  ok(first && took_here(1, FIRST, 0, 0), "EOImode 1: the priority drop is all there is to an end");
  write_sysreg(icc_ctlr_el1, 0);
  isb();
}

void test_commands(void) {
  mapd(A, its_pages(1), 5);
  for (u32 lpi = FIRST; lpi < FIRST + 10; lpi++) lpi_configure(lpi, 0xa0, true);
  lpi_configure(SECOND, 0x80, true);
  mapti(A, 0, FIRST, 0);
  mapti(A, 1, SECOND, 0);
  test_pending();
  test_configuration();
  test_discard();
  test_errors();
  test_split_ends();
  unmapd(A);
  its_int(A, 0);
  ok(took_here(0, 0, 0, 0), "MAPD with V 0 unmaps the device");
}
