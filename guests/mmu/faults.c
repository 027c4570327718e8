// Mapping, and every kind of fault that EL1 can take on an access of its own, with exact ESR and FAR.
#include "probe.h"

#define L2_BLOCK (2ul << 20)

static void mapping(void) {
  map(REGION, (u64)data_page | MEMORY | PTE_PAGE, 3);
  data_page[1] = 0x1122334455667788;
  u64 seen = probe_read64(REGION + 8);
  unharmed("a mapped page is read without an exception");
  ok_equal(seen, 0x1122334455667788, "a page is read through another address");
  probe_write(REGION + 16, 0xcafe);
  ok_equal(data_page[2] & 0xffffffff, 0xcafe, "a page is written through another address");
  u64 block = (u64)data_page & ~(L2_BLOCK - 1);
  map(REGION + L2_BLOCK, block | MEMORY | PTE_BLOCK, 2);
  ok_equal(probe_read64(REGION + L2_BLOCK + ((u64)data_page - block) + 8), data_page[1], "a 2 MiB block maps");
  map(REGION_BLOCK, RAM_BASE | MEMORY | PTE_BLOCK, 1);
  ok_equal(probe_read64(REGION_BLOCK + ((u64)data_page - RAM_BASE) + 8), data_page[1], "a 1 GiB block maps");
  unharmed("no exception on blocks");
}

static void translation_faults(void) {
  static const char *const names[] = {"address above 39 bits", "no level 1 entry", "no level 2 entry", "no level 3 entry"};
  u64 addresses[] = {0x8000001234, REGION + (4ul << 30) + 0x124, REGION + 5 * L2_BLOCK + 0x234, REGION + 7 * PAGE + 0x344};
  for (u32 level = 0; level < 4; level++) {
    char what[80];
    probe_read(addresses[level]);
    format_to(what, sizeof what, "translation fault, %s: read", names[level]);
    faulted(ESR_DATA_EL1 | TRANSLATION(level), addresses[level], what);
    probe_write(addresses[level], 1);
    format_to(what, sizeof what, "translation fault, %s: write", names[level]);
    faulted(ESR_DATA_EL1 | WRITE | TRANSLATION(level), addresses[level], what);
    probe_fetch(addresses[level]);
    format_to(what, sizeof what, "translation fault, %s: fetch", names[level]);
    faulted(ESR_FETCH_EL1 | TRANSLATION(level), addresses[level], what);
  }
  probe_read(0xffffffff80000000);
  faulted(ESR_DATA_EL1 | TRANSLATION(0), 0xffffffff80000000, "translation fault: TTBR1 walks are off");
  map(REGION, 0, 3);
  probe_read(REGION);
  faulted(ESR_DATA_EL1 | TRANSLATION(3), REGION, "an unmapped page faults again");
}

static void permission_faults(void) {
  u64 offset = (u64)data_page - RAM_BASE, in_block = (u64)data_page & (L2_BLOCK - 1);
  map(REGION, (u64)data_page | MEMORY | PTE_READ_ONLY | PTE_PAGE, 3);
  map(REGION + L2_BLOCK, ((u64)data_page - in_block) | MEMORY | PTE_READ_ONLY | PTE_BLOCK, 2);
  map(REGION_BLOCK, RAM_BASE | MEMORY | PTE_READ_ONLY | PTE_BLOCK, 1);
  u64 addresses[] = {0, REGION_BLOCK + offset + 4, REGION + L2_BLOCK + in_block + 4, REGION + 4};
  for (u32 level = 1; level < 4; level++) {
    char what[80];
    ok_equal(probe_read(addresses[level]), (u32)(data_page[0] >> 32), "read-only at level %u: read", level);
    probe_write(addresses[level], 1);
    format_to(what, sizeof what, "read-only at level %u: write", level);
    faulted(ESR_DATA_EL1 | WRITE | PERMISSION(level), addresses[level], what);
  }
  map(REGION, (u64)data_page | MEMORY | PTE_PAGE, 3);
  u64 *table = entry_of(mmu_root, REGION, 2);
  *table |= 1ul << 62;  // APTable: read-only from here down
  dsb();
  asm volatile("tlbi vmalle1" ::: "memory");
  dsb();
  isb();
  probe_write(REGION, 1);
  faulted(ESR_DATA_EL1 | WRITE | PERMISSION(3), REGION, "APTable of level 2 makes a writable page read-only");
  *table &= ~(1ul << 62);
  dsb();
  asm volatile("tlbi vmalle1" ::: "memory");
  dsb();
  isb();
  probe_write(REGION, 1);
  unharmed("and without APTable it is writable again");
}

static void access_flag_faults(void) {
  u64 offset = (u64)data_page - RAM_BASE, in_block = (u64)data_page & (L2_BLOCK - 1);
  map(REGION, (u64)data_page | PTE_NORMAL | PTE_PAGE, 3);
  map(REGION + L2_BLOCK, ((u64)data_page - in_block) | PTE_NORMAL | PTE_BLOCK, 2);
  map(REGION_BLOCK, RAM_BASE | PTE_NORMAL | PTE_BLOCK, 1);
  u64 addresses[] = {0, REGION_BLOCK + offset, REGION + L2_BLOCK + in_block, REGION};
  for (u32 level = 1; level < 4; level++) {
    char what[80];
    probe_read(addresses[level]);
    format_to(what, sizeof what, "access flag 0 at level %u", level);
    faulted(ESR_DATA_EL1 | ACCESS_FLAG(level), addresses[level], what);
  }
}

static void alignment_faults(void) {
  map(REGION, (u64)data_page | MEMORY | PTE_PAGE, 3);
  map(REGION + PAGE, (u64)other_page | PTE_DEVICE | PTE_AF | PTE_PAGE, 3);
  map(REGION + 2 * PAGE, 0, 3);
  data_page[0] = 0x1122334455667788;
  ok_equal(probe_read(REGION + 1), 0x44556677, "an unaligned read of normal memory");
  probe_read(REGION + PAGE + 1);
  bool device = fault.taken && fault.esr == (ESR_DATA_EL1 | ALIGNMENT) && fault.far == REGION + PAGE + 1;
  clear_fault();
  platform_ok(device, "an unaligned read of Device memory is an alignment fault");
  probe_exclusive(REGION + 2);
  faulted(ESR_DATA_EL1 | ALIGNMENT, REGION + 2, "an unaligned LDXR is an alignment fault");
  write_sysreg(sctlr_el1, SCTLR_BASE | 2);  // SCTLR_EL1.A
  isb();
  probe_write(REGION + 3, 0);
  write_sysreg(sctlr_el1, SCTLR_BASE);
  isb();
  faulted(ESR_DATA_EL1 | WRITE | ALIGNMENT, REGION + 3, "with SCTLR_EL1.A, an unaligned write is an alignment fault");
  map(REGION + PAGE, (u64)other_page | MEMORY | PTE_PAGE, 3);
  probe_read64(REGION + 2 * PAGE - 4);
  faulted(ESR_DATA_EL1 | TRANSLATION(3), REGION + 2 * PAGE, "a read into an unmapped page: FAR is that page's start");
  ok_equal(probe_post_index(REGION + 2 * PAGE), REGION + 2 * PAGE, "a faulting LDR with write-back leaves its base");
  faulted(ESR_DATA_EL1 | TRANSLATION(3), REGION + 2 * PAGE, "and faults");
}

static void other_faults(void) {
  u64 code = (u64)code_page;
  code_page[0] = 0xd65f03c0;  // ret
  asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code) : "memory");
  map(REGION + PAGE, code | MEMORY | PTE_PAGE, 3);
  probe_fetch(REGION + PAGE);
  unharmed("a page without PXN is executable at EL1");
  map(REGION + PAGE, code | MEMORY | PTE_PXN | PTE_PAGE, 3);
  probe_fetch(REGION + PAGE);
  faulted(ESR_FETCH_EL1 | PERMISSION(3), REGION + PAGE, "PXN: a fetch at EL1 is a permission fault");
  map(REGION + PAGE, code | MEMORY | PTE_USER | PTE_PAGE, 3);
  probe_fetch(REGION + PAGE);
  faulted(ESR_FETCH_EL1 | PERMISSION(3), REGION + PAGE, "a page writable at EL0 is not executable at EL1");
  probe_fetch(code + 2);
  faulted(ESR_PC_ALIGNMENT, code + 2, "a misaligned PC is a PC alignment fault");
  probe_stack(((u64)data_page + 1024) | 8);
  bool stack = fault.taken && fault.esr == ESR_SP_ALIGNMENT && fault.vector == 0;
  clear_fault();
  platform_ok(stack, "a load through a misaligned SP is an SP alignment fault");
  probe_fp();
  ok(fault.taken && fault.esr == ESR_FP, "CPACR_EL1.FPEN 0: an FP instruction traps");
  write_sysreg(cpacr_el1, 3 << 20);
  isb();
  clear_fault();
  probe_fp();
  write_sysreg(cpacr_el1, 0);
  isb();
  unharmed("CPACR_EL1.FPEN 3: it does not");
}

void test_faults(void) {
  mapping();
  translation_faults();
  permission_faults();
  access_flag_faults();
  alignment_faults();
  other_faults();
}
