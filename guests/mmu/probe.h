// Accesses that may fault, code that runs at EL0, and the page tables of the test region.
#ifndef PROBE_H
#define PROBE_H

#include "../lib/runtime.h"

// Syndromes with IL set; the fault status is added to an abort's, WRITE to a data abort by a write.
#define ESR_UNKNOWN 0x02000000ul
#define ESR_FP 0x1fe00000ul
#define ESR_SVC 0x56000000ul
#define ESR_TRAPPED_SYSREG 0x62000000ul
#define ESR_FETCH_EL0 0x82000000ul
#define ESR_FETCH_EL1 0x86000000ul
#define ESR_PC_ALIGNMENT 0x8a000000ul
#define ESR_DATA_EL0 0x92000000ul
#define ESR_DATA_EL1 0x96000000ul
#define ESR_SP_ALIGNMENT 0x9a000000ul
#define WRITE 0x40ul
#define TRANSLATION(level) (4ul + (level))
#define ACCESS_FLAG(level) (8ul + (level))
#define PERMISSION(level) (12ul + (level))
#define ALIGNMENT 0x21ul

struct fault { bool taken; u32 vector; u64 esr, far, elr, x0; };
extern struct fault fault;  // of the last probe or the last stay at EL0
void catch_faults(void);
void clear_fault(void);
bool faulted(u64 esr, u64 far, const char *what);  // TAP: the last probe took exactly this
bool unharmed(const char *what);                   // TAP: the last probe took no exception

u32 probe_read(u64 address);
u64 probe_read64(u64 address);
void probe_write(u64 address, u32 value);
u64 probe_post_index(u64 address);   // LDR with write-back: the base afterwards
void probe_exclusive(u64 address);
void probe_fetch(u64 address);       // calls it
void probe_zva(u64 address);
void probe_stack(u64 sp);            // loads through a stack pointer of this value (SP_EL0, at EL1t)
void probe_fp(void);

void enter_user(u64 pc, u64 sp, u64 x0);  // until the first exception; then `fault` tells it
#define USER_STUB(name) extern u8 name[]
extern u8 user_text[];
USER_STUB(user_svc);
USER_STUB(user_load);
USER_STUB(user_jump);
USER_STUB(user_sctlr);
USER_STUB(user_midr);
USER_STUB(user_hvc);
USER_STUB(user_cntvct);
USER_STUB(user_ctr);
USER_STUB(user_zva);
USER_STUB(user_daif);
USER_STUB(user_stack);

// Test region: one 1 GiB entry of the root table and its neighbour
#define REGION 0x2000000000ul
#define REGION_BLOCK 0x2040000000ul
#define PAGE 4096ul
#define MEMORY (PTE_NORMAL | PTE_AF)
u64 *entry_of(u64 *root, u64 address, u32 level);  // makes the tables that lead to it
void map(u64 address, u64 descriptor, u32 level);  // break before make
extern u64 data_page[512], other_page[512];
extern u32 code_page[1024];

void test_faults(void);
void test_user(void);
void test_maintenance(void);
bool platform_ok(bool pass, const char *what);  // with oracle=qemu a failure is skipped

#endif
