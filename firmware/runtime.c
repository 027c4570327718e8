// The runtime services: an agent beside the kernel that keeps time of its own. It knows nothing of paravirtual time; it
// learned the counter's frequency when the machine booted, as firmware does.
#include "../guests/lib/sysreg.h"

static u64 frequency = 1, base = 1;  // in .data: the stub clears nothing

void runtime_init(void) {
  frequency = read_sysreg(cntfrq_el0);
  base = cntvct();
}

// Nanoseconds since the machine booted.
u64 runtime_time(void) {
  u64 ticks = cntvct() - base;
  return ticks / frequency * 1000000000 + ticks % frequency * 1000000000 / frequency;
}

// Returns behind so many microseconds.
void runtime_stall(u64 microseconds) {
  u64 start = cntvct(), ticks = microseconds * frequency / 1000000;
  while (cntvct() - start < ticks) cpu_yield();
}
