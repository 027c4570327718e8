// agents: several that keep time in one machine: a kernel that knows LPT, firmware beside it that does not, a second image
// that a kexec leads to, and a kernel that asks for LPT late.
#include "agents.h"

static bool aware;
static u64 frequency;

static u64 ns(u64 ticks, u64 hz) { return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz; }

u64 kernel_time(void) { return aware ? ns(lpt_read().pv, lpt_pv_frequency()) : ns(cntvct(), frequency); }

// ---- firmware beside the kernel

#define FIRMWARE ((const struct firmware *)FIRMWARE_TABLE)

struct clocks { u64 kernel, firmware; };

static struct clocks both(void) {
  struct clocks now = {kernel_time(), FIRMWARE->time()};
  return now;
}

static u64 distance(u64 a, u64 b) { return a < b ? b - a : a - b; }

// Both clocks over some work: how far they are apart at its end, and whether either goes back.
static void compare(const char *when, struct clocks *origin) {
  struct clocks previous = *origin;
  u64 kernel_back = 0, firmware_back = 0;
  for (u32 i = 0; i < 200; i++) {
    delay_loop(5000);
    struct clocks now = both();
    kernel_back += now.kernel < previous.kernel;
    firmware_back += now.firmware < previous.firmware;
    previous = now;
  }
  u64 apart = distance(previous.kernel - origin->kernel, previous.firmware - origin->firmware);
  print("# %s: %lu ns by the kernel, %ld ns by the firmware\n", when, previous.kernel - origin->kernel,
        (s64)(previous.firmware - origin->firmware));
  ok(kernel_back == 0, "%s: the kernel's clock does not go back", when);
  ok(firmware_back == 0, "%s: the firmware's clock does not go back", when);
  ok(apart < 20000, "%s: the firmware's clock agrees with the kernel's", when);
}

static void stall(const char *when) {
  u64 start = kernel_time();
  FIRMWARE->stall(500);
  u64 took = kernel_time() - start;
  ok(took >= 500000 && took < 550000, "%s: the firmware's stall of 500 us takes that long", when);
}

void beside_firmware(void) {
  struct clocks origin = both();
  compare("before", &origin);
  stall("before");
  print("READY\n");
  compare("after", &origin);
  stall("after");
}

// ---- aware, then unaware, then aware again

enum { HOLD = 500000 };  // iterations

// In .data: what it says is kept when the image starts anew.
static struct {
  u64 generation, last, work, sequence;
} kept = {.last = 1};

static u64 hold(void) {
  u64 start = kernel_time();
  delay_loop(HOLD);
  return kernel_time() - start;
}

void kexec(void) {
  if (kept.generation++ == 0) {
    kept.work = hold();
    print("AGENT aware\n");
    delay_loop(HOLD);
    kept.sequence = aware ? lpt_sequence() : 0;
    kept.last = kernel_time();
    enter_unaware(dtb_address);
  }
  const struct unaware *r = &unaware_result;
  u64 now = kernel_time();
  ok(now > kept.last, "the kernel's clock goes on over two kexecs");
  print("# unaware: %ld ticks of %lu Hz, %lu steps back, the biggest of %lu\n", (s64)(r->last - r->first), r->frequency,
        r->backward, r->biggest_backward);
  ok(r->backward == 0, "the unaware image's counter does not go back");
  print("AGENT aware again\n");
  delay_loop(HOLD);
  u64 work = hold();
  ok(distance(work, kept.work) * 1000 < kept.work, "the kernel's clock has its first rate");
  if (aware) print("# sequence %lu -> %lu\n", kept.sequence, lpt_sequence());
}

// ---- LPT asked for behind the first migration

void late(void) {
  aware = false;
  u64 before = cntvct();
  print("AGENT early\n");
  delay_loop(HOLD);
  ok(lpt_find(), "LPT is offered late, too");
  aware = true;
  lpt_check();
  ok_equal(lpt_sequence(), arg_number("sequence", 4), "the sequence number counts the runs before");
  u64 work = hold();
  print("AGENT late\n");
  delay_loop(HOLD);
  u64 again = hold();
  ok(distance(work, again) * 1000 < work, "the PV counter's rate is constant from then on");
  print("# native %lu -> %lu\n", before, cntvct());
}

void guest_main(void) {
  if (FIRMWARE->magic != FIRMWARE_MAGIC) bail("no firmware table at %lx", FIRMWARE_TABLE);
  frequency = read_sysreg(cntfrq_el0);
  aware = arg_is("lpt", "on") && lpt_find();
  print("# the kernel is %s\n", aware ? "aware" : "unaware");
  if (arg_is("mode", "kexec")) kexec();
  else if (arg_is("mode", "late")) late();
  else beside_firmware();
}
