/*
 * Oracle for the exact floating-point reference: runs true A64 scalar instructions on records from stdin.
 * Record in:  u32 op, u32 format (16/32/64), u32 fpcr, u32 param, u64 a, u64 b, u64 c (little endian, 40 bytes).
 * Record out: u64 result, u32 fpsr, u32 nzcv (16 bytes). A record it does not know ends it with status 2.
 * The list of operations is the OPS table below; cases.ts numbers them the same way, in order.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every stub takes the operands in x0, x1, x2 and leaves the result in x0. */
typedef uint64_t (*stub)(uint64_t, uint64_t, uint64_t);

#define STUB(name, ...) \
  extern const char name[]; \
  __asm__(".text\n.balign 16\n" #name ":\nfmov d0, x0\nfmov d1, x1\nfmov d2, x2\n" __VA_ARGS__ "\nret\n")

/* Clearing through w or h moves makes the unused high bits of x0 zero. */
#define OUT16 "\nfmov w0, h0"
#define OUT32 "\nfmov w0, s0"
#define OUT64 "\nfmov x0, d0"

#define UNARY(op) \
  STUB(op##_16, #op " h0, h0" OUT16); \
  STUB(op##_32, #op " s0, s0" OUT32); \
  STUB(op##_64, #op " d0, d0" OUT64)
#define BINARY(op) \
  STUB(op##_16, #op " h0, h0, h1" OUT16); \
  STUB(op##_32, #op " s0, s0, s1" OUT32); \
  STUB(op##_64, #op " d0, d0, d1" OUT64)
#define COMPARE(op) \
  STUB(op##_16, #op " h0, h1"); \
  STUB(op##_32, #op " s0, s1"); \
  STUB(op##_64, #op " d0, d1")
/* Float to integer of 32 and 64 bits in a general register, and of 16 bits in a half-precision SIMD scalar. */
#define TO_INT(op) \
  STUB(op##_i16_16, #op " h0, h0" OUT16); \
  STUB(op##_i32_16, #op " w0, h0"); \
  STUB(op##_i32_32, #op " w0, s0"); \
  STUB(op##_i32_64, #op " w0, d0"); \
  STUB(op##_i64_16, #op " x0, h0"); \
  STUB(op##_i64_32, #op " x0, s0"); \
  STUB(op##_i64_64, #op " x0, d0")

BINARY(fadd); BINARY(fsub); BINARY(fmul); BINARY(fdiv); BINARY(fmin); BINARY(fmax); BINARY(fminnm); BINARY(fmaxnm);
BINARY(fmulx); BINARY(frecps); BINARY(frsqrts);
UNARY(fsqrt); UNARY(frecpe); UNARY(frsqrte); UNARY(frecpx);
UNARY(frintn); UNARY(frintp); UNARY(frintm); UNARY(frintz); UNARY(frinta); UNARY(frintx); UNARY(frinti);
COMPARE(fcmp); COMPARE(fcmpe); BINARY(fcmeq); BINARY(fcmge); BINARY(fcmgt);
/* a is the addend: fmadd computes d3 = d0 + d1 * d2. */
STUB(fmadd_16, "fmadd h0, h1, h2, h0" OUT16);
STUB(fmadd_32, "fmadd s0, s1, s2, s0" OUT32);
STUB(fmadd_64, "fmadd d0, d1, d2, d0" OUT64);
STUB(fcvt_to16_32, "fcvt h0, s0" OUT16); STUB(fcvt_to16_64, "fcvt h0, d0" OUT16);
STUB(fcvt_to32_16, "fcvt s0, h0" OUT32); STUB(fcvt_to32_64, "fcvt s0, d0" OUT32);
STUB(fcvt_to64_16, "fcvt d0, h0" OUT64); STUB(fcvt_to64_32, "fcvt d0, s0" OUT64);
STUB(fcvtxn_64, "fcvtxn s0, d0" OUT32);
TO_INT(fcvtns); TO_INT(fcvtps); TO_INT(fcvtms); TO_INT(fcvtzs); TO_INT(fcvtas);
TO_INT(fcvtnu); TO_INT(fcvtpu); TO_INT(fcvtmu); TO_INT(fcvtzu); TO_INT(fcvtau);

/* Instructions with a fraction-bits immediate: one 16-byte entry for each number of bits, from 1 up; then from 0. */
#define ENTRY_BYTES 16
#define FIXED(name, op, operands, bits, before, after) \
  extern const char name[]; \
  __asm__(".text\n.balign 16\n" #name ":\n.set frac, 0\n.rept " #bits "\n.set frac, frac + 1\n.balign 16\n" before \
          #op " " operands ", #frac\n" after "\nret\n.endr\n")
#define TO_FIXED(op) \
  FIXED(op##_fixed16_16, op, "h0, h0", 16, "fmov d0, x0\n", "fmov w0, h0"); \
  FIXED(op##_fixed32_16, op, "w0, h0", 32, "fmov d0, x0\n", ""); \
  FIXED(op##_fixed32_32, op, "w0, s0", 32, "fmov d0, x0\n", ""); \
  FIXED(op##_fixed32_64, op, "w0, d0", 32, "fmov d0, x0\n", ""); \
  FIXED(op##_fixed64_16, op, "x0, h0", 64, "fmov d0, x0\n", ""); \
  FIXED(op##_fixed64_32, op, "x0, s0", 64, "fmov d0, x0\n", ""); \
  FIXED(op##_fixed64_64, op, "x0, d0", 64, "fmov d0, x0\n", "")
#define FROM_FIXED(op) \
  FIXED(op##_fixed16_16, op, "h0, h0", 16, "fmov d0, x0\n", "fmov w0, h0"); \
  FIXED(op##_fixed32_16, op, "h0, w0", 32, "", "fmov w0, h0"); \
  FIXED(op##_fixed32_32, op, "s0, w0", 32, "", "fmov w0, s0"); \
  FIXED(op##_fixed32_64, op, "d0, w0", 32, "", "fmov x0, d0"); \
  FIXED(op##_fixed64_16, op, "h0, x0", 64, "", "fmov w0, h0"); \
  FIXED(op##_fixed64_32, op, "s0, x0", 64, "", "fmov w0, s0"); \
  FIXED(op##_fixed64_64, op, "d0, x0", 64, "", "fmov x0, d0")
#define FROM_INT(op) \
  STUB(op##_i16_16, #op " h0, h0" OUT16); \
  STUB(op##_i32_16, #op " h0, w0" OUT16); \
  STUB(op##_i32_32, #op " s0, w0" OUT32); \
  STUB(op##_i32_64, #op " d0, w0" OUT64); \
  STUB(op##_i64_16, #op " h0, x0" OUT16); \
  STUB(op##_i64_32, #op " s0, x0" OUT32); \
  STUB(op##_i64_64, #op " d0, x0" OUT64)

TO_FIXED(fcvtzs); TO_FIXED(fcvtzu);
FROM_FIXED(scvtf); FROM_FIXED(ucvtf);
FROM_INT(scvtf); FROM_INT(ucvtf);

/* Three formats in order half, single, double; `fixed` rows are tables indexed by param when param is not 0. */
typedef struct {
  const char *plain[3];
  const char *fixed[3];
  uint32_t fixed_bits;
} operation;

#define ROW(op) {{op##_16, op##_32, op##_64}, {0}, 0}
#define INT_ROWS(op) \
  {{op##_i16_16, 0, 0}, {0}, 0}, {{op##_i32_16, op##_i32_32, op##_i32_64}, {0}, 0}, \
      {{op##_i64_16, op##_i64_32, op##_i64_64}, {0}, 0}
#define FIXED_ROWS(op) \
  {{op##_i16_16, 0, 0}, {op##_fixed16_16, 0, 0}, 16}, \
      {{op##_i32_16, op##_i32_32, op##_i32_64}, {op##_fixed32_16, op##_fixed32_32, op##_fixed32_64}, 32}, \
      {{op##_i64_16, op##_i64_32, op##_i64_64}, {op##_fixed64_16, op##_fixed64_32, op##_fixed64_64}, 64}

static const operation OPS[] = {
  ROW(fadd), ROW(fsub), ROW(fmul), ROW(fdiv), ROW(fmulx), ROW(fmin), ROW(fmax), ROW(fminnm), ROW(fmaxnm),
  ROW(frecps), ROW(frsqrts), ROW(fmadd), ROW(fsqrt), ROW(frecpe), ROW(frsqrte), ROW(frecpx),
  ROW(frintn), ROW(frintp), ROW(frintm), ROW(frintz), ROW(frinta), ROW(frintx), ROW(frinti),
  ROW(fcmp), ROW(fcmpe), ROW(fcmeq), ROW(fcmge), ROW(fcmgt),
  {{0, fcvt_to16_32, fcvt_to16_64}, {0}, 0}, {{fcvt_to32_16, 0, fcvt_to32_64}, {0}, 0},
  {{fcvt_to64_16, fcvt_to64_32, 0}, {0}, 0}, {{0, 0, fcvtxn_64}, {0}, 0},
  INT_ROWS(fcvtns), INT_ROWS(fcvtps), INT_ROWS(fcvtms), INT_ROWS(fcvtas),
  INT_ROWS(fcvtnu), INT_ROWS(fcvtpu), INT_ROWS(fcvtmu), INT_ROWS(fcvtau),
  FIXED_ROWS(fcvtzs), FIXED_ROWS(fcvtzu), FIXED_ROWS(scvtf), FIXED_ROWS(ucvtf),
};
#define OP_COUNT (sizeof OPS / sizeof OPS[0])

typedef struct {
  uint32_t op, format, fpcr, param;
  uint64_t a, b, c;
} request;

typedef struct {
  uint64_t result;
  uint32_t fpsr, nzcv;
} reply;

static const char *find(const request *r) {
  if (r->op >= OP_COUNT) return 0;
  const operation *o = &OPS[r->op];
  int column = r->format == 16 ? 0 : r->format == 32 ? 1 : r->format == 64 ? 2 : -1;
  if (column < 0 || r->param > o->fixed_bits) return 0;
  if (r->param == 0) return o->plain[column];
  return o->fixed[column] ? o->fixed[column] + (r->param - 1) * ENTRY_BYTES : 0;
}

static void run(stub code, const request *r, reply *out) {
  register uint64_t x0 __asm__("x0") = r->a;
  register uint64_t x1 __asm__("x1") = r->b;
  register uint64_t x2 __asm__("x2") = r->c;
  uint64_t fpcr = r->fpcr, fpsr, nzcv;
  __asm__ volatile(
      "msr fpcr, %[fpcr]\nmsr fpsr, xzr\nblr %[code]\nmrs %[nzcv], nzcv\nmrs %[fpsr], fpsr\nmsr fpcr, xzr\n"
      : "+r"(x0), "+r"(x1), "+r"(x2), [nzcv] "=&r"(nzcv), [fpsr] "=&r"(fpsr)
      : [fpcr] "r"(fpcr), [code] "r"(code)
      : "x30", "v0", "v1", "v2", "cc", "memory");
  out->result = x0;
  out->fpsr = (uint32_t)fpsr;
  out->nzcv = (uint32_t)(nzcv >> 28);
}

#define BATCH 4096
static request requests[BATCH];
static reply replies[BATCH];

int main(void) {
  for (;;) {
    size_t count = fread(requests, sizeof(request), BATCH, stdin);
    if (count == 0) return 0;
    for (size_t i = 0; i < count; i++) {
      const char *code = find(&requests[i]);
      if (!code) {
        fprintf(stderr, "oracle: no instruction for op %u, format %u, param %u\n", requests[i].op, requests[i].format,
                requests[i].param);
        return 2;
      }
      run((stub)(uintptr_t)code, &requests[i], &replies[i]);
    }
    if (fwrite(replies, sizeof(reply), count, stdout) != count) return 3;
  }
}
