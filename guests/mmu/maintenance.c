// AT, ASIDs and TLBI, DC ZVA, and code that is written while it runs.
#include "probe.h"

#define PAR_ADDRESS 0xfffffffff000ul

#define translate(operation, address)                                 \
  ({                                                                  \
    asm volatile("at " #operation ", %0" ::"r"(address) : "memory");  \
    isb();                                                            \
    read_sysreg(par_el1);                                             \
  })

static bool par_is(u64 par, u64 address, u32 attributes, u32 shareability) {
  bool pass = !(par & 1) && (par & PAR_ADDRESS) == address && par >> 56 == attributes && (par >> 7 & 3) == shareability;
  if (!pass) print("# PAR_EL1 %lx\n", par);
  return pass;
}

static bool par_fault(u64 par, u64 status) {
  bool pass = (par & 1) && (par >> 1 & 0x3f) == status && !(par & 0x300);
  if (!pass) print("# PAR_EL1 %lx\n", par);
  return pass;
}

static void address_translation(void) {
  map(REGION, (u64)data_page | MEMORY | PTE_USER | PTE_READ_ONLY | PTE_PAGE, 3);
  map(REGION + PAGE, (u64)other_page | PTE_ATTR(2) | PTE_INNER | PTE_AF | PTE_PAGE, 3);
  map(REGION + 2 * PAGE, 0, 3);
  ok(par_is(translate(s1e1r, REGION + 0x123), (u64)data_page, 0xff, 3), "AT S1E1R: write-back, inner shareable");
  ok(par_is(translate(s1e0r, REGION), (u64)data_page, 0xff, 3), "AT S1E0R: readable at EL0");
  ok(par_fault(translate(s1e0w, REGION), PERMISSION(3)), "AT S1E0W: read-only is a permission fault");
  ok(par_fault(translate(s1e1w, REGION), PERMISSION(3)), "AT S1E1W: read-only is a permission fault");
  u64 par = translate(s1e1w, REGION + PAGE);
  ok(!(par & 1) && (par & PAR_ADDRESS) == (u64)other_page && par >> 56 == 0x44, "AT S1E1W: non-cacheable");
  ok(par_fault(translate(s1e0r, REGION + PAGE), PERMISSION(3)), "AT S1E0R: not readable at EL0");
  ok(par_fault(translate(s1e1r, REGION + 2 * PAGE), TRANSLATION(3)), "AT S1E1R: unmapped is a translation fault");
  par = translate(s1e1r, UART_BASE);
  ok(!(par & 1) && (par & PAR_ADDRESS) == UART_BASE && par >> 56 == 0x04, "AT S1E1R: Device-nGnRE");
  ok(!fault.taken, "AT takes no exception");
}

static void switch_to(u64 *root, u64 asid) {
  write_sysreg(ttbr0_el1, (u64)root | asid << 48);
  isb();
}

static void asids(u64 *second_root) {
  second_root[0] = mmu_root[0];
  second_root[1] = mmu_root[1];
  map(REGION, (u64)data_page | MEMORY | PTE_NG | PTE_PAGE, 3);
  *entry_of(second_root, REGION, 3) = (u64)other_page | MEMORY | PTE_NG | PTE_PAGE;
  dsb();
  data_page[0] = 0xaaaa;
  other_page[0] = 0xbbbb;
  bool right = true;
  for (u32 i = 0; i < 8; i++) {
    switch_to(mmu_root, 1);
    right = probe_read(REGION) == 0xaaaa && right;
    switch_to(second_root, 2);
    right = probe_read(REGION) == 0xbbbb && right;
  }
  ok(right && !fault.taken, "two ASIDs, no invalidation: each sees its own page");
}

// Takes the page away, invalidates by one operation, and looks; then gives it back.
#define REMOVED_BY(operation, argument)                                           \
  do {                                                                            \
    u64 *entry = entry_of(mmu_root, REGION, 3), kept = *entry;                    \
    probe_read(REGION);                                                           \
    *entry = 0;                                                                   \
    dsb();                                                                        \
    asm volatile("tlbi " #operation ", %0" ::"r"(argument) : "memory");           \
    dsb();                                                                        \
    isb();                                                                        \
    probe_read(REGION);                                                           \
    faulted(ESR_DATA_EL1 | TRANSLATION(3), REGION, "TLBI " #operation " removes"); \
    *entry = kept;                                                                \
    dsb();                                                                        \
  } while (0)

static void invalidation(u64 *second_root) {
  u64 page = REGION >> 12, tagged = page | 1ul << 48;
  switch_to(mmu_root, 1);
  REMOVED_BY(vae1, tagged);
  REMOVED_BY(vae1is, tagged);
  REMOVED_BY(vale1, tagged);
  REMOVED_BY(vale1is, tagged);
  REMOVED_BY(vaae1, page);
  REMOVED_BY(vaae1is, page);
  REMOVED_BY(vaale1, page);
  REMOVED_BY(vaale1is, page);
  REMOVED_BY(aside1, 1ul << 48);
  REMOVED_BY(aside1is, 1ul << 48);
  u64 *entry = entry_of(mmu_root, REGION, 3), kept = *entry;
  *entry = 0;
  dsb();
  asm volatile("tlbi vmalle1is" ::: "memory");
  dsb();
  isb();
  probe_read(REGION);
  faulted(ESR_DATA_EL1 | TRANSLATION(3), REGION, "TLBI vmalle1is removes");
  *entry = kept;
  dsb();

  switch_to(second_root, 2);
  probe_read(REGION);
  switch_to(mmu_root, 1);
  *entry_of(second_root, REGION, 3) = 0;
  dsb();
  asm volatile("tlbi vae1, %0" ::"r"(page | 2ul << 48) : "memory");
  dsb();
  ok_equal(probe_read(REGION), 0xaaaa, "TLBI of another ASID leaves this one's page");
  switch_to(second_root, 2);
  clear_fault();
  probe_read(REGION);
  faulted(ESR_DATA_EL1 | TRANSLATION(3), REGION, "and removes the other's");
  switch_to(mmu_root, 0);
  asm volatile("tlbi vmalle1" ::: "memory");
  dsb();
  isb();
}

static void zero_block(void) {
  u64 features = read_sysreg(dczid_el0), size = 4ul << (features & 15);
  if (features & 16) return skip("DC ZVA", "DCZID_EL0.DZP prohibits it");
  u8 *bytes = (u8 *)data_page;
  bool right = true;
  for (u64 i = 0; i < 3 * size; i++) bytes[i] = 0x5a;
  probe_zva((u64)data_page + size + size / 2 + 1);
  for (u64 i = 0; i < 3 * size; i++) right = right && bytes[i] == (i / size == 1 ? 0 : 0x5a);
  ok(right && !fault.taken, "DC ZVA zeroes its block of %lu bytes and no other", size);
  map(REGION, (u64)data_page | MEMORY | PTE_READ_ONLY | PTE_PAGE, 3);
  probe_zva(REGION + size);
  faulted(ESR_DATA_EL1 | WRITE | PERMISSION(3), REGION + size, "DC ZVA of a read-only page is a permission fault");
}

static void self_modifying(void) {
  bool right = true;
  for (u32 i = 0; i < 100; i++) {
    code_page[0] = 0x52800000 | i << 5;  // mov w0, #i
    code_page[1] = 0xd65f03c0;           // ret
    asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code_page) : "memory");
    right = ((u32 (*)(void))(u64)code_page)() == i && right;
  }
  ok(right, "code written and invalidated by DC CVAU, IC IVAU is the code that runs");
}

void test_maintenance(void) {
  static u64 second_root[512] __attribute__((aligned(4096)));
  clear_fault();
  address_translation();
  asids(second_root);
  invalidation(second_root);
  zero_block();
  self_modifying();
}
