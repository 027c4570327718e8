/*
 * Oracle for single instructions: runs given words on given registers under the processor that runs this program.
 * Record in:  u32 word, u32 fpcr, u32 fpsr, u32 nzcv, u64 x[8], u64 v[64] (little endian, 592 bytes).
 * Record out: u32 fpsr, u32 nzcv, u64 x[8], u64 v[64] (584 bytes).
 * Only X0..X7 hold values; an instruction that names another general register but XZR spoils the run.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct {
  uint32_t word, fpcr, fpsr, nzcv;
  uint64_t x[8], v[64];
} request;

typedef struct {
  uint32_t fpsr, nzcv;
  uint64_t x[8], v[64];
} reply;

#define BATCH 2048
static request requests[BATCH];
static reply replies[BATCH];

/* run(request, reply, code): x19 request, x20 reply, x21 code; all else as the records say. */
void run(const request *in, reply *out, const void *code);
__asm__(
    ".text\n.globl run\nrun:\n"
    "stp x29, x30, [sp, #-112]!\nstp x19, x20, [sp, #16]\nstr x21, [sp, #32]\n"
    "stp d8, d9, [sp, #48]\nstp d10, d11, [sp, #64]\nstp d12, d13, [sp, #80]\nstp d14, d15, [sp, #96]\n"
    "mov x19, x0\nmov x20, x1\nmov x21, x2\n"
    "add x9, x19, #80\n"
    ".irp a,0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n.set at, \\a * 16\n"
    "ldr q\\a, [x9, #at]\n.endr\n"
    ".irp a,1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n.set at, \\a * 16\n"
    "ldr q\\a, [x9, #at]\n.endr\n"
    "ldp w9, w10, [x19, #4]\nldr w11, [x19, #12]\nlsl x11, x11, #28\n"
    "ldp x0, x1, [x19, #16]\nldp x2, x3, [x19, #32]\nldp x4, x5, [x19, #48]\nldp x6, x7, [x19, #64]\n"
    "msr nzcv, x11\nmsr fpcr, x9\nmsr fpsr, x10\n"
    "blr x21\n"
    "mrs x9, fpsr\nmrs x10, nzcv\nmsr fpcr, xzr\nlsr x10, x10, #28\n"
    "stp w9, w10, [x20]\n"
    "stp x0, x1, [x20, #8]\nstp x2, x3, [x20, #24]\nstp x4, x5, [x20, #40]\nstp x6, x7, [x20, #56]\n"
    "add x9, x20, #72\n"
    ".irp a,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    ".set at, \\a * 16\nstr q\\a, [x9, #at]\n.endr\n"
    "ldp x19, x20, [sp, #16]\nldr x21, [sp, #32]\n"
    "ldp d8, d9, [sp, #48]\nldp d10, d11, [sp, #64]\nldp d12, d13, [sp, #80]\nldp d14, d15, [sp, #96]\n"
    "ldp x29, x30, [sp], #112\nret\n");

int main(void) {
  size_t bytes = BATCH * 8;
  uint32_t *code = mmap(0, bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return 4;
  for (;;) {
    size_t count = fread(requests, sizeof(request), BATCH, stdin);
    if (count == 0) return 0;
    /* One copy of equal words in a row: code is translated once. */
    size_t slots = 0;
    static size_t slot[BATCH];
    for (size_t i = 0; i < count; i++) {
      if (i == 0 || requests[i].word != requests[i - 1].word) {
        code[slots * 2] = requests[i].word;
        code[slots * 2 + 1] = 0xd65f03c0;
        slots++;
      }
      slot[i] = slots - 1;
    }
    __builtin___clear_cache((char *)code, (char *)code + bytes);
    for (size_t i = 0; i < count; i++) run(&requests[i], &replies[i], code + slot[i] * 2);
    if (fwrite(replies, sizeof(reply), count, stdout) != count) return 3;
  }
}
