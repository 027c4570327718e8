// hello: does the platform boot a guest as the boot protocol says, and do the basics of the runtime work?
#include "../lib/runtime.h"

static u32 zeroed[1024];
static u32 initialised = 0x12345678;
static volatile u64 breakpoint_esr;

static bool skip_breakpoint(struct frame *frame, u32 vector) {
  (void)vector;
  if (ESR_EC(frame->esr) != 0x3c) return false;  // BRK
  breakpoint_esr = frame->esr;
  frame->elr += 4;
  return true;
}

static bool formats(void) {
  char text[64];
  format_to(text, sizeof text, "%d %05u %lx %s", -7, 42u, 0xfedcba9876543210ul, "z");
  const char *want = "-7 00042 fedcba9876543210 z";
  for (u32 i = 0;; i++) {
    if (text[i] != want[i]) return false;
    if (!want[i]) return true;
  }
}

void guest_main(void) {
  u64 el = read_sysreg(CurrentEL) >> 2 & 3, midr = read_sysreg(midr_el1), frequency = read_sysreg(cntfrq_el0);
  print("hello from EL%lu\n", el);
  print("# MIDR_EL1 0x%lx\n# MPIDR_EL1 0x%lx\n# CNTFRQ_EL0 %lu\n", midr, read_sysreg(mpidr_el1), frequency);
  print("# device tree at 0x%lx, %u vCPU(s), PSCI by %s\n", dtb_address, cpu_count, conduit_is_smc ? "SMC" : "HVC");
  print("# bootargs \"%s\"\n", bootargs);

  ok_equal(el, 1, "entered at EL1");
  ok(dtb_address != 0, "found the device tree");
  ok_equal(midr >> 16 & 0xf, 0xf, "MIDR_EL1.Architecture: features are in the ID registers");
  ok(frequency != 0 && frequency <= 2000000000, "CNTFRQ_EL0 is set, at most 2 GHz");

  u32 sum = 0;
  for (u32 i = 0; i < 1024; i++) sum |= ((volatile u32 *)zeroed)[i];
  ok(sum == 0 && *(volatile u32 *)&initialised == 0x12345678, "data are loaded and zeroed");
  ok((read_sysreg(sctlr_el1) & 0x1005) == 0x1005, "MMU and caches are on");
  ok(formats(), "numbers are printed right");

  on_sync = skip_breakpoint;
  asm volatile("brk #0x1234");
  ok_equal(breakpoint_esr, 0xf2001234, "BRK is taken and returned from");

  u64 before = cntvct();
  delay_loop(1000000);
  ok(cntvct() > before, "CNTVCT_EL0 advances");
  ok(smccc(PSCI_VERSION, 0, 0, 0) >= 0x2, "PSCI_VERSION is 0.2 or later");
}
