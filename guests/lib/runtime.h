// The runtime that every guest shares: one door to console, TAP, bootargs, exceptions, MMU, GIC, PSCI and vCPUs.
#ifndef RUNTIME_H
#define RUNTIME_H

#include "sysreg.h"

// ---- board: QEMU `virt`
#define UART_BASE 0x09000000ul
#define GICD_BASE 0x08000000ul
#define GICR_BASE 0x080a0000ul
#define PVTIME_BASE 0x090a0000ul
#define PVTIME_SIZE 0x10000ul
#define RAM_BASE 0x40000000ul
#define MAX_CPUS 64

// ---- entry point of the guest
void guest_main(void);
__attribute__((noreturn)) void guest_exit(int code);  // semihosting or SYSTEM_OFF, as bootargs say

// ---- console: formats %d %u %x %ld %lu %lx %s %c %%, with zero padding and width; a call is one unbroken write
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);
__attribute__((format(printf, 3, 4))) int format_to(char *buffer, int size, const char *format, ...);
int format_list(char *buffer, int size, const char *format, __builtin_va_list list);
void console_force(void);  // ignore the lock from here on: the way out of an exception

// ---- TAP version 13; the plan is printed last
__attribute__((format(printf, 2, 3))) bool ok(bool pass, const char *format, ...);
__attribute__((format(printf, 3, 4))) bool ok_equal(u64 got, u64 want, const char *format, ...);
void skip(const char *what, const char *reason);
__attribute__((noreturn)) void done(void);
__attribute__((format(printf, 1, 2), noreturn)) void bail(const char *format, ...);

// ---- device tree and bootargs
extern const char *bootargs;
extern bool conduit_is_smc;
extern u32 cpu_count;             // vCPUs in the device tree, at most MAX_CPUS; the boot vCPU is index 0
extern u64 cpu_mpidr[MAX_CPUS];
extern u64 dtb_address;
void dtb_parse(u64 x0);
bool arg_is(const char *name, const char *value);   // is "name=value" among the bootargs?
u64 arg_number(const char *name, u64 otherwise);    // "name=123" or "name=0x7b"

// ---- exceptions
struct frame { u64 x[31], sp_el0, elr, spsr, esr, far; };
extern bool (*on_sync)(struct frame *frame, u32 vector);  // returns true where it has dealt with it
extern void (*on_irq)(void);
#define ESR_EC(esr) ((u32)((esr) >> 26 & 0x3f))
#define VECTOR_LOWER_EL 8  // vectors 8..11: from EL0 in AArch64

// ---- MMU: 4 KiB granule, 39-bit addresses, identity map in TTBR0
#define PTE_TABLE 3ul
#define PTE_PAGE 3ul
#define PTE_BLOCK 1ul
#define PTE_ATTR(index) ((u64)(index) << 2)
#define PTE_DEVICE PTE_ATTR(0)  // nGnRE
#define PTE_NORMAL (PTE_ATTR(1) | PTE_INNER)
#define PTE_USER (1ul << 6)
#define PTE_READ_ONLY (1ul << 7)
#define PTE_INNER (3ul << 8)
#define PTE_AF (1ul << 10)
#define PTE_NG (1ul << 11)
#define PTE_PXN (1ul << 53)
#define PTE_UXN (1ul << 54)
#define SCTLR_BASE 0x30d0181dul  // RES1, M, C, I, SA, SA0
extern u64 mmu_root[512];
void mmu_build(void);
void mmu_enable(void);

// ---- SMCCC and PSCI (conduit from the device tree)
#define PSCI_VERSION 0x84000000u
#define PSCI_CPU_OFF 0x84000002u
#define PSCI_CPU_ON 0xc4000003u
#define PSCI_AFFINITY_INFO 0xc4000004u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_FEATURES 0x8400000au
#define SMCCC_VERSION 0x80000000u
#define SMCCC_ARCH_FEATURES 0x80000001u
#define PSCI_NOT_SUPPORTED (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_ALREADY_ON (-4)
s64 smccc(u64 function, u64 a1, u64 a2, u64 a3);

// ---- PV time (DEN0057A)
#define PV_TIME_FEATURES 0xc5000020u
bool pv_time_present(void);           // discovery steps 1 to 3
bool pv_call_present(u64 call);       // PV_TIME_FEATURES(call)

// ---- vCPUs: a started vCPU runs what it is given, and waits in WFE in between
struct cpu {
  u64 context, mpidr, sctlr, daif, current_el;  // as found at the entry of the last CPU_ON
  void (*volatile work)(u64 argument);
  volatile u64 argument;
  volatile u32 starts;
};
extern struct cpu cpus[MAX_CPUS];
static inline u32 cpu_index(void) { return (u32)read_sysreg(tpidr_el1); }
s64 cpu_on(u32 index, u32 cookie);  // context id = cookie << 32 | index; waits until it is up
void cpu_post(u32 index, void (*work)(u64), u64 argument);
bool cpu_wait(u32 index);           // false: not finished after a very long while
bool wait_until_equal(volatile u32 *value, u32 wanted);

// ---- locks made of LDAXR/STXR (no LSE)
struct lock { u32 held; };
void lock(struct lock *l);
void unlock(struct lock *l);

// ---- GICv3: all interrupts group 1, disabled; priority 0xa0
#define GICD_CTLR (GICD_BASE + 0x0)
#define GICD_TYPER (GICD_BASE + 0x4)
#define GICD_IIDR (GICD_BASE + 0x8)
#define GICD_PIDR2 (GICD_BASE + 0xffe8)
#define GICD_IROUTER(id) (GICD_BASE + 0x6000 + 8ul * (id))
#define GIC_IGROUPR 0x080
#define GIC_ISENABLER 0x100
#define GIC_ICENABLER 0x180
#define GIC_ISPENDR 0x200
#define GIC_ICPENDR 0x280
#define GIC_ISACTIVER 0x300
#define GIC_ICACTIVER 0x380
#define GIC_IPRIORITYR 0x400
#define GIC_ICFGR 0xc00
#define INTID_SPURIOUS 1023
#define MPIDR_AFFINITY 0xff00fffffful
void gic_init(void);                         // distributor, then this vCPU
void gic_cpu_init(void);                     // redistributor and CPU interface of this vCPU
u64 gic_redistributor(void);                 // RD_base of this vCPU
void gic_set(u32 intid, u32 bank);           // writes the interrupt's bit in a GIC_I... bank (SGI, PPI: this vCPU's)
bool gic_get(u32 intid, u32 bank);
void gic_priority(u32 intid, u8 priority);
void gic_send_sgi(u32 intid, u64 mpidr);
extern void (*on_interrupt)(u32 intid);      // called between acknowledge and end of interrupt

// ---- memory and arithmetic
void *allocate(u64 bytes);  // 16-byte aligned, never freed, content undefined
void sort(s64 *values, u64 count);

#endif
