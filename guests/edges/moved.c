// Deadlines that are moved, stopped and started again while the host may have a timer of its own armed for them.
#include "edges.h"

static u64 unit;  // ticks

// Runs on until `ticks` after now, busy or asleep with the other timer as the alarm clock.
static void pass(struct timer *t, u64 ticks, bool asleep) {
  if (!asleep) return wait_ticks(t, ticks);
  struct timer *clock = other_timer(t);
  u64 fired = clock->fired;
  clock->set_cval(clock->count() + ticks);
  clock->set_ctl(CTL_ENABLE);
  irq_off();
  while (clock->fired == fired) {
    wfi();
    irq_on();
    isb();
    irq_off();
  }
  irq_on();
}

// Arms t for one unit from now, and runs long enough for a host to take note.
static u64 arm(struct timer *t) {
  u64 start = t->count();
  t->set_cval(start + unit);
  t->set_ctl(CTL_ENABLE);
  delay_loop(1000);
  return start;
}

static void moved_away(struct timer *t, bool asleep, const char *how) {
  u64 fired, start;
  do {  // again where the host did something else meanwhile, and the deadline has passed
    fired = t->fired;
    start = arm(t);
    t->set_cval(start + 4 * unit);
  } while (t->count() - start >= unit);
  pass(t, 6 * unit, asleep);
  ok(t->fired == fired + 1 && t->at >= start + 4 * unit, "CNT%s, %s: a deadline moved away comes once, and not before",
     t->name, how);
}

static void moved_here(struct timer *t, bool asleep, const char *how) {
  u64 fired = t->fired, start = t->count();
  t->set_cval(start + 100 * unit);
  t->set_ctl(CTL_ENABLE);
  t->set_cval(start + unit);
  pass(t, 2 * unit, asleep);
  ok(t->fired == fired + 1 && t->at >= start + unit, "CNT%s, %s: a deadline moved here comes here", t->name, how);
}

static void stopped(struct timer *t, bool asleep, const char *how) {
  u64 fired, start;
  do {
    fired = t->fired;
    start = arm(t);
    t->set_ctl(0);
  } while (t->count() - start >= unit);
  pass(t, 2 * unit, asleep);
  ok(t->fired == fired, "CNT%s, %s: a timer that is stopped does not come", t->name, how);
  t->set_ctl(CTL_ENABLE);
  delay_loop(10000);
  ok(t->fired == fired + 1, "CNT%s, %s: started again behind its time, it comes at once", t->name, how);
  timer_stop(t);
}

void moved(struct timer *t) {
  unit = arg_number("unit", 200) * frequency / 1000000;
  for (u32 asleep = 0; asleep < 2; asleep++) {
    const char *how = asleep ? "asleep" : "busy";
    moved_away(t, asleep, how);
    moved_here(t, asleep, how);
    stopped(t, asleep, how);
  }
}
