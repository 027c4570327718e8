// ptp: KVM's PTP hypercall: true UTC paired with a counter, held against the counters that the guest reads itself.
#include "../identity/kvm.h"

#define RTC_DR 0x09010000ul

struct pair { u64 utc, count; };

static struct pair ptp(u64 counter) {
  struct result r = kvm_call(KVM_PTP, counter, 0, 0);
  return (struct pair){r.x[0] << 32 | r.x[1], r.x[2] << 32 | r.x[3]};
}

// Whether the pair's count is between two reads of the same counter around the call.
static bool between(u64 counter, struct pair *pair) {
  u64 before = counter ? cntpct() : cntvct();
  *pair = ptp(counter);
  u64 after = counter ? cntpct() : cntvct();
  return before <= pair->count && pair->count <= after;
}

void guest_main(void) {
  u64 samples = arg_number("samples", 200), work = arg_number("work", 10000);
  struct result features = kvm_call(KVM_FEATURES, 0, 0, 0);
  if (!kvm_present() || !(features.x[0] & 2)) {
    skip("KVM_PTP", "the hypervisor does not offer it");
    return;
  }
  u64 calls = 0, backward = 0, strange = 0, off = 0;
  struct pair first = ptp(0), last = first;
  for (u64 i = 0; i < samples; i++) {
    struct pair virtual, physical;
    bool good = between(0, &virtual);
    calls += between(1, &physical) && good;
    backward += virtual.utc < last.utc || virtual.count < last.count || physical.utc < virtual.utc;
    u64 seconds = read32(RTC_DR), now = ptp(0).utc;
    off += !(seconds <= now / 1000000000 && now / 1000000000 <= seconds + 1);
    print("P %lu %lu %lu %lu\n", virtual.utc, virtual.count, physical.utc, physical.count);
    last = virtual;
    delay_loop(work);
    if (i + 1 == (samples + 3) / 4) print("READY\n");
  }
  for (u64 wrong = 2; wrong < 5; wrong++) strange += kvm_call(KVM_PTP, wrong, 0, 0).x[0] != (u64)-1;
  ok_equal(calls, samples, "each count is of the call's own instant, on both counters");
  ok_equal(backward, 0, "neither time nor counter goes back");
  ok_equal(off, 0, "the RTC's second is that of the clock");
  ok_equal(strange, 0, "another counter is NOT_SUPPORTED");
}
