// mmu: stage 1 translation as the guest sees it: faults, permissions, EL0, address translation and maintenance.
#include "probe.h"

struct fault fault;
u64 resume_at;
u64 data_page[512] __attribute__((aligned(4096)));
u64 other_page[512] __attribute__((aligned(4096)));
u32 code_page[1024] __attribute__((aligned(4096)));

static bool catch(struct frame *frame, u32 vector) {
  extern u8 user_return[];
  bool user = vector >= VECTOR_LOWER_EL;
  if (!user && !resume_at) return false;
  fault = (struct fault){true, vector, frame->esr, frame->far, frame->elr, frame->x[0]};
  frame->elr = user ? (u64)user_return : resume_at;
  if (user) frame->spsr = 0x3c5;  // EL1h, DAIF masked
  resume_at = 0;
  return true;
}

void catch_faults(void) { on_sync = catch; }

void clear_fault(void) { fault.taken = false; }

bool faulted(u64 esr, u64 far, const char *what) {
  bool pass = fault.taken && fault.esr == esr && fault.far == far;
  if (!fault.taken) print("# no exception, wanted ESR %lx FAR %lx\n", esr, far);
  else if (!pass) print("# ESR %lx FAR %lx, wanted ESR %lx FAR %lx\n", fault.esr, fault.far, esr, far);
  clear_fault();
  return ok(pass, "%s", what);
}

bool unharmed(const char *what) {
  bool pass = !fault.taken;
  if (!pass) print("# ESR %lx FAR %lx, wanted no exception\n", fault.esr, fault.far);
  clear_fault();
  return ok(pass, "%s", what);
}

bool platform_ok(bool pass, const char *what) {
  if (pass || !arg_is("oracle", "qemu")) return ok(pass, "%s", what);
  skip(what, "QEMU 7.2 differs from the architecture here");
  return false;
}

static u64 *new_table(void) {
  static u64 tables[16][512] __attribute__((aligned(4096)));
  static u32 used;
  if (used == 16) bail("mmu: out of tables");
  return tables[used++];
}

u64 *entry_of(u64 *root, u64 address, u32 level) {
  u64 *table = root;
  for (u32 at = 1; at < level; at++) {
    u64 *entry = &table[address >> (39 - 9 * at) & 511];
    if ((*entry & 3) != PTE_TABLE) {
      *entry = (u64)new_table() | PTE_TABLE;
      dsb();
    }
    table = (u64 *)(*entry & 0xfffffffff000);
  }
  return &table[address >> (39 - 9 * level) & 511];
}

void map(u64 address, u64 descriptor, u32 level) {
  u64 *entry = entry_of(mmu_root, address, level);
  *entry = 0;
  dsb();
  asm volatile("tlbi vaae1is, %0" ::"r"(address >> 12) : "memory");
  dsb();
  *entry = descriptor;
  dsb();
  isb();
}

void guest_main(void) {
  catch_faults();
  test_faults();
  test_user();
  test_maintenance();
}
