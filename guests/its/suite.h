// What the parts of the its guest share: a record of what was taken, and where.
#ifndef ITS_SUITE_H
#define ITS_SUITE_H

#include "its.h"

struct taken { u32 intid, cpu; };

#define MAX_TAKEN 128
extern struct taken taken[MAX_TAKEN];  // in the order of the acknowledges
extern volatile u32 taken_count;
extern void (*during)(u32 intid);      // runs in the handler, before the end of interrupt
extern bool pass_over_qemu;            // oracle=qemu

void settle(void);                     // lets what is deliverable here be taken
void forget(void);                     // empties the record
bool took(u32 cpu, u32 count, u32 first, u32 second, u32 third);
bool took_here(u32 count, u32 first, u32 second, u32 third);  // settles, looks, forgets
void on_this_cpu(void);                // interrupts come to the record
void test_commands(void);
void test_queue(void);
void test_second_cpu(void);
void test_across(void);

#endif
