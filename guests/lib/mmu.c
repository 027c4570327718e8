// Identity map: devices nGnRE, RAM and the PV time area normal write-back inner shareable.
#include "runtime.h"

u64 mmu_root[512] __attribute__((aligned(4096)));
static u64 low[512] __attribute__((aligned(4096)));
static u64 around_uart[512] __attribute__((aligned(4096)));

#define DEVICE (PTE_DEVICE | PTE_AF | PTE_PXN | PTE_UXN)
#define MEMORY (PTE_NORMAL | PTE_AF | PTE_UXN)

void mmu_build(void) {
  for (u64 i = 0; i < 512; i++) low[i] = i << 21 | DEVICE | PTE_BLOCK;
  for (u64 i = 0; i < 512; i++) {
    u64 address = UART_BASE + (i << 12);
    bool shared = address >= PVTIME_BASE && address < PVTIME_BASE + PVTIME_SIZE;
    around_uart[i] = address | (shared ? MEMORY | PTE_PXN : DEVICE) | PTE_PAGE;
  }
  low[UART_BASE >> 21] = (u64)around_uart | PTE_TABLE;
  mmu_root[0] = (u64)low | PTE_TABLE;
  mmu_root[1] = RAM_BASE | MEMORY | PTE_BLOCK;
}

void mmu_enable(void) {
  u64 features = read_sysreg(id_aa64mmfr0_el1);
  u64 range = features & 0xf;
  if (range > 5) range = 5;                         // 48 bits: more needs another table format
  write_sysreg(mair_el1, 0x44ff04);                 // 0: nGnRE, 1: write-back, 2: non-cacheable
  write_sysreg(tcr_el1, 25ul                        // T0SZ: 39 bits
                            | 1ul << 8 | 1ul << 10  // IRGN0, ORGN0: write-back, write-allocate
                            | 3ul << 12             // SH0: inner shareable
                            | 25ul << 16 | 1ul << 23 | 2ul << 30  // T1SZ, EPD1: no TTBR1 walks; TG1: 4 KiB
                            | range << 32);
  write_sysreg(ttbr0_el1, (u64)mmu_root);
  dsb();
  asm volatile("tlbi vmalle1\n\tic iallu" ::: "memory");
  dsb();
  isb();
  write_sysreg(sctlr_el1, SCTLR_BASE);
  isb();
}
