// wfe: the event stream of the virtual counter as a guest uses it, to wait in WFE; its rate by the RTC.
#include "../lib/runtime.h"

#define RTC_DR 0x09010000ul
#define EVNTEN (1ul << 2)
#define EVNTDIR (1ul << 3)
#define EVNTI(bit) ((u64)(bit) << 4)

static u64 period;  // ticks

// The bit whose rises are nearest to `rate` a second, not below it.
static void stream_on(u64 hz, u64 rate, bool falling) {
  u32 bit = 0;
  while (bit < 15 && hz / (4ul << bit) >= rate) bit++;
  period = 2ul << bit;
  write_sysreg(cntkctl_el1, read_sysreg(cntkctl_el1) & ~0xfcul);
  isb();
  write_sysreg(cntkctl_el1, (read_sysreg(cntkctl_el1) & ~0xfcul) | EVNTEN | EVNTI(bit) | (falling ? EVNTDIR : 0));
  isb();
}

static void stream_off(void) {
  write_sysreg(cntkctl_el1, read_sysreg(cntkctl_el1) & ~0xfcul);
  isb();
}

// Every WFE ends within a period, just behind the edge that it waits for.
static void edges(bool falling) {
  u64 late = 0, wrong_phase = 0, phase = falling ? 0 : period / 2;
  wfe();  // the event register may have been set
  for (u32 i = 0; i < 1000; i++) {
    u64 before = cntvct();
    wfe();
    u64 after = cntvct();
    late += after - before > period + period / 8;
    wrong_phase += (after - phase) % period > period / 8;
  }
  ok(late == 0, "%s edges: no WFE takes longer than a period", falling ? "falling" : "rising");
  ok(wrong_phase == 0, "%s edges: every WFE ends at one", falling ? "falling" : "rising");
}

// WFEs in the second of the RTC that begins next.
static u64 in_a_second(void) {
  u32 second = read32(RTC_DR);
  while (read32(RTC_DR) == second) wfe();
  second = read32(RTC_DR);
  u64 events = 0;
  for (; read32(RTC_DR) == second; events++) wfe();
  return events;
}

void guest_main(void) {
  if (arg_is("oracle", "qemu")) return skip("the event stream", "QEMU's WFE does not wait");
  u64 hz = read_sysreg(cntfrq_el0), tolerance = arg_number("tolerance", 10000);
  stream_on(hz, arg_number("rate", 10000), true);
  edges(true);
  stream_on(hz, arg_number("rate", 10000), false);
  edges(false);
  u64 before = in_a_second();
  print("# %lu events a second, a period of %lu ticks\n", before, period);
  ok(before * period > hz - hz / 50 && before * period < hz + hz / 50, "the rate is the counter's");
  print("READY\n");
  in_a_second();
  u64 after = in_a_second();
  print("# %lu events a second\n", after);
  s64 error = (s64)(after - before);
  if (error < 0) error = -error;
  ok((u64)error * 1000000 <= before * tolerance, "the rate is what it was");
  stream_off();
}
