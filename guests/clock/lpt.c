// Live Physical Time: finds the structure and reads the PV counter by the reader's protocol.
#include "lpt.h"

#define PV_TIME_LPT_RFC2020 0xc5000022u
#define PV_TIME_LPT_BETA2018 0xc5000021u

struct rfc2020 {
  u32 revision, attributes;
  u64 sequence_number;
  u32 native_freq, pv_freq;
  u64 scale_mult, rscale_mult;
  u32 fracbits, rfracbits;
};

struct beta2018 {  // unverified layout
  u32 revision, attributes;
  u64 sequence_number, scale_mult;
  u32 shift, reserved;
  u64 native_freq, pv_freq, div_by_fpv_mult;
};

bool lpt_beta;
static u64 address;

#define RFC2020 ((volatile struct rfc2020 *)address)
#define BETA2018 ((volatile struct beta2018 *)address)

static u64 call(void) { return lpt_beta ? PV_TIME_LPT_BETA2018 : PV_TIME_LPT_RFC2020; }

bool lpt_find(void) {
  if (!pv_time_present() || !pv_call_present(call())) return false;
  s64 result = smccc(call(), 0, 0, 0);
  if (result < 0) return false;
  address = (u64)result;
  return true;
}

u32 lpt_pv_frequency(void) { return lpt_beta ? (u32)BETA2018->pv_freq : RFC2020->pv_freq; }

u64 lpt_sequence(void) { return RFC2020->sequence_number; }  // same place in both

void lpt_check(void) {
  print("# LPT structure at 0x%lx, %s\n", address, lpt_beta ? "profile beta2018 (unverified layout)" : "profile rfc2020");
  ok(address % 64 == 0 && address >= PVTIME_BASE && address < PVTIME_BASE + PVTIME_SIZE,
     "LPT structure is 64-byte aligned, in the PV time area");
  ok(RFC2020->revision == 0 && RFC2020->attributes == 0, "LPT revision and attributes are 0");
  ok_equal(smccc(call(), 0, 0, 0), address, "PV_TIME_LPT answers the same address again");
  u64 native = lpt_beta ? BETA2018->native_freq : RFC2020->native_freq;
  ok_equal(native, read_sysreg(cntfrq_el0), "LPT native_freq is CNTFRQ_EL0");
  ok(lpt_pv_frequency() != 0, "LPT pv_freq is set");
  if (lpt_beta) {
    ok(smccc(call(), 2, 0, 0) == PSCI_INVALID_PARAMETERS, "PV_TIME_LPT refuses unknown flags");
  } else {
    ok((RFC2020->sequence_number & 1) == 0, "LPT sequence_number has bit 0 clear");
  }
}

static u64 convert(u64 native) {
  if (lpt_beta) {
    return (u64)((unsigned __int128)(native << BETA2018->shift) * BETA2018->scale_mult >> 64);
  }
  return (u64)((unsigned __int128)native * RFC2020->scale_mult >> RFC2020->fracbits);
}

struct lpt_sample lpt_read(void) {
  struct lpt_sample sample;
  do {
    sample.sequence = lpt_sequence();
    dmb_load();
    sample.native = cntvct();
    sample.pv = convert(sample.native);
    isb();
    dmb_load();
  } while (lpt_sequence() != sample.sequence);
  return sample;
}
