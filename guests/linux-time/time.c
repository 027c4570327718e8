// A static Linux program without a C library: what the kernel's clocks, sleeps and timers do, in lines that a platform which knows
// true time can judge. Every time is between two reads of CNTVCT_EL0 or behind one, so that the platform can tell when it was.
//   S <round> <cntvct> <CLOCK_MONOTONIC ns> <CLOCK_REALTIME ns> <steal of /proc/stat, ticks>
//   N <cntvct before> <cntvct after> <ns asked for>     nanosleep
//   F <cntvct before> <cntvct after> <ns asked for>     timerfd
//   X <cntvct before> <cntvct after> <ns asked for>     timerfd armed before a PHASE line, read behind it
//   PHASE <n>                                           the platform migrates here
// The argument is the number of rounds in each of the three phases.
#include "../lib/linux.h"

#define SYS_close 57
#define SYS_read 63
#define SYS_timerfd_create 85
#define SYS_timerfd_settime 86
#define CLOCK_MONOTONIC 1

#define SLEEP 10000000ul
#define ACROSS 50000000ul

struct timer { struct time interval, value; };

static void field(u64 value) { text(" "), number(value, 1); }

static u64 clock_ns(s64 clock) {
  struct time time = {0, 0};
  call(SYS_clock_gettime, clock, (s64)&time, 0, 0);
  return (u64)time.seconds * 1000000000 + (u64)time.nanoseconds;
}

// The eighth number of the first line of /proc/stat.
static u64 steal(void) {
  static char stat[256];
  s64 file = call(SYS_openat, AT_FDCWD, (s64) "/proc/stat", 0, 0);
  s64 got = file < 0 ? 0 : call(SYS_read, file, (s64)stat, sizeof stat, 0);
  if (file >= 0) call(SYS_close, file, 0, 0, 0);
  u64 fields = 0, value = 0;
  for (s64 i = 0, inside = 0; i < got && stat[i] != '\n'; i++) {
    s64 digit = stat[i] >= '0' && stat[i] <= '9';
    if (digit && !inside) fields++, value = 0;
    if (digit) value = value * 10 + (u64)(stat[i] - '0');
    if (!digit && inside && fields == 8) break;
    inside = digit;
  }
  return value;
}

static void sample(u64 round) {
  u64 at = cntvct(), monotonic = clock_ns(CLOCK_MONOTONIC), realtime = clock_ns(CLOCK_REALTIME);
  text("S"), field(round), field(at), field(monotonic), field(realtime), field(steal()), end_line();
}

static void waited(const char *how, u64 before, u64 asked) {
  u64 after = cntvct();
  text(how), field(before), field(after), field(asked), end_line();
}

static void sleep_once(void) {
  struct time pause = {0, SLEEP};
  u64 before = cntvct();
  call(SYS_nanosleep, (s64)&pause, 0, 0, 0);
  waited("N", before, SLEEP);
}

static void arm(s64 timer, u64 ns) {
  struct timer setting = {{0, 0}, {0, (s64)ns}};
  call(SYS_timerfd_settime, timer, 0, (s64)&setting, 0);
}

static void await(s64 timer) {
  u64 expirations;
  call(SYS_read, timer, (s64)&expirations, sizeof expirations, 0);
}

__attribute__((used, noreturn)) void begin(u64 *stack) {
  u64 rounds = argument(stack, 20);
  s64 timer = call(SYS_timerfd_create, CLOCK_MONOTONIC, 0, 0, 0);
  for (u64 round = 0; round < 3 * rounds; round++) {
    if (round && round % rounds == 0) {
      u64 before = cntvct();
      arm(timer, ACROSS);
      text("PHASE"), field(round / rounds), end_line();
      await(timer);
      waited("X", before, ACROSS);
    }
    sample(round);
    sleep_once();
    u64 before = cntvct();
    arm(timer, SLEEP);
    await(timer);
    waited("F", before, SLEEP);
  }
  sample(3 * rounds);
  text("END"), end_line();
  call(SYS_exit, 0, 0, 0, 0);
  for (;;) {}
}
