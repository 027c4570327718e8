// KVM's vendor-specific hypervisor calls (Linux Documentation/virt/kvm/arm/hypercalls.rst).
#ifndef KVM_H
#define KVM_H

#include "../lib/runtime.h"

#define VENDOR_HYP_CALL_UID 0x8600ff01u
#define KVM_FEATURES 0x86000000u
#define KVM_PTP 0x86000001u
#define KVM_DISCOVER_IMPL_VER 0xc6000040u
#define KVM_DISCOVER_IMPL_CPUS 0xc6000041u

struct result { u64 x[4]; };

static inline struct result kvm_call(u64 function, u64 a1, u64 a2, u64 a3) {
  register u64 x0 asm("x0") = function;
  register u64 x1 asm("x1") = a1;
  register u64 x2 asm("x2") = a2;
  register u64 x3 asm("x3") = a3;
  asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
               "x12", "x13", "x14", "x15", "x16", "x17", "memory");
  return (struct result){{x0, x1, x2, x3}};
}

// 28b46fb6-2ec5-11e9-a9ca-4b564d003a74
static inline bool kvm_present(void) {
  struct result uid = kvm_call(VENDOR_HYP_CALL_UID, 0, 0, 0);
  return uid.x[0] == 0xb66fb428 && uid.x[1] == 0xe911c52e && uid.x[2] == 0x564bcaa9 && uid.x[3] == 0x743a004d;
}

#endif
