// What the parts of `edges` share.
#ifndef EDGES_H
#define EDGES_H

#include "../ticks/timer.h"

extern u64 frequency;
void wait_ticks(struct timer *t, u64 ticks);     // by counter, interrupts as they are
void at_the_edges(struct timer *t);              // extreme values of TVAL and CVAL
void moved(struct timer *t);                     // deadlines moved, stopped and started again
void across(struct timer *t);                    // every state of a timer, held for long enough to migrate in

#endif
