// System register access, barriers and the counters.
#ifndef SYSREG_H
#define SYSREG_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long u64;
typedef long s64;

#define read_sysreg(name) ({ u64 v_; asm volatile("mrs %0, " #name : "=r"(v_)::"memory"); v_; })
#define write_sysreg(name, value) asm volatile("msr " #name ", %0" ::"r"((u64)(value)) : "memory")

static inline void isb(void) { asm volatile("isb" ::: "memory"); }
static inline void dsb(void) { asm volatile("dsb sy" ::: "memory"); }
static inline void dmb_load(void) { asm volatile("dmb ishld" ::: "memory"); }
static inline void irq_on(void) { asm volatile("msr daifclr, #2" ::: "memory"); }
static inline void irq_off(void) { asm volatile("msr daifset, #2" ::: "memory"); }
static inline void wfi(void) { asm volatile("dsb sy\n\twfi" ::: "memory"); }
static inline void wfe(void) { asm volatile("wfe" ::: "memory"); }
static inline void sev(void) { asm volatile("dsb sy\n\tsev" ::: "memory"); }
static inline void cpu_yield(void) { asm volatile("yield" ::: "memory"); }

static inline u32 read32(u64 address) { return *(volatile u32 *)address; }
static inline u64 read64(u64 address) { return *(volatile u64 *)address; }
static inline void write8(u64 address, u8 value) { *(volatile u8 *)address = value; }
static inline void write32(u64 address, u32 value) { *(volatile u32 *)address = value; }
static inline void write64(u64 address, u64 value) { *(volatile u64 *)address = value; }

// The ISB before each read keeps it from being done early (Arm ARM D11.1.2).
static inline u64 cntvct(void) { isb(); return read_sysreg(cntvct_el0); }
static inline u64 cntpct(void) { isb(); return read_sysreg(cntpct_el0); }

// A loop of 2 instructions an iteration: the only measure of work that no clock can change.
static inline void delay_loop(u64 iterations) {
  if (iterations) asm volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(iterations)::"cc");
}

#endif
