// edges: timers at the ends of their ranges, deadlines that are moved, and every state of a timer held across a migration.
// What must happen follows from Arm ARM D11.2.4: CVAL is unsigned and 64 bits wide, TVAL is its signed 32-bit view.
#include "edges.h"

u64 frequency;
static u64 patience;

void wait_ticks(struct timer *t, u64 ticks) {
  for (u64 start = t->count(); t->count() - start < ticks;) cpu_yield();
}

// Enables t with its CVAL: the interrupt must come at once or not at all, as the counter says.
static void expect(struct timer *t, u64 cval, const char *what) {
  u64 fired = t->fired;
  bool due = t->count() >= cval;
  t->set_ctl(CTL_ENABLE);
  delay_loop(patience);
  ok(t->fired == fired + due, "CNT%s, %s: %s", t->name, what, due ? "the interrupt comes" : "no interrupt");
  if (!due) ok_equal(t->ctl(), CTL_ENABLE, "CNT%s, %s: ISTATUS is 0", t->name, what);
  timer_stop(t);
}

static void by_cval(struct timer *t, u64 cval, const char *what) {
  t->set_cval(cval);
  ok_equal(t->cval(), cval, "CNT%s, %s: CVAL reads back", t->name, what);
  expect(t, cval, what);
}

// TVAL is written as bits: what it means is for CVAL to say.
static void by_tval(struct timer *t, u64 tval, const char *what) {
  u64 before = t->count();
  t->set_tval(tval);
  u64 after = t->count(), cval = t->cval(), distance = (u64)(s64)(int)tval;
  ok(cval - distance - before <= after - before, "CNT%s, %s: CVAL is the count plus the signed value", t->name, what);
  expect(t, cval, what);
}

void at_the_edges(struct timer *t) {
  by_tval(t, 0, "TVAL 0");
  by_tval(t, 0xffffffff, "TVAL -1");
  by_tval(t, 0x7fffffff, "TVAL 2^31 - 1");
  by_tval(t, 0x80000000, "TVAL -2^31");
  by_tval(t, 0x180000000ul, "TVAL with bit 32 set");
  by_cval(t, 0, "CVAL 0");
  by_cval(t, 1ul << 63, "CVAL 2^63");
  by_cval(t, (1ul << 63) - 1, "CVAL 2^63 - 1");
  by_cval(t, (1ul << 63) + 1, "CVAL 2^63 + 1");
  by_cval(t, ~0ul, "CVAL 2^64 - 1");
  u64 beyond = t->count() + (1ul << 32);
  by_cval(t, beyond, "CVAL 2^32 ticks ahead");
  by_cval(t, beyond & ~0xfffffffful, "CVAL with its low half 0");
  t->set_cval(t->count() + (5ul << 32));
  ok(t->tval() >> 32 == 0, "CNT%s: TVAL reads 32 bits of a CVAL far ahead", t->name);
}

void guest_main(void) {
  frequency = read_sysreg(cntfrq_el0);
  if (frequency < 1000000) bail("CNTFRQ_EL0 is %lu", frequency);
  patience = arg_number("patience", 20000);
  timers_init();
  irq_on();
  for (u32 i = 0; i < 2; i++) {
    if (!arg_is("phase", "across")) {
      at_the_edges(&timers[i]);
      moved(&timers[i]);
    }
    if (!arg_is("phase", "values")) across(&timers[i]);
  }
}
