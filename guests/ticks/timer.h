// The two timers of EL1 behind one set of operations, and their interrupt handler.
#ifndef TIMER_H
#define TIMER_H

#include "../lib/runtime.h"

#define CTL_ENABLE 1
#define CTL_IMASK 2
#define CTL_ISTATUS 4

struct timer {
  const char *name;
  u32 intid;
  u64 (*count)(void);
  u64 (*cval)(void);
  u64 (*tval)(void);
  u64 (*ctl)(void);
  void (*set_cval)(u64 value);
  void (*set_tval)(u64 value);
  void (*set_ctl)(u64 value);
  // What the last interrupt saw.
  volatile u64 fired, at, cval_then, ctl_then;
};

extern struct timer timers[2];       // 0: CNTV, 1: CNTP
static inline struct timer *other_timer(struct timer *t) { return t == &timers[0] ? &timers[1] : &timers[0]; }
void timers_init(void);
void timer_stop(struct timer *t);    // disabled, and seen to be
bool timer_pending(struct timer *t); // pending in the redistributor?

#endif
