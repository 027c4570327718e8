// ticks: are timer interrupts never early, how late are they, and do the control bits mean what they say?
#include "timer.h"

enum { MAX_SHOTS = 65536 };

static u64 frequency, early, lost, bad_status, rebased;
static bool print_lines;

struct lateness { s64 *values; u64 count; };
static struct lateness lateness[2];

static void record(struct timer *t, u64 cval) {
  struct lateness *l = &lateness[t - timers];
  s64 late = (s64)(t->at - t->cval_then);
  early += late < 0;
  bad_status += (t->ctl_then & 7) != (CTL_ENABLE | CTL_ISTATUS);
  rebased += t->cval_then != cval;
  if (print_lines) print("L %s %lu %lu\n", t->name, t->cval_then, t->at);
  if (l->count < MAX_SHOTS) l->values[l->count++] = late;
}

// Waits for the interrupt of t; the other timer, where armed, ends the wait when it comes first and t's is lost.
static bool wait_wfi(struct timer *t, u64 fired) {
  struct timer *watchdog = other_timer(t);
  u64 watched = watchdog->fired;
  irq_off();
  while (t->fired == fired && watchdog->fired == watched) {
    wfi();
    irq_on();
    isb();
    irq_off();
  }
  irq_on();
  delay_loop(1000);  // both may have come due at once
  return t->fired != fired;
}

static bool wait_busy(struct timer *t, u64 fired) {
  struct timer *watchdog = other_timer(t);
  u64 watched = watchdog->fired;
  while (t->fired == fired && watchdog->fired == watched) cpu_yield();
  delay_loop(1000);
  return t->fired != fired;
}

// One interrupt of t, `delay` ticks from now (past where negative), under a watchdog of two seconds.
static void shot(struct timer *t, bool by_tval, bool busy, s64 delay) {
  struct timer *watchdog = other_timer(t);
  u64 fired = t->fired;
  watchdog->set_cval(watchdog->count() + 2 * frequency);
  watchdog->set_ctl(CTL_ENABLE);
  u64 now = t->count();
  if (by_tval) t->set_tval((u64)delay & 0xffffffff);
  else t->set_cval(now + (u64)delay);
  u64 cval = t->cval();
  t->set_ctl(CTL_ENABLE);
  bool came = busy ? wait_busy(t, fired) : wait_wfi(t, fired);
  timer_stop(watchdog);
  lost += !came;
  if (came && delay >= 0) record(t, cval);
  else if (came) early += (s64)(t->at - now) < 0;
  timer_stop(t);
}

static void shots(struct timer *t, u64 rounds) {
  s64 delays[] = {0, 1, -1000, (s64)(frequency / 100000), (s64)(frequency / 1000), (s64)(frequency / 100)};
  static const char *const ways[] = {"CVAL, WFI", "TVAL, WFI", "CVAL, busy", "TVAL, busy"};
  for (u32 way = 0; way < 4; way++) {
    early = lost = bad_status = 0;
    for (u64 round = 0; round < rounds; round++) {
      for (u32 i = 0; i < 6; i++) shot(t, way & 1, way >> 1, delays[i]);
    }
    ok(lost == 0, "CNT%s by %s: every interrupt comes", t->name, ways[way]);
    ok(early == 0, "CNT%s by %s: none is early", t->name, ways[way]);
    ok(bad_status == 0, "CNT%s by %s: the handler sees ENABLE and ISTATUS", t->name, ways[way]);
  }
}

// With interrupts masked in PSTATE: the timer's output as the redistributor sees it.
static void control(struct timer *t) {
  const char *name = t->name;
  u64 fired = t->fired;
  irq_off();
  timer_stop(t);
  t->set_cval(t->count() + 100 * frequency);
  t->set_ctl(CTL_ENABLE);
  ok_equal(t->ctl(), CTL_ENABLE, "CNT%s in the future: ISTATUS is 0", name);
  ok(!timer_pending(t), "CNT%s in the future: not pending", name);
  t->set_cval(t->count() - 1);
  ok_equal(t->ctl(), CTL_ENABLE | CTL_ISTATUS, "CNT%s in the past: ISTATUS is 1", name);
  ok(timer_pending(t), "CNT%s in the past: pending", name);
  t->set_cval(t->count() + 100 * frequency);
  ok_equal(t->ctl(), CTL_ENABLE, "CNT%s: CVAL moved to the future clears ISTATUS", name);
  ok(!timer_pending(t), "CNT%s: CVAL moved to the future takes the level away", name);
  t->set_ctl(CTL_ENABLE | CTL_IMASK);
  t->set_cval(t->count() - 1);
  ok_equal(t->ctl(), CTL_ENABLE | CTL_IMASK | CTL_ISTATUS, "CNT%s masked: ISTATUS is 1 all the same", name);
  ok(!timer_pending(t), "CNT%s masked: not pending", name);
  irq_on();
  delay_loop(10000);
  ok(t->fired == fired, "CNT%s masked: no interrupt", name);
  t->set_ctl(CTL_ENABLE);
  delay_loop(10000);
  ok(t->fired == fired + 1, "CNT%s unmasked: the interrupt comes", name);
  t->set_ctl(0);
  t->set_cval(t->count() - 1);
  delay_loop(10000);
  ok(t->fired == fired + 1 && !timer_pending(t), "CNT%s disabled: no interrupt", name);
}

static void values(struct timer *t) {
  timer_stop(t);
  u64 before = t->count();
  t->set_tval(1000000);
  u64 after = t->count(), cval = t->cval();
  ok(cval >= before + 1000000 && cval <= after + 1000000, "CNT%s: TVAL sets CVAL to the count + TVAL", t->name);
  t->set_tval(0xffffffff);
  after = t->count();
  ok(t->cval() < after && t->cval() + 1 >= before, "CNT%s: TVAL is signed", t->name);
  t->set_cval(0x0123456789abcdef);
  ok_equal(t->cval(), 0x0123456789abcdef, "CNT%s: CVAL reads back", t->name);
  t->set_cval(t->count() + 5000000);
  u64 tval = t->tval();
  ok((int)tval <= 5000000 && tval >> 32 == 0, "CNT%s: TVAL reads CVAL - count, 32 bits", t->name);
  t->set_cval(~0ul);
  t->set_ctl(CTL_ENABLE);
  ok_equal(t->ctl(), CTL_ENABLE, "CNT%s: the largest CVAL is in the future", t->name);
  u64 fired = t->fired;
  t->set_cval(0);
  delay_loop(10000);
  ok(t->fired == fired + 1, "CNT%s: CVAL 0 is in the past", t->name);
  timer_stop(t);
}

// Both timers are armed nearly all the time: whatever instant a migration picks, it finds some.
static void long_phase(u64 rounds) {
  struct timer *v = &timers[0], *p = &timers[1];
  early = lost = bad_status = rebased = 0;
  print("READY\n");
  for (u64 round = 0; round < rounds; round++) {
    u64 v_fired = v->fired, p_fired = p->fired;
    u64 v_cval = v->count() + frequency / 200, p_cval = p->count() + frequency / 100;
    v->set_cval(v_cval);
    p->set_cval(p_cval);
    v->set_ctl(CTL_ENABLE);
    p->set_ctl(CTL_ENABLE);
    if (wait_wfi(v, v_fired)) record(v, v_cval);
    else lost++;
    v->set_cval(v->count() + 2 * frequency);  // from here on a watchdog
    v->set_ctl(CTL_ENABLE);
    if (p->fired != p_fired || wait_wfi(p, p_fired)) record(p, p_cval);
    else lost++;
    timer_stop(v);
    timer_stop(p);
  }
  ok(lost == 0, "long phase: every interrupt comes");
  ok(early == 0, "long phase: none is early");
  ok(bad_status == 0, "long phase: the handler sees ENABLE and ISTATUS");
  print("# long phase: %lu CVAL(s) changed under the guest\n", rebased);
}

void guest_main(void) {
  u64 rounds = arg_number("rounds", 4), long_rounds = arg_number("long", 20);
  print_lines = arg_number("lines", 1) != 0;
  frequency = read_sysreg(cntfrq_el0);
  if (frequency == 0) bail("CNTFRQ_EL0 is 0");
  for (u32 i = 0; i < 2; i++) lateness[i].values = allocate(MAX_SHOTS * 8);
  timers_init();
  irq_on();
  for (u32 i = 0; i < 2; i++) {
    values(&timers[i]);
    control(&timers[i]);
    shots(&timers[i], rounds);
  }
  long_phase(long_rounds);
  for (u32 i = 0; i < 2; i++) {
    struct lateness *l = &lateness[i];
    sort(l->values, l->count);
    if (l->count) {
      print("# lateness CNT%s in ticks of %lu Hz: min %ld median %ld max %ld of %lu\n", timers[i].name, frequency,
            l->values[0], l->values[l->count / 2], l->values[l->count - 1], l->count);
    }
  }
}
