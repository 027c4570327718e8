// A static Linux program without a C library: what the kernel's clocks, sleeps and timers do, in lines that a platform which knows
// true time can judge. Every time is between two reads of CNTVCT_EL0 or behind one, so that the platform can tell when it was.
//   S <round> <cntvct> <CLOCK_MONOTONIC ns> <CLOCK_REALTIME ns> <steal of /proc/stat, ticks>
//   N <cntvct before> <cntvct after> <ns asked for>     nanosleep
//   F <cntvct before> <cntvct after> <ns asked for>     timerfd
//   X <cntvct before> <cntvct after> <ns asked for>     timerfd armed before a PHASE line, read behind it
//   PHASE <n>                                           the platform migrates here
// The argument is the number of rounds in each of the three phases.
typedef unsigned long u64;
typedef long s64;

#define SYS_openat 56
#define SYS_close 57
#define SYS_read 63
#define SYS_write 64
#define SYS_timerfd_create 85
#define SYS_timerfd_settime 86
#define SYS_exit 93
#define SYS_nanosleep 101
#define SYS_clock_gettime 113
#define AT_FDCWD (-100)
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1

#define SLEEP 10000000ul
#define ACROSS 50000000ul

struct time { s64 seconds, nanoseconds; };
struct timer { struct time interval, value; };

static s64 call(s64 number, s64 a, s64 b, s64 c, s64 d) {
  register s64 x8 asm("x8") = number;
  register s64 x0 asm("x0") = a;
  register s64 x1 asm("x1") = b;
  register s64 x2 asm("x2") = c;
  register s64 x3 asm("x3") = d;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}

static u64 cntvct(void) {
  u64 value;
  asm volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(value)::"memory");
  return value;
}

static char line[256];
static u64 length;

static void text(const char *what) {
  while (*what) line[length++] = *what++;
}

static void number(u64 value) {
  char reversed[20];
  u64 count = 0;
  do {
    reversed[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  line[length++] = ' ';
  while (count) line[length++] = reversed[--count];
}

static void end_line(void) {
  line[length++] = '\n';
  call(SYS_write, 1, (s64)line, (s64)length, 0);
  length = 0;
}

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
  text("S"), number(round), number(at), number(monotonic), number(realtime), number(steal()), end_line();
}

static void waited(const char *how, u64 before, u64 asked) {
  u64 after = cntvct();
  text(how), number(before), number(after), number(asked), end_line();
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
  u64 rounds = 20;
  if (stack[0] > 1) {
    rounds = 0;
    for (const char *at = (const char *)stack[2]; *at >= '0' && *at <= '9'; at++) rounds = rounds * 10 + (u64)(*at - '0');
  }
  s64 timer = call(SYS_timerfd_create, CLOCK_MONOTONIC, 0, 0, 0);
  for (u64 round = 0; round < 3 * rounds; round++) {
    if (round && round % rounds == 0) {
      u64 before = cntvct();
      arm(timer, ACROSS);
      text("PHASE"), number(round / rounds), end_line();
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

asm(".globl _start\n_start:\n\tmov x0, sp\n\tbl begin\n");
