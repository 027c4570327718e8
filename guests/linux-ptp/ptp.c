// A static Linux program without a C library: reads every PTP clock and CLOCK_REALTIME between two reads of CNTVCT_EL0.
// A line is `C <clock> <cntvct before> <seconds>.<nanoseconds> <cntvct after>`; an argument says how many rounds.
#include "../lib/linux.h"

// A dynamic clock by its file descriptor (clock_gettime(2)).
#define FD_TO_CLOCK(fd) (~(s64)(fd) << 3 | 3)

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
  u64 rounds = argument(stack, 1);
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
