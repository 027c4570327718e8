// SMCCC calls over the conduit of the device tree, and the discovery of PV time.
#include "runtime.h"

s64 smccc(u64 function, u64 a1, u64 a2, u64 a3) {
  register u64 x0 asm("x0") = function;
  register u64 x1 asm("x1") = a1;
  register u64 x2 asm("x2") = a2;
  register u64 x3 asm("x3") = a3;
#define CALLER_SAVED "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory"
  if (conduit_is_smc) {
    asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::CALLER_SAVED);
  } else {
    asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::CALLER_SAVED);
  }
  // SMC32 results are 32 bits wide (SMCCC 2.5): sign-extend them so that errors compare alike.
  return function & 1u << 30 ? (s64)x0 : (s64)(int)x0;
}

bool pv_time_present(void) {
  return smccc(PSCI_FEATURES, SMCCC_VERSION, 0, 0) >= 0 && smccc(SMCCC_VERSION, 0, 0, 0) >= 0x10001 &&
         smccc(SMCCC_ARCH_FEATURES, PV_TIME_FEATURES, 0, 0) == 0 && pv_call_present(PV_TIME_FEATURES);
}

bool pv_call_present(u64 call) { return smccc(PV_TIME_FEATURES, call, 0, 0) == 0; }
