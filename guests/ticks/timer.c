// The two timers of EL1 behind one set of operations, and their interrupt handler.
#include "timer.h"

#define ACCESSORS(prefix)                                                             \
  static u64 prefix##_cval(void) { return read_sysreg(prefix##_cval_el0); }           \
  static u64 prefix##_tval(void) { isb(); return read_sysreg(prefix##_tval_el0); }    \
  static u64 prefix##_ctl(void) { isb(); return read_sysreg(prefix##_ctl_el0); }      \
  static void prefix##_set_cval(u64 value) { write_sysreg(prefix##_cval_el0, value); isb(); } \
  static void prefix##_set_tval(u64 value) { write_sysreg(prefix##_tval_el0, value); isb(); } \
  static void prefix##_set_ctl(u64 value) { write_sysreg(prefix##_ctl_el0, value); isb(); }

ACCESSORS(cntv)
ACCESSORS(cntp)

#define OPERATIONS(prefix) \
  prefix##_cval, prefix##_tval, prefix##_ctl, prefix##_set_cval, prefix##_set_tval, prefix##_set_ctl

struct timer timers[2] = {
    {"v", 27, cntvct, OPERATIONS(cntv), 0, 0, 0, 0},
    {"p", 30, cntpct, OPERATIONS(cntp), 0, 0, 0, 0},
};

static void handle(u32 intid) {
  struct timer *t = intid == timers[0].intid ? &timers[0] : &timers[1];
  if (intid != t->intid) bail("interrupt %u is no timer", intid);
  t->at = t->count();
  t->cval_then = t->cval();
  t->ctl_then = t->ctl();
  t->set_ctl(0);
  t->fired++;
}

void timers_init(void) {
  gic_init();
  on_interrupt = handle;
  for (u32 i = 0; i < 2; i++) {
    timers[i].set_ctl(0);
    gic_set(timers[i].intid, GIC_ISENABLER);
  }
}

void timer_stop(struct timer *t) { t->set_ctl(0); }

bool timer_pending(struct timer *t) { return gic_get(t->intid, GIC_ISPENDR); }
