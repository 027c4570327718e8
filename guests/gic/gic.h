// What the parts of the gic guest share: the interrupts under test and a record of what was taken.
#ifndef GIC_TEST_H
#define GIC_TEST_H

#include "../lib/runtime.h"

// SPIs that nothing on the board drives while it is idle; on both sides of the register borders at 64 and 96.
#define SPI_A 42
#define SPI_B 63
#define SPI_C 64
#define SPI_D 95

struct taken { u32 intid; u64 running_priority; bool active, pending; };

#define MAX_TAKEN 16
extern struct taken taken[MAX_TAKEN];  // in the order of the acknowledges
extern volatile u32 taken_count;
extern void (*during)(u32 intid);      // runs in the handler, before the end of interrupt
extern bool deactivate_separately;     // EOImode 1: the handler does not write DIR

void gic_test_init(void);
void settle(void);                     // lets what is deliverable be taken, then forgets nothing
void forget(void);                     // empties the record
bool took(u32 count, u32 first, u32 second, u32 third);
void test_registers(u32 lines);
void test_delivery(void);
void test_second_cpu(void);

#endif
