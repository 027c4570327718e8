// An image that has never heard of paravirtual time and believes its counter. It shares no code with the other one.
#include "agents.h"

#define HERE __attribute__((section(".unaware.text"), noinline))

__attribute__((section(".unaware.data"))) struct unaware unaware_result = {.samples = 1};

HERE static void say(const char *text) {
  while (*text) write32(UART_BASE, (u8)*text++);
}

HERE __attribute__((used)) void unaware_main(void) {
  static const char announcement[] __attribute__((section(".unaware.rodata"))) = "AGENT unaware\n";
  struct unaware *r = &unaware_result;
  r->frequency = read_sysreg(cntfrq_el0);
  u64 previous = r->first = cntvct();
  r->samples = 20000;
  r->backward = r->biggest_backward = 0;
  for (u64 i = 0; i < r->samples; i++) {
    if (i == r->samples / 2) say(announcement);
    u64 now = cntvct();
    if (now < previous) {
      r->backward++;
      if (previous - now > r->biggest_backward) r->biggest_backward = previous - now;
    }
    previous = now;
  }
  r->last = previous;
}
