// its-storm: one vCPU maps, pends, discards and maps again for ever and fills the command queue with it; what becomes of the other's time?
#include "../its/its.h"

#define DEVICE 1u
#define LPIS 4096u
#define BATCH 1000u

static volatile u32 storming, stop;
static volatile u64 commands;

// Other events and other LPIs all the time; INT in between pends what is disabled. A batch at a time is queued and waited for.
static void storm(u64 unused) {
  (void)unused;
  for (u32 n = 0; !stop; n++) {
    u32 event = n % LPIS, lpi = LPI_FIRST + (n * 7) % LPIS;
    u64 head = (u64)DEVICE << 32;
    its_queue_command(CMD_MAPTI | head, event | (u64)lpi << 32, 0, 0);
    its_queue_command(CMD_INT | head, event, 0, 0);
    its_queue_command(CMD_DISCARD | head, event, 0, 0);
    its_queue_command(CMD_MAPTI | head, event | (u64)(LPI_FIRST + n % LPIS) << 32, 0, 0);
    its_queue_command(CMD_DISCARD | head, event, 0, 0);
    commands += 5;
    if (n % (BATCH / 5)) continue;
    storming = 1;
    its_run();
  }
}

static volatile u64 fired;
static volatile u64 fired_at;

static volatile u64 lpis;

static void handle(void) {
  u32 intid = (u32)read_sysreg(icc_iar1_el1);
  if (intid == 27) {
    write_sysreg(cntv_ctl_el0, 0);
    isb();
    fired_at = cntvct();
    fired++;
  }
  lpis += intid == LPI_FIRST;
  if (intid < 1020 || intid >= LPI_FIRST) write_sysreg(icc_eoir1_el1, intid);
  isb();
}

// vCPU 0: how late is a timer of 100 us while the other storms?
void guest_main(void) {
  u64 rounds = arg_number("rounds", 200), limit = arg_number("limit", 100);
  gic_init();
  on_irq = handle;
  if (!its_present()) return skip("an ITS under a storm", "there is none");
  if (cpu_count < 2) return skip("an ITS under a storm", "one vCPU");
  lpi_init();
  its_init(false);
  mapc(0, 0);
  mapd(DEVICE, its_pages(1), 12);
  for (u32 n = 0; n < LPIS; n++) lpi_configure(LPI_FIRST + n, 0xa0, false);
  gic_set(27, GIC_ISENABLER);
  if (cpu_on(1, 0) != 0) bail("no second vCPU");
  cpu_post(1, storm, 0);
  if (!wait_until_equal(&storming, 1)) bail("no storm");
  u64 frequency = read_sysreg(cntfrq_el0), period = frequency / 10000, worst = 0;
  for (u64 n = 0; n < rounds || !rounds; n++) {
    u64 seen = fired, due = cntvct() + period;
    irq_off();
    write_sysreg(cntv_cval_el0, due);
    write_sysreg(cntv_ctl_el0, 1);
    while (fired == seen) {
      wfi();
      irq_on();
      isb();
      irq_off();
    }
    irq_on();
    if (fired_at - due > worst) worst = fired_at - due;
    if (n % 100 == 99) print("S %lu commands %lu worst %lu\n", n + 1, commands, worst);
  }
  u64 microseconds = worst * 1000000 / frequency;
  ok(microseconds <= limit, "a timer is at most %lu us late beside it: %lu", limit, microseconds);
  ok(commands > 0, "%lu commands", commands);
  stop = 1;
  if (!cpu_wait(1)) bail("the storm does not end");
  lpi_configure(LPI_FIRST, 0xa0, true);
  mapti(DEVICE, 0, LPI_FIRST, 0);
  its_int(DEVICE, 0);
  delay_loop(20000);
  ok(lpis == 1, "behind it an LPI is mapped and taken");
}
