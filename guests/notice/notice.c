// notice: the 2018 beta's migration interrupt: asked for by PV_TIME_LPT, one for each change of the sequence number.
#include "../lib/edge.h"

#define PV_TIME_LPT_BETA 0xc5000021u
#define INTID 43  // unverified: the beta's text could not be found again
#define INVALID_PARAMETERS (-2)
#define NOT_SUPPORTED (-1)

static volatile u32 interrupts;
static volatile u64 sequence_seen;
static u64 structure;

static u64 sequence(void) { return read64(structure + 8); }

static void count_interrupt(u32 intid) {
  if (intid != INTID) return;
  interrupts++;
  sequence_seen = sequence();
}

void guest_main(void) {
  if (!arg_is("pv", "beta2018") || !pv_time_present() || !pv_call_present(PV_TIME_LPT_BETA)) {
    skip("migration interrupt", "no LPT of the beta");
    return;
  }
  u64 rounds = arg_number("rounds", 40), work = arg_number("work", 10000), ask = arg_number("ask", 1);
  ok_equal((u64)smccc(PV_TIME_LPT_BETA, 2, 0, 0), (u64)INVALID_PARAMETERS, "an unknown flag is refused");
  ok_equal((u64)smccc(PV_TIME_LPT_BETA, 3, 0, 0), (u64)INVALID_PARAMETERS, "also beside the known one");
  s64 address = smccc(PV_TIME_LPT_BETA, ask, 0, 0);
  ok(address > 0, "PV_TIME_LPT gives an address");
  if (address <= 0) return;
  structure = (u64)address;
  gic_enable_edge(INTID, count_interrupt);

  u64 last = sequence(), changes = 0, unannounced = 0;
  for (u64 i = 0; i < rounds; i++) {
    delay_loop(work);
    u64 now = sequence();
    if (now != last) {
      changes++;
      unannounced += sequence_seen != now;
    }
    last = now;
    if (i + 1 == (rounds + 3) / 4) print("READY\n");
  }
  print("N %u interrupts, %lu changes\n", interrupts, changes);
  if (ask) {
    ok_equal(interrupts, changes, "an interrupt for each change");
    ok_equal(unannounced, 0, "taken before anything else is done, with the new structure in place");
  } else {
    ok_equal(interrupts, 0, "no interrupt for a guest that has not asked");
  }
}
