// Starting vCPUs, giving them work, and locks.
#include "runtime.h"

#define LONG_WHILE 200000000ul  // spins: minutes for a guest that is stuck, never reached by one that works

struct cpu cpus[MAX_CPUS];

__attribute__((noreturn)) void secondary_boot(u64 context, u64 sctlr, u64 daif) {
  struct cpu *self = &cpus[cpu_index()];
  self->context = context;
  self->sctlr = sctlr;
  self->daif = daif;
  self->current_el = read_sysreg(CurrentEL) >> 2;
  self->mpidr = read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
  dsb();
  self->starts++;
  sev();
  for (;;) {
    while (!self->work) wfe();
    dsb();
    self->work(self->argument);
    dsb();
    self->work = 0;
    sev();
  }
}

s64 cpu_on(u32 index, u32 cookie) {
  extern u8 secondary_start[];
  u32 starts = cpus[index].starts;
  cpus[index].work = 0;
  dsb();
  s64 status = smccc(PSCI_CPU_ON, cpu_mpidr[index], (u64)secondary_start, (u64)cookie << 32 | index);
  if (status == 0 && !wait_until_equal(&cpus[index].starts, starts + 1)) bail("vCPU %u does not start", index);
  return status;
}

void cpu_post(u32 index, void (*work)(u64), u64 argument) {
  cpus[index].argument = argument;
  dsb();
  cpus[index].work = work;
  sev();
}

bool cpu_wait(u32 index) {
  for (u64 spins = 0; spins < LONG_WHILE; spins++) {
    if (!cpus[index].work) {
      dsb();
      return true;
    }
    cpu_yield();
  }
  return false;
}

bool wait_until_equal(volatile u32 *value, u32 wanted) {
  for (u64 spins = 0; spins < LONG_WHILE; spins++) {
    if (*value == wanted) {
      dsb();
      return true;
    }
    cpu_yield();
  }
  return false;
}

void lock(struct lock *l) {
  u32 value, failed;
  asm volatile(
      "1: ldaxr %w0, [%2]\n\t"
      "cbnz %w0, 2f\n\t"
      "stxr %w1, %w3, [%2]\n\t"
      "cbz %w1, 3f\n\t"
      "2: yield\n\t"
      "b 1b\n\t"
      "3:"
      : "=&r"(value), "=&r"(failed)
      : "r"(&l->held), "r"(1)
      : "memory");
}

void unlock(struct lock *l) { asm volatile("stlr wzr, [%0]" ::"r"(&l->held) : "memory"); }
