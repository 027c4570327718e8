// What the benchmarks share.
#include "../lib/runtime.h"

void finish(u64 checksum);  // ends the timed part

u64 integer_work(u64 repeat);
u64 memory_walk(u64 repeat);
u64 fp_kernel(u64 iterations);
u64 simd_kernel(const void *from, void *to, u64 bytes, u64 repeat);
u64 el0_run(u64 calls, u64 entry);  // enters EL0; back by SVC #1
void el0_loop(void);
void el0_return(void);
void swap_registers(void);
