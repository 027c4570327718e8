/*
 * Oracle for single instructions on registers and a window of memory: runs each word of stdin's records for true.
 * A record, in and out alike, is `struct record` (little endian). Words must not name x29 or x30, nor branch.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define WINDOW_ADDRESS 0x10008000UL
#define WINDOW_BYTES 256
#define SLOTS 4096

struct record {
  uint32_t word; /* out: 1 where it raised SIGILL, else 0 */
  uint32_t fpsr;
  uint64_t x[31];
  uint64_t sp;
  uint64_t v[64];
  uint8_t window[WINDOW_BYTES];
};

/* Registers from and to *r around a call of code; x29 and x30 are the trampoline's own. */
void trampoline(struct record *r, void *code);
uint64_t host_sp;
__asm__(
    ".text\n"
    ".global trampoline\n"
    "trampoline:\n"
    "  stp x29, x30, [sp, #-160]!\n"
    "  stp x19, x20, [sp, #16]\n  stp x21, x22, [sp, #32]\n  stp x23, x24, [sp, #48]\n"
    "  stp x25, x26, [sp, #64]\n  stp x27, x28, [sp, #80]\n"
    "  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
    "  adrp x2, host_sp\n  mov x3, sp\n  str x3, [x2, #:lo12:host_sp]\n"
    "  mov x29, x0\n  mov x30, x1\n"
    "  ldr w2, [x29, #4]\n  msr fpsr, x2\n"
    "  ldr x2, [x29, #256]\n  mov sp, x2\n"
    "  add x2, x29, #264\n"
    ".altmacro\n"
    ".set i, 0\n.rept 32\n  .irp n, %i\n  ldr q\\n, [x2], #16\n  .endr\n  .set i, i + 1\n.endr\n"
    ".set i, 0\n.rept 29\n  .irp n, %i\n  ldr x\\n, [x29, #(8 + 8 * \\n)]\n  .endr\n  .set i, i + 1\n.endr\n"
    "  blr x30\n"
    ".set i, 0\n.rept 29\n  .irp n, %i\n  str x\\n, [x29, #(8 + 8 * \\n)]\n  .endr\n  .set i, i + 1\n.endr\n"
    "  mov x2, sp\n  str x2, [x29, #256]\n"
    "  adrp x2, host_sp\n  ldr x3, [x2, #:lo12:host_sp]\n  mov sp, x3\n"
    "  mrs x2, fpsr\n  str w2, [x29, #4]\n"
    "  add x2, x29, #264\n"
    ".set i, 0\n.rept 32\n  .irp n, %i\n  str q\\n, [x2], #16\n  .endr\n  .set i, i + 1\n.endr\n"
    "  ldp x19, x20, [sp, #16]\n  ldp x21, x22, [sp, #32]\n  ldp x23, x24, [sp, #48]\n"
    "  ldp x25, x26, [sp, #64]\n  ldp x27, x28, [sp, #80]\n"
    "  ldp d8, d9, [sp, #96]\n  ldp d10, d11, [sp, #112]\n  ldp d12, d13, [sp, #128]\n  ldp d14, d15, [sp, #144]\n"
    "  ldp x29, x30, [sp], #160\n"
    "  ret\n");

static volatile int illegal;

static void on_illegal(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)info;
  ucontext_t *u = context;
  illegal = 1;
  u->uc_mcontext.pc = u->uc_mcontext.regs[30];
}

static void *map(void *at, size_t bytes, int protection) {
  void *p = mmap(at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);
  if (p == MAP_FAILED || (at && p != at)) {
    perror("mmap");
    exit(1);
  }
  return p;
}

int main(void) {
  static struct record records[SLOTS];
  static char signal_stack[65536];
  uint8_t *window = map((void *)WINDOW_ADDRESS, 4096, PROT_READ | PROT_WRITE);
  uint32_t *code = map(NULL, SLOTS * 8, PROT_READ | PROT_WRITE | PROT_EXEC);
  stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  struct sigaction action = {.sa_sigaction = on_illegal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  if (sigaltstack(&stack, NULL) || sigaction(SIGILL, &action, NULL)) {
    perror("signals");
    return 1;
  }
  size_t count;
  while ((count = fread(records, sizeof *records, SLOTS, stdin)) > 0) {
    for (size_t i = 0; i < count; i++) {
      code[2 * i] = records[i].word;
      code[2 * i + 1] = 0xd65f03c0; /* ret */
    }
    __builtin___clear_cache((char *)code, (char *)(code + 2 * count));
    for (size_t i = 0; i < count; i++) {
      struct record *r = &records[i];
      memcpy(window, r->window, WINDOW_BYTES);
      illegal = 0;
      trampoline(r, code + 2 * i);
      memcpy(r->window, window, WINDOW_BYTES);
      r->word = (uint32_t)illegal;
    }
    if (fwrite(records, sizeof *records, count, stdout) != count) return 1;
  }
  return 0;
}
