// vmclock: the virtual machine clock's page, read as the ABI says, against KVM's PTP clock; the interrupt at a migration.
#include "../identity/kvm.h"
#include "../lib/edge.h"

#define PAGE 0x090d0000ul
#define INTID 42
#define NS_PER_S 1000000000ul

#define MAGIC read32(PAGE)
#define SIZE read32(PAGE + 4)
#define VERSION (*(volatile u16 *)(PAGE + 8))
#define COUNTER_ID (*(volatile u8 *)(PAGE + 10))
#define TIME_TYPE (*(volatile u8 *)(PAGE + 11))
#define SEQ_COUNT read32(PAGE + 12)
#define DISRUPTION_MARKER read64(PAGE + 16)
#define FLAGS read64(PAGE + 24)
#define CLOCK_STATUS (*(volatile u8 *)(PAGE + 34))
#define PERIOD_SHIFT (*(volatile u8 *)(PAGE + 39))
#define COUNTER_VALUE read64(PAGE + 40)
#define PERIOD read64(PAGE + 48)
#define PERIOD_MAXERROR read64(PAGE + 64)
#define TIME_SEC read64(PAGE + 72)
#define TIME_FRAC read64(PAGE + 80)
#define TIME_MAXERROR read64(PAGE + 96)

struct reading { u64 sec, frac, count, marker, maxerror; u32 seq; };

static volatile u32 interrupts;

static struct reading read_clock(void) {
  struct reading r;
  do {
    r.seq = SEQ_COUNT & ~1u;
    dmb_load();
    r.count = cntvct();
    unsigned __int128 time = (unsigned __int128)(r.count - COUNTER_VALUE) * PERIOD >> PERIOD_SHIFT;
    time += TIME_FRAC;
    r.sec = TIME_SEC + (u64)(time >> 64);
    r.frac = (u64)time;
    r.marker = DISRUPTION_MARKER;
    r.maxerror = TIME_MAXERROR;
    dmb_load();
  } while (r.seq != SEQ_COUNT);
  return r;
}

static u64 nanoseconds(struct reading r) {
  return r.sec * NS_PER_S + (u64)((unsigned __int128)r.frac * NS_PER_S >> 64);
}

static bool earlier(struct reading a, struct reading b) { return a.sec < b.sec || (a.sec == b.sec && a.frac < b.frac); }

static u64 ptp_time(void) {
  struct result r = kvm_call(KVM_PTP, 0, 0, 0);
  return r.x[0] << 32 | r.x[1];
}

static bool in_device_tree(void) {
  static const char wanted[] = "amazon,vmclock";
  u64 size = __builtin_bswap32(read32(dtb_address + 4));
  for (u64 at = 0; dtb_address && at + sizeof wanted <= size; at++) {
    u64 same = 0;
    while (same < sizeof wanted && ((const char *)dtb_address)[at + same] == wanted[same]) same++;
    if (same == sizeof wanted) return true;
  }
  return false;
}

static void count_interrupt(u32 intid) { interrupts += intid == INTID; }

static volatile bool aborted;
static bool skip_abort(struct frame *frame, u32 vector) {
  (void)vector;
  if (ESR_EC(frame->esr) != 0x25) return false;
  aborted = true;
  frame->elr += 4;
  return true;
}

void guest_main(void) {
  u64 samples = arg_number("samples", 200), work = arg_number("work", 10000);
  if (!in_device_tree()) {
    skip("vmclock", "there is no such device");
    return;
  }
  ok(MAGIC == 0x4b4c4356 && SIZE == 4096 && VERSION == 1, "magic, size and version");
  ok(COUNTER_ID == 0 && TIME_TYPE == 0 && CLOCK_STATUS == 2, "the virtual counter, in UTC, synchronized");
  ok((FLAGS & ~0x3fful) == 0 && (FLAGS & 0x2d0) == 0x2d0, "flags: both maximal errors, monotonic, notification");
  ok(PERIOD >> 63 == 1 && PERIOD_MAXERROR == 1, "the period has all its bits");
  ok((SEQ_COUNT & 1) == 0, "no update is in progress");
  on_sync = skip_abort;
  write32(PAGE + 12, 1);
  ok(aborted, "the page cannot be written");
  on_sync = 0;
  gic_enable_edge(INTID, count_interrupt);

  struct reading first = read_clock(), last = first;
  u64 backward = 0, wrong = 0, changes = 0, late = 0;
  for (u64 i = 0; i < samples; i++) {
    u64 before = ptp_time();
    struct reading r = read_clock();
    u64 after = ptp_time(), now = nanoseconds(r);
    backward += earlier(r, last);
    // A migration in between makes `before` a time of the other host, which is true time, too.
    wrong += now + r.maxerror < before || now > after + r.maxerror;
    changes += r.seq != last.seq && r.marker != last.marker;
    late += (r.seq != last.seq) != (r.marker != last.marker);
    print("V %lu %lu %u %lu\n", now, r.count, r.seq, r.marker);
    last = r;
    delay_loop(work);
    if (i + 1 == (samples + 3) / 4) print("READY\n");
  }
  print("N %u interrupts, %lu changes\n", interrupts, changes);
  ok_equal(backward, 0, "the time that the page gives never goes back");
  ok_equal(wrong, 0, "it is true time, within its error");
  ok_equal(late, 0, "the disruption marker changes with the sequence count");
  ok_equal(interrupts, changes, "an interrupt for each change");
}
