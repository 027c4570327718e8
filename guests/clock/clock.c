// clock: what does a guest see of time, natively and through Live Physical Time, while the platform changes under it?
// The length of the run is an amount of work: a guest under test cannot trust the clocks that it tests.
#include "lpt.h"

struct view {  // one way of telling the time
  const char *name;
  u64 previous, sampled;
  u64 backward_steps, biggest_backward;
  s64 *steps;        // sample to sample, printing included
  s64 quarter[4];    // ticks in the work alone
};

static bool use_lpt;
static u64 samples;

static struct lpt_sample read_clock(void) {
  if (use_lpt) return lpt_read();
  return (struct lpt_sample){cntvct(), 0, 0};
}

static void see(struct view *view, u64 value) {
  s64 step = (s64)(value - view->previous);
  if (step < 0) {
    view->backward_steps++;
    if (0ul - (u64)step > view->biggest_backward) view->biggest_backward = 0ul - (u64)step;
  }
  view->previous = value;
}

static void take(struct view *view, u64 index, u64 before, u64 after) {
  if (index == 0) view->previous = before;
  see(view, before);
  see(view, after);
  if (index > 0) view->steps[index - 1] = (s64)(after - view->sampled);
  view->sampled = after;
  view->quarter[index * 4 / samples] += (s64)(after - before);
}

// last / first in parts per billion, by long division: no step overflows 64 bits.
static u64 ratio_ppb(s64 last, s64 first) {
  if (last <= 0 || first <= 0) return 0;
  u64 quotient = (u64)last / (u64)first, rest = (u64)last % (u64)first;
  for (u32 digit = 0; digit < 9; digit++) {
    rest *= 10;
    quotient = quotient * 10 + rest / (u64)first;
    rest %= (u64)first;
  }
  return quotient;
}

static u64 report(struct view *view) {
  u64 count = samples - 1, ppb = ratio_ppb(view->quarter[3], view->quarter[0]);
  sort(view->steps, count);
  s64 median = view->steps[count / 2], biggest = view->steps[count - 1];
  print("R %s backward_steps %lu biggest_backward %lu min_step %ld median_step %ld max_step %ld biggest_forward %ld "
        "rate_ratio_ppb %lu\n",
        view->name, view->backward_steps, view->biggest_backward, view->steps[0], median, biggest, biggest - median, ppb);
  return ppb;
}

// With report=only a failed check is a measurement for the host to judge.
static void verdict(bool pass, const char *what) {
  if (pass || !arg_is("report", "only")) ok(pass, "%s", what);
  else print("# not ok - %s\n", what);
}

void guest_main(void) {
  samples = arg_number("samples", 2000);
  u64 work = arg_number("work", 10000), every = arg_number("every", 1), tolerance = arg_number("tolerance", 1000);
  if (samples < 8 || samples > 1000000) bail("bootargs: samples=%lu: 8 to 1000000", samples);
  lpt_beta = arg_is("lpt", "beta2018");
  bool wanted = lpt_beta || arg_is("lpt", "on");
  use_lpt = wanted && lpt_find();
  if (use_lpt) lpt_check();

  struct view native = {.name = "native", .steps = allocate(samples * 8)};
  struct view pv = {.name = "pv", .steps = allocate(samples * 8)};
  u32 pv_frequency = use_lpt ? lpt_pv_frequency() : 0;
  bool pv_frequency_kept = true;
  u64 first_sequence = use_lpt ? lpt_sequence() : 0, sequence_changes = 0, sequence = first_sequence;

  for (u64 i = 0; i < samples; i++) {
    struct lpt_sample before = read_clock();
    delay_loop(work);
    struct lpt_sample after = read_clock();
    take(&native, i, before.native, after.native);
    if (use_lpt) {
      take(&pv, i, before.pv, after.pv);
      pv_frequency_kept = pv_frequency_kept && lpt_pv_frequency() == pv_frequency;
      sequence_changes += (before.sequence != sequence) + (after.sequence != before.sequence);
      sequence = after.sequence;
    }
    u64 frequency = read_sysreg(cntfrq_el0);
    if (every && i % every == 0) {
      if (use_lpt) print("S %lu %lu %lu %lu %lu\n", i, after.native, frequency, after.pv, after.sequence);
      else print("S %lu %lu %lu - -\n", i, after.native, frequency);
    }
    if (i + 1 == (samples + 3) / 4) print("READY\n");  // the first quarter is over: the reference rate is known
  }

  report(&native);
  verdict(native.backward_steps == 0, "native counter monotonic");
  if (!use_lpt) {
    const char *reason = wanted ? "PV_TIME_LPT is not supported here" : "lpt=off";
    skip("PV counter monotonic", reason);
    skip("PV rate constant", reason);
    return;
  }
  u64 ppb = report(&pv);
  print("R lpt first_sequence %lu last_sequence %lu changes %lu pv_freq %u\n", first_sequence, sequence, sequence_changes,
        pv_frequency);
  verdict(pv.backward_steps == 0, "PV counter monotonic");
  verdict(ppb + tolerance * 1000 >= 1000000000 && ppb <= 1000000000 + tolerance * 1000, "PV rate constant");
  verdict(pv_frequency_kept, "PV frequency constant");
}
