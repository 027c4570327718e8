// TAP version 13 on the console. Only the boot vCPU reports.
#include "runtime.h"

static u32 tests, failures;

static bool result(bool pass, const char *description) {
  tests++;
  failures += !pass;
  print("%sok %u - %s\n", pass ? "" : "not ", tests, description);
  return pass;
}

bool ok(bool pass, const char *format, ...) {
  char description[256];
  __builtin_va_list list;
  __builtin_va_start(list, format);
  format_list(description, sizeof description, format, list);
  __builtin_va_end(list);
  return result(pass, description);
}

bool ok_equal(u64 got, u64 want, const char *format, ...) {
  char description[256];
  __builtin_va_list list;
  __builtin_va_start(list, format);
  format_list(description, sizeof description, format, list);
  __builtin_va_end(list);
  if (got != want) print("# got 0x%lx, wanted 0x%lx\n", got, want);
  return result(got == want, description);
}

void skip(const char *what, const char *reason) {
  tests++;
  print("ok %u - %s # SKIP %s\n", tests, what, reason);
}

void done(void) {
  print("1..%u\n", tests);
  if (failures) print("# failed %u of %u\n", failures, tests);
  guest_exit(failures != 0);
}

void bail(const char *format, ...) {
  char reason[320];
  __builtin_va_list list;
  __builtin_va_start(list, format);
  format_list(reason, sizeof reason, format, list);
  __builtin_va_end(list);
  print("Bail out! %s\n", reason);
  guest_exit(1);
}
