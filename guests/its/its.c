// its: LPIs by the commands of an ITS: each command, the queue, life of an LPI, two vCPUs, and all of it behind READY.
#include "suite.h"

struct taken taken[MAX_TAKEN];
volatile u32 taken_count;
void (*during)(u32 intid);
bool pass_over_qemu;

static struct lock record;

static void handle(void) {
  u32 intid = (u32)read_sysreg(icc_iar1_el1);
  dsb();
  if (intid >= 1020 && intid < LPI_FIRST) return;
  lock(&record);
  if (taken_count < MAX_TAKEN) taken[taken_count] = (struct taken){intid, cpu_index()};
  taken_count++;
  unlock(&record);
  if (during) during(intid);
  write_sysreg(icc_eoir1_el1, intid);
  isb();
}

void settle(void) {
  irq_on();
  delay_loop(20000);
  irq_off();
}

void forget(void) { taken_count = 0; }

static bool found(u32 cpu, u32 count, const u32 *wanted) {
  u32 there = 0;
  bool pass = true;
  for (u32 i = 0; i < taken_count && i < MAX_TAKEN; i++) {
    if (taken[i].cpu != cpu) continue;
    pass = pass && there < count && taken[i].intid == wanted[there];
    there++;
  }
  return pass && there == count;
}

bool took(u32 cpu, u32 count, u32 first, u32 second, u32 third) {
  u32 wanted[] = {first, second, third};
  bool pass = found(cpu, count, wanted);
  if (!pass) {
    print("# taken, INTID:vCPU");
    for (u32 i = 0; i < taken_count && i < MAX_TAKEN; i++) print(" %u:%u", taken[i].intid, taken[i].cpu);
    print("\n");
  }
  return pass;
}

bool took_here(u32 count, u32 first, u32 second, u32 third) {
  settle();
  bool pass = took(0, count, first, second, third) && taken_count == count;
  forget();
  return pass;
}

void on_this_cpu(void) {
  on_irq = handle;
}

void guest_main(void) {
  irq_off();
  gic_init();
  on_this_cpu();
  pass_over_qemu = arg_is("oracle", "qemu");
  if (!its_present()) return skip("LPIs and an ITS", "there are none");
  u64 typer = read64(GITS_TYPER);
  print("# GITS_TYPER 0x%lx\n", typer);
  ok(typer & 1, "physical LPIs");
  lpi_init();
  ok(read32(gic_redistributor() + GICR_CTLR) & 1, "EnableLPIs");
  its_init(!arg_is("table", "flat"));
  mapc(0, 0);
  ok((read64(GITS_CREADR) & 0xfffe0) == its_writer && !(read64(GITS_CREADR) & 1), "a command is taken, nothing stalls");
  test_commands();
  test_queue();
  test_second_cpu();
  test_across();
}
