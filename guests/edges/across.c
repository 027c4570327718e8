// Every state of a timer, announced by `ARMED <timer> <state>` and held while the platform does what it likes.
#include "edges.h"

#define YEAR 31557600ul  // seconds

// The work of some milliseconds: no clock tells how long a migration takes.
static void hold(struct timer *t, const char *state) {
  print("ARMED %s %s\n", t->name, state);
  delay_loop(1000000);
}

static void arm(struct timer *t, u64 cval, u64 ctl) {
  t->set_ctl(0);
  t->set_cval(cval);
  t->set_ctl(ctl);
}

// Masked by IMASK: the condition shows in ISTATUS, and the interrupt comes with the mask's end.
static void unmask(struct timer *t, u64 fired, const char *state) {
  ok(t->fired == fired, "CNT%s %s: no interrupt while masked", t->name, state);
  ok_equal(t->ctl(), CTL_ENABLE | CTL_IMASK | CTL_ISTATUS, "CNT%s %s: the condition is met, the mask is kept", t->name, state);
  t->set_ctl(CTL_ENABLE);
  delay_loop(10000);
  ok(t->fired == fired + 1, "CNT%s %s: the interrupt comes when the mask goes", t->name, state);
  timer_stop(t);
}

static void wait_for(struct timer *t, u64 fired) {
  for (u64 polls = 0; t->fired == fired && polls < 100000000; polls++) cpu_yield();
}

void across(struct timer *t) {
  u64 fired = t->fired;
  arm(t, t->count() + frequency / 250, CTL_ENABLE);
  hold(t, "armed");
  wait_for(t, fired);
  ok(t->fired == fired + 1 && t->at >= t->cval_then, "CNT%s armed: comes once, not early", t->name);

  fired = t->fired;
  irq_off();
  arm(t, t->count() + 1, CTL_ENABLE);
  hold(t, "1-tick");
  ok(timer_pending(t), "CNT%s 1 tick ahead: pending", t->name);
  irq_on();
  delay_loop(10000);
  ok(t->fired == fired + 1, "CNT%s 1 tick ahead: comes once", t->name);

  fired = t->fired;
  arm(t, t->count() - 1, CTL_ENABLE | CTL_IMASK);
  hold(t, "past");
  unmask(t, fired, "in the past");

  fired = t->fired;
  arm(t, t->count() + frequency / 1000, CTL_ENABLE | CTL_IMASK);
  hold(t, "masked");
  while (!(t->ctl() & CTL_ISTATUS)) cpu_yield();
  unmask(t, fired, "masked");

  fired = t->fired;
  arm(t, t->count() - 1, 0);
  hold(t, "disabled");
  ok(t->fired == fired && t->ctl() == 0 && !timer_pending(t), "CNT%s disabled: nothing", t->name);

  arm(t, t->count() + 10 * YEAR * frequency, CTL_ENABLE);
  hold(t, "10-years");
  ok(t->fired == fired && t->ctl() == CTL_ENABLE, "CNT%s 10 years ahead: not yet", t->name);
  ok(t->cval() - t->count() > YEAR / 10 * read_sysreg(cntfrq_el0), "CNT%s 10 years ahead: years to go", t->name);
  timer_stop(t);
}
