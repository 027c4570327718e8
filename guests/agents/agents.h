// What the parts of `agents` share.
#ifndef AGENTS_H
#define AGENTS_H

#include "../clock/lpt.h"

// The firmware's table of services (firmware/stub.S).
#define FIRMWARE_TABLE 0x40c00008ul
#define FIRMWARE_MAGIC 0x3130545257465643ul  // "CVFWRT01"
struct firmware {
  u64 magic;
  u64 (*time)(void);           // ns since the machine booted
  void (*stall)(u64 microseconds);
};

// What the unaware image (unaware.S, unaware.c) leaves behind for the one that follows it.
struct unaware {
  u64 samples, backward, biggest_backward, first, last, frequency;
};
extern struct unaware unaware_result;
__attribute__((noreturn)) void enter_unaware(u64 dtb);  // never returns: _start follows

u64 kernel_time(void);         // ns by LPT where there is one, else by the counter
void beside_firmware(void);
void kexec(void);
void late(void);

#endif
