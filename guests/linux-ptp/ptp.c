// A static Linux program without a C library: reads every PTP clock and CLOCK_REALTIME between two reads of CNTVCT_EL0.
// A line is `C <clock> <cntvct before> <seconds>.<nanoseconds> <cntvct after>`; an argument says how many rounds.
typedef unsigned long u64;
typedef long s64;

#define SYS_ioctl 29
#define SYS_openat 56
#define SYS_write 64
#define SYS_exit 93
#define SYS_nanosleep 101
#define SYS_clock_gettime 113
#define AT_FDCWD (-100)
#define CLOCK_REALTIME 0
// A dynamic clock by its file descriptor (clock_gettime(2)).
#define FD_TO_CLOCK(fd) (~(s64)(fd) << 3 | 3)

struct time { s64 seconds, nanoseconds; };

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

static void number(u64 value, u64 digits) {
  char reversed[20];
  u64 count = 0;
  do {
    reversed[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value || count < digits);
  while (count) line[length++] = reversed[--count];
}

static void end_line(void) {
  line[length++] = '\n';
  call(SYS_write, 1, (s64)line, (s64)length, 0);
  length = 0;
}

static void show(const char *name, s64 clock) {
  struct time time;
  u64 before = cntvct();
  s64 error = call(SYS_clock_gettime, clock, (s64)&time, 0, 0);
  u64 after = cntvct();
  text("C "), text(name), text(" ");
  if (error) {
    text("error "), number((u64)-error, 1);
  } else {
    number(before, 1), text(" "), number((u64)time.seconds, 1), text("."), number((u64)time.nanoseconds, 9);
    text(" "), number(after, 1);
  }
  end_line();
}

__attribute__((used, noreturn)) void begin(u64 *stack) {
  u64 rounds = 1;
  if (stack[0] > 1) {
    rounds = 0;
    for (const char *at = (const char *)stack[2]; *at >= '0' && *at <= '9'; at++) rounds = rounds * 10 + (u64)(*at - '0');
  }
  char path[] = "/dev/ptp0";
  s64 files[4];
  u64 count = 0;
  for (; count < 4; count++) {
    path[8] = (char)('0' + count);
    files[count] = call(SYS_openat, AT_FDCWD, (s64)path, 0, 0);
    if (files[count] < 0) break;
  }
  text("clocks "), number(count, 1), end_line();
  for (u64 i = 0; i < rounds; i++) {
    char name[] = "ptp0";
    for (u64 n = 0; n < count; n++) {
      name[3] = (char)('0' + n);
      show(name, FD_TO_CLOCK(files[n]));
    }
    show("realtime", CLOCK_REALTIME);
    struct time pause = {0, 20000000};
    call(SYS_nanosleep, (s64)&pause, 0, 0, 0);
  }
  call(SYS_exit, 0, 0, 0, 0);
  for (;;) {}
}

asm(".globl _start\n_start:\n\tmov x0, sp\n\tbl begin\n");
