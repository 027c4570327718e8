// steal: reads the stolen time of every vCPU while all of them work, and checks the calls that lead to it.
#include "../lib/runtime.h"

#define PV_TIME_ST_RFC2020 0xc5000021u
#define PV_TIME_ST_BETA2018 0xc5000022u

struct stolen_time { u32 revision, attributes; u64 stolen; };

struct result {
  volatile struct stolen_time *structure;
  u64 first, last, changes, backward;
  s64 status;
  bool again_same;
};

static struct result results[MAX_CPUS];
static u64 call, samples, work, every;

static void measure(u64 vcpu) {
  struct result *result = &results[vcpu];
  s64 answer = smccc(call, 0, 0, 0);
  result->status = answer;
  if (answer < 0) return;
  result->again_same = smccc(call, 0, 0, 0) == answer;
  result->structure = (volatile struct stolen_time *)answer;
  u64 previous = result->first = result->structure->stolen;
  for (u64 i = 0; i < samples; i++) {
    delay_loop(work);
    u64 now = result->structure->stolen;
    result->changes += now != previous;
    result->backward += now < previous;
    previous = now;
    if (every && i % every == 0) print("T %lu %lu %lu\n", vcpu, cntvct(), now);
    if (vcpu == 0 && i + 1 == (samples + 3) / 4) print("READY\n");
  }
  result->last = previous;
}

static void check_calls(bool present) {
  static const u32 unknown[] = {0xc5000023, 0xc500002f, 0xc501ffff};
  static const u32 narrow[] = {0x85000020, 0x85000021, 0x85000022};  // the SMC32 forms of the three calls
  for (u32 i = 0; i < 3; i++) {
    ok((int)smccc(unknown[i], 0, 0, 0) == PSCI_NOT_SUPPORTED, "0x%x is not supported", unknown[i]);
    ok((int)smccc(PV_TIME_FEATURES, unknown[i], 0, 0) == PSCI_NOT_SUPPORTED, "PV_TIME_FEATURES denies 0x%x", unknown[i]);
    ok((int)smccc(narrow[i], 0, 0, 0) == PSCI_NOT_SUPPORTED, "32-bit 0x%x is not supported", narrow[i]);
    ok((int)smccc(PV_TIME_FEATURES, narrow[i], 0, 0) == PSCI_NOT_SUPPORTED, "PV_TIME_FEATURES denies 0x%x", narrow[i]);
  }
  if (present) ok(pv_call_present(call), "PV_TIME_FEATURES has PV_TIME_ST");
  else skip("PV_TIME_FEATURES has PV_TIME_ST", "no PV time here");
}

static void check_result(u32 vcpu) {
  struct result *result = &results[vcpu];
  u64 address = (u64)result->structure;
  if (!ok(result->status > 0, "vCPU %u has a stolen-time structure", vcpu)) return;
  print("# vCPU %u: structure at 0x%lx, stolen %lu ns -> %lu ns: %lu ns, %lu changes\n", vcpu, address, result->first,
        result->last, result->last - result->first, result->changes);
  ok(address % 64 == 0 && address >= PVTIME_BASE && address + 64 <= PVTIME_BASE + PVTIME_SIZE,
     "vCPU %u: structure is 64-byte aligned, in the PV time area", vcpu);
  ok(result->structure->revision == 0 && result->structure->attributes == 0, "vCPU %u: revision and attributes are 0", vcpu);
  ok(result->again_same, "vCPU %u: PV_TIME_ST answers the same address again", vcpu);
  ok(result->backward == 0, "vCPU %u: stolen time only grows", vcpu);
  bool own = true;
  for (u32 other = 0; other < vcpu; other++) own = own && results[other].structure != result->structure;
  ok(own, "vCPU %u: the structure is its own", vcpu);
}

void guest_main(void) {
  call = arg_is("pv", "beta2018") ? PV_TIME_ST_BETA2018 : PV_TIME_ST_RFC2020;
  samples = arg_number("samples", 200);
  work = arg_number("work", 100000);
  every = arg_number("every", 1);
  bool present = pv_time_present();
  check_calls(present);

  if (present && arg_is("late", "1")) measure(0);  // the others come when vCPU 0 has long been at work
  for (u32 i = 1; i < cpu_count; i++) ok(cpu_on(i, 0) == 0, "vCPU %u started", i);
  if (!present) return skip("stolen time", "no PV time here");
  for (u32 i = 1; i < cpu_count; i++) cpu_post(i, measure, i);
  measure(0);
  for (u32 i = 1; i < cpu_count; i++) {
    if (!cpu_wait(i)) bail("vCPU %u does not finish", i);
  }
  u64 total = 0, least = arg_number("expect", 0);
  for (u32 i = 0; i < cpu_count; i++) {
    check_result(i);
    if (least) ok(results[i].last >= least, "vCPU %u: at least %lu ns were stolen", i, least);
    total += results[i].last - results[i].first;
  }
  print("# total: %lu ns stolen from %u vCPU(s)\n", total, cpu_count);
}
