// EL0: entry, SVC and return, what it may not touch, and what it may not execute.
#include "probe.h"

#define USER_CODE (REGION + 0x100000)
#define USER_STACK (REGION + 0x101000)
#define USER_DATA (REGION + 0x102000)

static u64 user_address(u8 *stub) { return USER_CODE + (u64)(stub - user_text); }

static void run(u8 *stub, u64 x0) {
  clear_fault();
  enter_user(user_address(stub), USER_STACK + PAGE, x0);
}

static void run_with_sctlr(u64 bits, u8 *stub, u64 x0) {
  write_sysreg(sctlr_el1, SCTLR_BASE | bits);
  isb();
  run(stub, x0);
  write_sysreg(sctlr_el1, SCTLR_BASE);
  isb();
}

static void syndrome(u64 esr, const char *what) {
  ok_equal(fault.esr, esr, "%s", what);
  clear_fault();
}

static u64 trapped(u32 op1, u32 crn, u32 crm, u32 op2, u32 rt, bool read) {
  return ESR_TRAPPED_SYSREG | 3ul << 20 | (u64)op2 << 17 | (u64)op1 << 14 | (u64)crn << 10 | (u64)rt << 5 |
         (u64)crm << 1 | read;
}

static void memory(void) {
  map(USER_DATA, (u64)data_page | MEMORY | PTE_USER | PTE_UXN | PTE_PAGE, 3);
  data_page[0] = 0x77665544;
  run(user_load, USER_DATA);
  ok(fault.esr == ESR_SVC && fault.x0 == 0x77665544, "EL0 reads its page");
  run(user_jump, USER_DATA);
  faulted(ESR_FETCH_EL0 | PERMISSION(3), USER_DATA, "UXN: a fetch at EL0 is a permission fault");
  run(user_load, (u64)data_page);
  faulted(ESR_DATA_EL0 | PERMISSION(1), (u64)data_page, "EL0 may not read a page of EL1");
  run(user_jump, (u64)user_text);
  faulted(ESR_FETCH_EL0 | PERMISSION(1), (u64)user_text, "EL0 may not execute a page with UXN");
  run(user_jump, USER_CODE + 2);
  faulted(ESR_PC_ALIGNMENT, USER_CODE + 2, "EL0: a misaligned PC is a PC alignment fault");
  clear_fault();
  enter_user(user_address(user_stack), (USER_STACK + 512) | 8, 0);
  platform_ok(fault.esr == ESR_SP_ALIGNMENT, "EL0: a load through a misaligned SP is an SP alignment fault");
  clear_fault();
}

static void registers(void) {
  run(user_sctlr, 0);
  syndrome(ESR_UNKNOWN, "EL0: MRS SCTLR_EL1 is undefined");
  bool trapped_ids = read_sysreg(s3_0_c0_c7_2) >> 36 & 0xf;  // ID_AA64MMFR2_EL1.IDS
  run(user_midr, 0);
  syndrome(trapped_ids ? ESR_TRAPPED_SYSREG | 3ul << 20 | 1 : ESR_UNKNOWN,
           "EL0: MRS MIDR_EL1 is undefined (trapped: FEAT_IDST)");
  run(user_hvc, 0);
  syndrome(ESR_UNKNOWN, "EL0: HVC is undefined");
  write_sysreg(cntkctl_el1, 0);
  isb();
  run(user_cntvct, 0);
  syndrome(trapped(3, 14, 0, 2, 7, true), "EL0: CNTVCT_EL0 traps without CNTKCTL_EL1.EL0VCTEN");
  write_sysreg(cntkctl_el1, 2);
  isb();
  run(user_cntvct, 0);
  syndrome(ESR_SVC, "EL0: and does not with it");
  run(user_ctr, 0);
  syndrome(trapped(3, 0, 0, 1, 9, true), "EL0: CTR_EL0 traps without SCTLR_EL1.UCT");
  run_with_sctlr(1 << 15, user_ctr, 0);
  syndrome(ESR_SVC, "EL0: and does not with it");
  run(user_zva, USER_DATA);
  syndrome(ESR_TRAPPED_SYSREG | 1ul << 20 | 1ul << 17 | 3ul << 14 | 7ul << 10 | 4ul << 1,
           "EL0: DC ZVA traps without SCTLR_EL1.DZE");
  run_with_sctlr(1 << 14, user_zva, USER_DATA);
  ok(fault.esr == ESR_SVC && data_page[0] == 0, "EL0: and zeroes with it");
  run(user_daif, 0);
  const u64 daifset = ESR_TRAPPED_SYSREG | 6ul << 17 | 3ul << 14 | 4ul << 10 | 31ul << 5 | 2ul << 1;
  platform_ok(fault.esr == daifset, "EL0: MSR DAIFSet traps without SCTLR_EL1.UMA");
  clear_fault();
}

void test_user(void) {
  map(USER_CODE, (u64)user_text | MEMORY | PTE_USER | PTE_READ_ONLY | PTE_PXN | PTE_PAGE, 3);
  map(USER_STACK, (u64)other_page | MEMORY | PTE_USER | PTE_PXN | PTE_UXN | PTE_PAGE, 3);
  run(user_svc, 41);
  ok(fault.vector == VECTOR_LOWER_EL, "SVC comes from a lower EL");
  ok_equal(fault.x0, 42, "EL0 ran and kept its registers");
  ok_equal(fault.elr, user_address(user_svc) + 8, "SVC returns after itself");
  syndrome(ESR_SVC | 0x1234, "SVC has its immediate in the syndrome");
  memory();
  registers();
}
