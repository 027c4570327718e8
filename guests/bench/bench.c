// bench: work of one kind at a time, between BEGIN and END lines that the host takes the time of. Not a test: it has no plan.
#include "bench.h"

static u64 repeat;

#define PRIVATE 0x80000000ul
#define PRIVATE_PAGES 8

// Two processes: the same virtual addresses are pages of their own in each, not global, told apart by the ASID.
static void context_switches(void) {
  static u64 roots[2][512] __attribute__((aligned(4096)));
  static u64 middle[2][512] __attribute__((aligned(4096)));
  static u64 last[2][512] __attribute__((aligned(4096)));
  static u64 pages[2][PRIVATE_PAGES][512] __attribute__((aligned(4096)));
  for (u32 process = 0; process < 2; process++) {
    for (u32 i = 0; i < 512; i++) roots[process][i] = mmu_root[i];
    for (u32 i = 0; i < PRIVATE_PAGES; i++) {
      last[process][i] = (u64)pages[process][i] | PTE_NORMAL | PTE_AF | PTE_NG | PTE_UXN | PTE_PXN | PTE_PAGE;
    }
    middle[process][0] = (u64)last[process] | PTE_TABLE;
    roots[process][PRIVATE >> 30] = (u64)middle[process] | PTE_TABLE;
  }
  dsb();
  u64 sum = 0;
  for (u64 i = 0; i < repeat * 2000; i++) {
    u64 process = i & 1;
    write_sysreg(ttbr0_el1, (u64)roots[process] | (process + 1) << 48);
    isb();
    swap_registers();
    volatile u64 *mine = (volatile u64 *)PRIVATE;
    for (u32 page = 0; page < PRIVATE_PAGES; page++) sum += mine[page * 512] += process + page + 1;
  }
  write_sysreg(ttbr0_el1, (u64)mmu_root);
  isb();
  finish(sum);
}

static bool on_svc(struct frame *frame, u32 vector) {
  if (vector != VECTOR_LOWER_EL || ESR_EC(frame->esr) != 0x15) return false;
  if ((frame->esr & 0xffff) == 0) {
    frame->x[1] += frame->x[0];
    return true;
  }
  frame->elr = (u64)el0_return;
  frame->spsr = 0x3c5;
  return true;
}

static void system_calls(void) {
  mmu_root[3] = RAM_BASE | PTE_NORMAL | PTE_AF | PTE_USER | PTE_PXN | PTE_BLOCK;
  dsb();
  asm volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
  on_sync = on_svc;
  finish(el0_run(repeat * 5000, (u64)el0_loop + 0x80000000));
}

static volatile u64 fired;

static void on_timer(u32 intid) {
  (void)intid;
  fired++;
  write_sysreg(cntv_ctl_el0, 0);
}

// Each shot is due at once: there is no wait, which QEMU would spend in real time and we would skip.
static void timer_interrupts(void) {
  gic_init();
  on_interrupt = on_timer;
  gic_set(27, GIC_ISENABLER);
  irq_on();
  for (u64 i = 0; i < repeat * 1000; i++) {
    write_sysreg(cntv_cval_el0, cntvct());
    write_sysreg(cntv_ctl_el0, 1);
    isb();
    while (fired == i) {}
  }
  finish(fired);
}

static void floating_point(void) { finish(fp_kernel(repeat * 20000)); }

static void vectors(void) {
  u64 *from = allocate(65536), *to = allocate(65536);
  for (u32 i = 0; i < 8192; i++) from[i] = i * 0x9e3779b97f4a7c15ul;
  finish(simd_kernel(from, to, 65536, repeat * 20));
}

static void integers(void) { finish(integer_work(repeat)); }
static void memory(void) { finish(memory_walk(repeat)); }
static void idle(void) { finish(0); }

static const struct { const char *name; void (*run)(void); } benches[] = {
    {"int", integers},     {"memory", memory},           {"fp", floating_point},      {"simd", vectors},
    {"syscall", system_calls}, {"switch", context_switches}, {"timer", timer_interrupts}, {"none", idle},
};

static const char *name;

void finish(u64 checksum) { print("END %s %lx\n", name, checksum); }

void guest_main(void) {
  repeat = arg_number("n", 1);
  write_sysreg(cpacr_el1, 3 << 20);
  isb();
  for (u32 i = 0; i < sizeof benches / sizeof *benches; i++) {
    if (!arg_is("bench", benches[i].name)) continue;
    name = benches[i].name;
    print("BEGIN %s\n", name);
    benches[i].run();
    ok(true, "%s", name);
    return;
  }
  bail("bootargs: bench=NAME is missing or unknown");
}
