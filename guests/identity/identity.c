// identity: what the guest reads of its CPU, before and after READY; KVM's hypercalls that say which CPUs it may meet.
#include "kvm.h"

#define REGISTERS(X)                                                                                              \
  X(MIDR_EL1, midr_el1) X(REVIDR_EL1, revidr_el1) X(AIDR_EL1, aidr_el1) X(CTR_EL0, ctr_el0)                       \
  X(DCZID_EL0, dczid_el0) X(ID_AA64PFR0_EL1, id_aa64pfr0_el1) X(ID_AA64PFR1_EL1, id_aa64pfr1_el1)                 \
  X(ID_AA64DFR0_EL1, id_aa64dfr0_el1) X(ID_AA64ISAR0_EL1, id_aa64isar0_el1)                                       \
  X(ID_AA64ISAR1_EL1, id_aa64isar1_el1) X(ID_AA64ISAR2_EL1, s3_0_c0_c6_2)                                         \
  X(ID_AA64MMFR0_EL1, id_aa64mmfr0_el1) X(ID_AA64MMFR1_EL1, id_aa64mmfr1_el1) X(ID_AA64MMFR2_EL1, s3_0_c0_c7_2)

#define ONE(name, register) +1
#define COUNT (0 REGISTERS(ONE))
#define NAME(name, register) #name,
static const char *const names[] = {REGISTERS(NAME)};

static void read_all(u64 values[COUNT]) {
#define READ(name, register) values[i++] = read_sysreg(register);
  u32 i = 0;
  REGISTERS(READ)
}

// DC ZVA on a block in the middle of an area of ones: how many bytes it clears, where they begin.
#define MOST 2048
static u8 area[3 * MOST] __attribute__((aligned(MOST)));

static u64 zeroed_bytes(u64 *first) {
  for (u64 i = 0; i < sizeof area; i++) area[i] = 0xff;
  asm volatile("dc zva, %0" ::"r"(area + MOST + 8) : "memory");
  dsb();
  u64 count = 0;
  *first = 0;
  for (u64 i = 0; i < sizeof area; i++) {
    if (((volatile u8 *)area)[i]) continue;
    if (!count++) *first = i;
  }
  return count;
}

static void check_zeroing(const char *when) {
  u64 first, bytes = zeroed_bytes(&first);
  print("I DC_ZVA %lu\n", bytes);
  ok(first == MOST && bytes >= 64 && bytes <= MOST, "DC ZVA zeroes one block, %s", when);
  if (!arg_is("read", "all")) return;  // reading DCZID_EL0 is knowing it
  ok_equal(bytes, 4ul << (read_sysreg(dczid_el0) & 15), "DC ZVA zeroes as much as DCZID_EL0 says, %s", when);
}

static void check_implementations(void) {
  struct result version = kvm_call(KVM_DISCOVER_IMPL_VER, 0, 0, 0);
  struct result features = kvm_call(KVM_FEATURES, 0, 0, 0);
  ok_equal(features.x[2] & 3, version.x[0] ? 0 : 3, "KVM_FEATURES says whether there is DISCOVER_IMPL");
  if (version.x[0]) {
    ok_equal(version.x[0], (u64)-1, "DISCOVER_IMPL_VER is NOT_SUPPORTED");
    ok_equal(kvm_call(KVM_DISCOVER_IMPL_CPUS, 0, 0, 0).x[0], (u64)-1, "DISCOVER_IMPL_CPUS is NOT_SUPPORTED");
    return;
  }
  ok(version.x[1] == 0x10000 && version.x[2] >= 1 && !version.x[3], "DISCOVER_IMPL is version 1.0 and has entries");
  bool found = false, told = true;
  for (u64 i = 0; i < version.x[2]; i++) {
    struct result one = kvm_call(KVM_DISCOVER_IMPL_CPUS, i, 0, 0);
    print("I implementation %lu MIDR_EL1 0x%lx REVIDR_EL1 0x%lx AIDR_EL1 0x%lx\n", i, one.x[1], one.x[2], one.x[3]);
    told = told && one.x[0] == 0;
    found = found || (one.x[1] == read_sysreg(midr_el1) && one.x[2] == read_sysreg(revidr_el1) &&
                      one.x[3] == read_sysreg(aidr_el1));
  }
  ok(told && found, "DISCOVER_IMPL_CPUS tells every entry, this CPU among them");
  ok_equal(kvm_call(KVM_DISCOVER_IMPL_CPUS, version.x[2], 0, 0).x[0], (u64)-3, "an index beyond is INVALID_PARAMETER");
  ok_equal(kvm_call(KVM_DISCOVER_IMPL_CPUS, 0, 1, 0).x[0], (u64)-3, "X2 must be zero");
}

void guest_main(void) {
  static u64 before[COUNT], after[COUNT];
  bool all = arg_is("read", "all"), change = arg_is("change", "expected");
  ok(kvm_present(), "the hypervisor says that it is KVM");
  ok_equal(kvm_call(KVM_FEATURES, 0, 0, 0).x[0], 3, "KVM_FEATURES: features and PTP");
  if (all) read_all(before);
  for (u32 i = 0; all && i < COUNT; i++) print("I %s 0x%lx\n", names[i], before[i]);
  if (arg_number("zva", 1)) check_zeroing("before");
  if (arg_number("ask", 1)) check_implementations();

  print("READY\n");
  delay_loop(arg_number("work", 100000));

  if (arg_number("zva", 1)) check_zeroing("after");
  read_all(after);
  for (u32 i = 0; i < COUNT; i++) print("I %s 0x%lx\n", names[i], after[i]);
  u32 changed = 0;
  for (u32 i = 0; all && i < COUNT; i++) changed += after[i] != before[i];
  if (all && !change) ok_equal(changed, 0, "every register is as it was");
}
