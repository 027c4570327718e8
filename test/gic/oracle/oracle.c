// Runs GIC virtual CPU interface accesses on the emulator under it: ICC_* at EL1, ICH_* at EL2, in the order of the
// records at REQUESTS, and writes what every register holds after each to the file "replies".
typedef unsigned long u64;
typedef unsigned int u32;

struct request {
  u32 access;  // index of the access, as oracle.ts lists them; ~0 ends
  u32 number;  // of the list register
  u64 value;
};

#define REQUESTS ((const struct request *)0x50000000)
#define REPLIES ((u64 *)0x60000000)

#define READ(name) ({ u64 v_; __asm__ volatile("mrs %0, " name : "=r"(v_)::"memory"); v_; })
#define WRITE(name, v) __asm__ volatile("msr " name ", %0\n\tisb" ::"r"((u64)(v)) : "memory")

#define IAR0 "S3_0_C12_C8_0"
#define EOIR0 "S3_0_C12_C8_1"
#define HPPIR0 "S3_0_C12_C8_2"
#define BPR0 "S3_0_C12_C8_3"
#define AP0R0 "S3_0_C12_C8_4"
#define AP1R0 "S3_0_C12_C9_0"
#define DIR "S3_0_C12_C11_1"
#define RPR "S3_0_C12_C11_3"
#define IAR1 "S3_0_C12_C12_0"
#define EOIR1 "S3_0_C12_C12_1"
#define HPPIR1 "S3_0_C12_C12_2"
#define BPR1 "S3_0_C12_C12_3"
#define CTLR "S3_0_C12_C12_4"
#define IGRPEN0 "S3_0_C12_C12_6"
#define IGRPEN1 "S3_0_C12_C12_7"
#define PMR "S3_0_C4_C6_0"
#define ICH_AP0R0 "S3_4_C12_C8_0"
#define ICH_AP1R0 "S3_4_C12_C9_0"
#define ICH_HCR "S3_4_C12_C11_0"
#define ICH_MISR "S3_4_C12_C11_2"
#define ICH_EISR "S3_4_C12_C11_3"
#define ICH_ELRSR "S3_4_C12_C11_5"
#define ICH_VMCR "S3_4_C12_C11_7"
#define ICH_LR0 "S3_4_C12_C12_0"
#define ICH_LR1 "S3_4_C12_C12_1"
#define ICH_LR2 "S3_4_C12_C12_2"
#define ICH_LR3 "S3_4_C12_C12_3"

enum { READ_ALL = 100 };

u64 hypervisor(u64 access, u64 number, u64 value);
u64 semihosting(u64 call, void *block);

// At EL2.
u64 hypervisor_access(u64 access, u64 number, u64 value) {
  if (access == READ_ALL) {
    u64 *out = (u64 *)value;
    *out++ = READ(ICH_HCR);
    *out++ = READ(ICH_VMCR);
    *out++ = READ(ICH_MISR);
    *out++ = READ(ICH_EISR);
    *out++ = READ(ICH_ELRSR);
    *out++ = READ(ICH_LR0);
    *out++ = READ(ICH_LR1);
    *out++ = READ(ICH_LR2);
    *out++ = READ(ICH_LR3);
    return 0;
  }
  switch (access) {
    case 13:
      if (number == 0) WRITE(ICH_LR0, value);
      if (number == 1) WRITE(ICH_LR1, value);
      if (number == 2) WRITE(ICH_LR2, value);
      if (number == 3) WRITE(ICH_LR3, value);
      break;
    case 14: WRITE(ICH_HCR, value); break;
    case 15: WRITE(ICH_VMCR, value); break;
    case 16: WRITE(ICH_AP0R0, value); break;
    case 17: WRITE(ICH_AP1R0, value); break;
  }
  return 0;
}

static u64 guest_access(u32 access, u64 value) {
  switch (access) {
    case 0: return READ(IAR0);
    case 1: return READ(IAR1);
    case 2: WRITE(EOIR0, value); break;
    case 3: WRITE(EOIR1, value); break;
    case 4: WRITE(DIR, value); break;
    case 5: WRITE(PMR, value); break;
    case 6: WRITE(BPR0, value); break;
    case 7: WRITE(BPR1, value); break;
    case 8: WRITE(CTLR, value); break;
    case 9: WRITE(IGRPEN0, value); break;
    case 10: WRITE(IGRPEN1, value); break;
    case 11: WRITE(AP0R0, value); break;
    case 12: WRITE(AP1R0, value); break;
  }
  return 0;
}

void main(void) {
  u64 *out = REPLIES;
  for (const struct request *r = REQUESTS; r->access != ~0u; r++) {
    *out++ = r->access < 13 ? guest_access(r->access, r->value) : hypervisor(r->access, r->number, r->value);
    *out++ = READ("isr_el1");
    *out++ = READ(HPPIR0);
    *out++ = READ(HPPIR1);
    *out++ = READ(RPR);
    *out++ = READ(PMR);
    *out++ = READ(BPR0);
    *out++ = READ(BPR1);
    *out++ = READ(CTLR);
    *out++ = READ(IGRPEN0);
    *out++ = READ(IGRPEN1);
    *out++ = READ(AP0R0);
    *out++ = READ(AP1R0);
    hypervisor(READ_ALL, 0, (u64)out);
    out += 9;
  }
  u64 open[] = {(u64) "replies", 5, 7};
  u64 file = semihosting(0x01, open);
  u64 write[] = {file, (u64)REPLIES, (u64)out - (u64)REPLIES};
  semihosting(0x05, write);
  u64 close[] = {file};
  semihosting(0x02, close);
  u64 leave[] = {0x20026, 0};
  semihosting(0x18, leave);
}
