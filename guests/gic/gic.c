// gic: the registers of the distributor and what the CPU interface makes of them.
#include "gic.h"

struct taken taken[MAX_TAKEN];
volatile u32 taken_count;
void (*during)(u32 intid);
bool deactivate_separately;

static void handle(void) {
  u32 intid = (u32)read_sysreg(icc_iar1_el1);
  dsb();
  if (intid >= 1020) return;
  if (taken_count < MAX_TAKEN) {
    taken[taken_count] = (struct taken){intid, read_sysreg(icc_rpr_el1), gic_get(intid, GIC_ISACTIVER),
                                        gic_get(intid, GIC_ISPENDR)};
  }
  taken_count++;
  if (during) during(intid);
  write_sysreg(icc_eoir1_el1, intid);
  isb();
}

void gic_test_init(void) {
  gic_init();
  on_irq = handle;
}

void settle(void) {
  irq_on();
  delay_loop(20000);
  irq_off();
}

void forget(void) { taken_count = 0; }

bool took(u32 count, u32 first, u32 second, u32 third) {
  u32 wanted[] = {first, second, third};
  bool pass = taken_count == count;
  for (u32 i = 0; i < count && i < 3; i++) pass = pass && taken[i].intid == wanted[i];
  if (!pass) {
    print("# %u taken:", taken_count);
    for (u32 i = 0; i < taken_count && i < MAX_TAKEN; i++) print(" %u", taken[i].intid);
    print("\n");
  }
  forget();
  return pass;
}

void guest_main(void) {
  irq_off();
  gic_test_init();
  u32 lines = ((read32(GICD_TYPER) & 0x1f) + 1) * 32;
  if (lines <= SPI_D) bail("gic: %u interrupts, needs %u", lines, SPI_D + 1);
  test_registers(lines);
  test_delivery();
  test_second_cpu();
}
