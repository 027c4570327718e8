// rtc: does the counter agree with the PL031, second by second, and over a migration?
#include "../lib/runtime.h"

#define RTC_BASE 0x09010000ul
#define RTC_DR (RTC_BASE + 0x00)
#define RTC_MR (RTC_BASE + 0x04)
#define RTC_IMSC (RTC_BASE + 0x10)
#define RTC_ICR (RTC_BASE + 0x1c)
#define RTC_INTID 34

static volatile u64 matches, match_count, match_seconds;
static bool announce;

static void handle(u32 intid) {
  if (intid != RTC_INTID) bail("interrupt %u is not the RTC's", intid);
  match_count = cntvct();
  match_seconds = read32(RTC_DR);
  write32(RTC_ICR, 1);
  if (announce) print("IN HANDLER\n");
  matches++;
}

// Sleeps until the RTC begins another second.
static void next_second(void) {
  u64 seen = matches;
  irq_off();
  write32(RTC_MR, read32(RTC_DR) + 1);
  while (matches == seen) {
    wfi();
    irq_on();
    isb();
    irq_off();
  }
  irq_on();
}

// Whether `ticks` are `seconds` of `hz`, within the tolerance in ppm.
static bool agrees(u64 ticks, u64 seconds, u64 hz, u64 tolerance) {
  s64 error = (s64)(ticks - seconds * hz);
  if (error < 0) error = -error;
  return (u64)error * 1000 <= seconds * hz / 1000 * tolerance;
}

void guest_main(void) {
  // hz=: what a guest believes whose frequency was fixed when it was compiled.
  u64 hz = arg_number("hz", read_sysreg(cntfrq_el0)), seconds = arg_number("seconds", 6);
  u64 tolerance = arg_number("tolerance", 1000);
  announce = arg_is("in-handler", "1");
  gic_init();
  on_interrupt = handle;
  write64(GICD_IROUTER(RTC_INTID), read_sysreg(mpidr_el1) & MPIDR_AFFINITY);
  write32(RTC_ICR, 1);
  write32(RTC_IMSC, 1);
  gic_set(RTC_INTID, GIC_ISENABLER);
  irq_on();
  next_second();
  u64 first_count = match_count, first_seconds = match_seconds, count = first_count, second = first_seconds, wrong = 0;
  for (u64 i = 1; i <= seconds; i++) {
    next_second();
    u64 ticks = match_count - count, passed = match_seconds - second;
    bool good = agrees(ticks, passed, hz, tolerance);
    wrong += !good;
    print("C %lu %lu %lu%s\n", match_seconds, match_count, read_sysreg(cntfrq_el0), good ? "" : " differs");
    count = match_count;
    second = match_seconds;
    if (i == (seconds + 1) / 2) print("READY\n");
  }
  ok(wrong == 0, "every second of the RTC is %lu ticks of the counter", hz);
  ok(agrees(count - first_count, second - first_seconds, hz, tolerance), "so are all together");
  ok(second - first_seconds >= seconds, "the RTC goes forward");
  write32(RTC_IMSC, 0);
}
