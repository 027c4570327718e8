/*
 * Oracle for the conformance test: runs A64 words on true instructions (under qemu-aarch64) from given register states.
 *
 * Request:  u32 magic, u32 count, u32 code bytes, u32 reserved; the data window; the code image; `count` blocks.
 * Reply:    `count` blocks and the data window. All little endian; the layout of a block is in state.ts.
 *
 * The word before block.pc must be MRS X30, TPIDR_EL0 (X30 is the last register to be set), and a case that ends
 * without a fault must branch to EXIT. Faults come back as the signal's number with the registers of that moment.
 */
#define _GNU_SOURCE
#include <asm/sigcontext.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define MAGIC 0x31464e43u
#define DATA 0x10000000ul
#define DATA_BYTES 0x10000ul
#define CODE 0x40000000ul
#define CODE_BYTES 0x40000ul
/* Out of reach of literal loads, in reach of B. */
#define EXIT 0x41000000ul
/* A case that loops ends with SIGALRM. */
#define HANG_SECONDS 20

typedef struct {
  uint64_t x[31], sp, pc;
  uint32_t nzcv, fpcr, fpsr, signal;
  uint64_t reserved;
  uint64_t v[64];
} block;
_Static_assert(sizeof(block) == 800 && offsetof(block, v) == 288 && offsetof(block, nzcv) == 264, "layout");

/* Used by the assembly below. */
block result __attribute__((aligned(16)));
uint64_t host[24] __attribute__((aligned(16)));

void test_enter(const block *in);
extern const char test_exit[], test_exit_end[], test_resume[];

/* All V registers from or to the block at x0. */
#define V_PAIRS(op) \
  op " q0, q1, [x0]\n" op " q2, q3, [x0, #32]\n" op " q4, q5, [x0, #64]\n" op " q6, q7, [x0, #96]\n" \
  op " q8, q9, [x0, #128]\n" op " q10, q11, [x0, #160]\n" op " q12, q13, [x0, #192]\n" op " q14, q15, [x0, #224]\n" \
  op " q16, q17, [x0, #256]\n" op " q18, q19, [x0, #288]\n" op " q20, q21, [x0, #320]\n" op " q22, q23, [x0, #352]\n" \
  op " q24, q25, [x0, #384]\n" op " q26, q27, [x0, #416]\n" op " q28, q29, [x0, #448]\n" op " q30, q31, [x0, #480]\n"
/* X0..X29 from or to the block at x30. */
#define X_PAIRS(op) \
  op " x0, x1, [x30]\n" op " x2, x3, [x30, #16]\n" op " x4, x5, [x30, #32]\n" op " x6, x7, [x30, #48]\n" \
  op " x8, x9, [x30, #64]\n" op " x10, x11, [x30, #80]\n" op " x12, x13, [x30, #96]\n" op " x14, x15, [x30, #112]\n" \
  op " x16, x17, [x30, #128]\n" op " x18, x19, [x30, #144]\n" op " x20, x21, [x30, #160]\n" \
  op " x22, x23, [x30, #176]\n" op " x24, x25, [x30, #192]\n" op " x26, x27, [x30, #208]\n" op " x28, x29, [x30, #224]\n"
/* What the procedure call standard wants kept, from or to `host` at x1. */
#define KEPT(op) \
  op " x19, x20, [x1]\n" op " x21, x22, [x1, #16]\n" op " x23, x24, [x1, #32]\n" op " x25, x26, [x1, #48]\n" \
  op " x27, x28, [x1, #64]\n" op " x29, x30, [x1, #80]\n" \
  op " d8, d9, [x1, #112]\n" op " d10, d11, [x1, #128]\n" op " d12, d13, [x1, #144]\n" op " d14, d15, [x1, #160]\n"

__asm__(
    ".text\n.balign 16\n.global test_enter, test_exit, test_exit_end, test_resume\n"
    "test_enter:\n"
    "ldr x1, =host\n" KEPT("stp") "mov x2, sp\nmrs x3, tpidr_el0\nstp x2, x3, [x1, #96]\n"
    "mov x30, x0\n"
    "ldr x0, [x30, #240]\nmsr tpidr_el0, x0\n"
    "ldr x0, [x30, #248]\nmov sp, x0\n"
    "ldr w0, [x30, #264]\nldr w1, [x30, #268]\nlsl x0, x0, #28\nmsr nzcv, x0\nmsr fpcr, x1\n"
    "ldr w0, [x30, #272]\nmsr fpsr, x0\n"
    "add x0, x30, #288\n" V_PAIRS("ldp") "clrex\n" X_PAIRS("ldp")
    "ldr x30, [x30, #256]\nsub x30, x30, #4\nbr x30\n"
    /* Copied to EXIT: nothing in it depends on where it runs. */
    ".balign 16\n"
    "test_exit:\n"
    "msr tpidr_el0, x30\nldr x30, 1f\n" X_PAIRS("stp")
    "mrs x0, tpidr_el0\nmov x1, sp\nstp x0, x1, [x30, #240]\n"
    "mrs x0, nzcv\nlsr x0, x0, #28\nmrs x1, fpcr\nstr w0, [x30, #264]\nstr w1, [x30, #268]\n"
    "mrs x0, fpsr\nstr w0, [x30, #272]\n"
    "add x0, x30, #288\n" V_PAIRS("stp")
    "ldr x0, 2f\nbr x0\n"
    ".balign 8\n1: .xword result\n2: .xword test_resume\n"
    "test_exit_end:\n"
    "test_resume:\n"
    "ldr x1, =host\n" KEPT("ldp") "ldp x2, x3, [x1, #96]\nmov sp, x2\nmsr tpidr_el0, x3\n"
    "msr fpcr, xzr\nmsr fpsr, xzr\nret\n"
    ".ltorg\n");

/* No libc here: TPIDR_EL0 is X30 of the case. */
static void on_signal(int number, siginfo_t *info, void *context) {
  mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
  (void)info;
  if (number == SIGALRM && (m->pc < CODE || m->pc >= CODE + CODE_BYTES)) return;
  for (int i = 0; i < 31; i++) result.x[i] = m->regs[i];
  result.sp = m->sp;
  result.pc = m->pc;
  result.nzcv = (uint32_t)(m->pstate >> 28) & 15;
  const struct fpsimd_context *f = (const struct fpsimd_context *)m->__reserved;
  if (f->head.magic == FPSIMD_MAGIC) {
    result.fpcr = f->fpcr;
    result.fpsr = f->fpsr;
    for (int i = 0; i < 32; i++) {
      result.v[2 * i] = (uint64_t)f->vregs[i];
      result.v[2 * i + 1] = (uint64_t)(f->vregs[i] >> 64);
    }
  }
  result.signal = (uint32_t)number;
  m->pc = (uint64_t)(uintptr_t)test_resume;
}

static void *map_at(uintptr_t address, size_t bytes) {
  void *at = mmap((void *)address, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return at == (void *)address ? at : NULL;
}

static int get(void *to, size_t bytes) { return fread(to, 1, bytes, stdin) == bytes; }
static int put(const void *from, size_t bytes) { return fwrite(from, 1, bytes, stdout) == bytes; }

#define MOST_BLOCKS 8192
static block blocks[MOST_BLOCKS];
static uint8_t stack[65536] __attribute__((aligned(16)));

static int serve(void) {
  uint32_t header[4];
  while (get(header, sizeof header)) {
    uint32_t count = header[1], code = header[2];
    if (header[0] != MAGIC || count > MOST_BLOCKS || code > CODE_BYTES) return 2;
    if (mprotect((void *)CODE, CODE_BYTES, PROT_READ | PROT_WRITE)) return 3;
    if (!get((void *)DATA, DATA_BYTES) || !get((void *)CODE, code) || !get(blocks, count * sizeof(block))) return 4;
    if (mprotect((void *)CODE, CODE_BYTES, PROT_READ | PROT_EXEC)) return 3;
    __builtin___clear_cache((char *)CODE, (char *)CODE + code);
    for (uint32_t i = 0; i < count; i++) {
      struct itimerval limit = {{HANG_SECONDS, 0}, {HANG_SECONDS, 0}};
      if (i % 64 == 0) setitimer(ITIMER_REAL, &limit, NULL);
      result.pc = blocks[i].pc;
      result.signal = 0;
      test_enter(&blocks[i]);
      blocks[i] = result;
    }
    if (!put(blocks, count * sizeof(block)) || !put((void *)DATA, DATA_BYTES) || fflush(stdout)) return 4;
  }
  return 0;
}

int main(void) {
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  if (sigaltstack(&alternate, NULL)) return 3;
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  sigfillset(&action.sa_mask);
  const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE, SIGALRM};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    if (sigaction(signals[i], &action, NULL)) return 3;
  }
  void *exit_page = map_at(EXIT, 4096);
  if (!exit_page || !map_at(CODE, CODE_BYTES) || !map_at(DATA, DATA_BYTES)) return 3;
  memcpy(exit_page, test_exit, (size_t)(test_exit_end - test_exit));
  if (mprotect(exit_page, 4096, PROT_READ | PROT_EXEC)) return 3;
  return serve();
}
