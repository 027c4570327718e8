// smp: starting and stopping vCPUs, interrupts between them, locks, and the order of their counters.
#include "../lib/runtime.h"

#define SGIS 16

static volatile u32 received[MAX_CPUS][SGIS];
static u64 rounds;

static void count_sgi(u32 intid) {
  if (intid >= SGIS) bail("interrupt %u is no SGI", intid);
  received[cpu_index()][intid]++;
}

static void prepare(u64 unused) {
  (void)unused;
  gic_cpu_init();
  for (u32 intid = 0; intid < SGIS; intid++) gic_set(intid, GIC_ISENABLER);
  irq_on();
}

static void finish(u32 index) {
  if (!cpu_wait(index)) bail("vCPU %u does not finish", index);
}

// ---- PSCI

static s64 affinity_info(u64 mpidr) { return smccc(PSCI_AFFINITY_INFO, mpidr, 0, 0); }

static void start_all(u32 cookie, const char *occasion) {
  for (u32 i = 1; i < cpu_count; i++) {
    ok(affinity_info(cpu_mpidr[i]) == 1, "%s: AFFINITY_INFO says vCPU %u is off", occasion, i);
    ok(cpu_on(i, cookie + i) == 0, "%s: CPU_ON starts vCPU %u", occasion, i);
    ok_equal(cpus[i].context, (u64)(cookie + i) << 32 | i, "%s: vCPU %u got its context id", occasion, i);
    ok_equal(cpus[i].mpidr, cpu_mpidr[i], "%s: vCPU %u has the MPIDR of the device tree", occasion, i);
    ok((cpus[i].sctlr & 1) == 0 && cpus[i].daif == 0x3c0 && cpus[i].current_el == 1,
       "%s: vCPU %u entered at EL1 with MMU off and DAIF masked", occasion, i);
    ok(affinity_info(cpu_mpidr[i]) == 0, "%s: AFFINITY_INFO says vCPU %u is on", occasion, i);
  }
}

static void turn_off(u64 unused) {
  (void)unused;
  irq_off();
  smccc(PSCI_CPU_OFF, 0, 0, 0);
  bail("CPU_OFF returned");
}

static void stop_all(void) {
  for (u32 i = 1; i < cpu_count; i++) {
    cpu_post(i, turn_off, 0);
    u64 polls = 0;
    for (; affinity_info(cpu_mpidr[i]) != 1 && polls < 10000000; polls++) cpu_yield();
    ok(polls < 10000000, "CPU_OFF: AFFINITY_INFO says vCPU %u is off", i);
  }
}

static void errors(void) {
  const u64 nobody = 0xfe0000;
  ok_equal((u64)smccc(PSCI_CPU_ON, nobody, RAM_BASE, 0), (u64)PSCI_INVALID_PARAMETERS,
           "CPU_ON of an MPIDR that does not exist: INVALID_PARAMETERS");
  ok_equal((u64)affinity_info(nobody), (u64)PSCI_INVALID_PARAMETERS,
           "AFFINITY_INFO of an MPIDR that does not exist: INVALID_PARAMETERS");
  ok_equal((u64)smccc(PSCI_CPU_ON, cpu_mpidr[0], RAM_BASE, 0), (u64)PSCI_ALREADY_ON, "CPU_ON of itself: ALREADY_ON");
  for (u32 i = 1; i < cpu_count; i++) {
    ok_equal((u64)smccc(PSCI_CPU_ON, cpu_mpidr[i], RAM_BASE, 0), (u64)PSCI_ALREADY_ON, "CPU_ON of vCPU %u: ALREADY_ON", i);
  }
}

// ---- SGIs

static void send(u64 receiver) { gic_send_sgi(cpu_index() % SGIS, cpu_mpidr[receiver]); }

static void send_to_others(u64 unused) {
  (void)unused;
  dsb();
  write_sysreg(icc_sgi1r_el1, 1ul << 40 | 15ul << 24);  // IRM: all but self
  isb();
}

static void sgi_pair(u32 sender, u32 receiver) {
  u32 intid = sender % SGIS, before[MAX_CPUS];
  for (u32 i = 0; i < cpu_count; i++) before[i] = received[i][intid];
  cpu_post(sender, send, receiver);
  finish(sender);
  bool came = wait_until_equal(&received[receiver][intid], before[receiver] + 1);
  delay_loop(10000);
  for (u32 i = 0; i < cpu_count; i++) came = came && received[i][intid] == before[i] + (i == receiver);
  ok(came, "SGI %u from vCPU %u comes to vCPU %u once, and nowhere else", intid, sender, receiver);
}

// The boot vCPU takes part as a sender, too: it has no loop that waits for work.
static void sgi_from_boot(u32 receiver) {
  u32 before = received[receiver][0];
  send(receiver);
  bool came = wait_until_equal(&received[receiver][0], before + 1);
  delay_loop(10000);
  ok(came && received[receiver][0] == before + 1, "SGI 0 from vCPU 0 comes to vCPU %u once", receiver);
}

static void sgis(void) {
  for (u32 receiver = 0; receiver < cpu_count; receiver++) sgi_from_boot(receiver);
  for (u32 sender = 1; sender < cpu_count; sender++) {
    for (u32 receiver = 0; receiver < cpu_count; receiver++) sgi_pair(sender, receiver);
  }
  u32 own = received[0][15], before[MAX_CPUS];
  for (u32 i = 0; i < cpu_count; i++) before[i] = received[i][15];
  send_to_others(0);
  bool came = true;
  for (u32 i = 1; i < cpu_count; i++) came = wait_until_equal(&received[i][15], before[i] + 1) && came;
  delay_loop(10000);
  ok(came && received[0][15] == own, "SGI 15 to all others comes to all others");
}

// ---- locks and counters

static struct lock shared_lock;
static volatile u64 under_lock, last_virtual, last_physical, virtual_backward, physical_backward;
static u32 ticket_next, ticket_serving;
static u64 exclusive_sum;

static void count_under_lock(u64 unused) {
  (void)unused;
  for (u64 i = 0; i < rounds; i++) {
    lock(&shared_lock);
    under_lock = under_lock + 1;
    unlock(&shared_lock);
  }
}

static void add_exclusively(u64 unused) {
  (void)unused;
  for (u64 i = 0; i < rounds; i++) {
    u64 value;
    u32 failed;
    asm volatile("1: ldxr %0, [%2]\n\tadd %0, %0, #1\n\tstxr %w1, %0, [%2]\n\tcbnz %w1, 1b"
                 : "=&r"(value), "=&r"(failed) : "r"(&exclusive_sum) : "memory");
  }
}

static u32 draw_ticket(void) {
  u32 ticket, next, failed;
  asm volatile("1: ldaxr %w0, [%3]\n\tadd %w1, %w0, #1\n\tstlxr %w2, %w1, [%3]\n\tcbnz %w2, 1b"
               : "=&r"(ticket), "=&r"(next), "=&r"(failed) : "r"(&ticket_next) : "memory");
  return ticket;
}

// The STLR of the holder clears the monitor that LDAXR armed, and that wakes the WFE (Arm ARM B2.9.6, D1.6).
static void wait_for_turn(u32 ticket) {
  u32 serving;
  asm volatile("sevl\n\t1: wfe\n\tldaxr %w0, [%1]\n\tcmp %w0, %w2\n\tb.ne 1b"
               : "=&r"(serving) : "r"(&ticket_serving), "r"(ticket) : "cc", "memory");
}

static void read_in_order(u64 unused) {
  (void)unused;
  for (u64 i = 0; i < rounds; i++) {
    u32 ticket = draw_ticket();
    wait_for_turn(ticket);
    u64 virtual_count = cntvct(), physical_count = cntpct();
    isb();
    virtual_backward += virtual_count < last_virtual;
    physical_backward += physical_count < last_physical;
    last_virtual = virtual_count;
    last_physical = physical_count;
    asm volatile("stlr %w0, [%1]" ::"r"(ticket + 1), "r"(&ticket_serving) : "memory");
  }
}

static void run_everywhere(void (*work)(u64)) {
  for (u32 i = 1; i < cpu_count; i++) cpu_post(i, work, 0);
  work(0);
  for (u32 i = 1; i < cpu_count; i++) finish(i);
}

static void locks(void) {
  run_everywhere(count_under_lock);
  ok_equal(under_lock, rounds * cpu_count, "a spin lock keeps vCPUs apart");
  run_everywhere(add_exclusively);
  ok_equal(exclusive_sum, rounds * cpu_count, "LDXR/STXR additions are not lost");
  print("READY\n");
  run_everywhere(read_in_order);
  ok_equal(ticket_serving, rounds * cpu_count, "every ticket was served once");
  ok(virtual_backward == 0, "CNTVCT_EL0 never goes back from one vCPU to the next");
  ok(physical_backward == 0, "CNTPCT_EL0 never goes back from one vCPU to the next");
}

void guest_main(void) {
  rounds = arg_number("rounds", 500);
  print("# %u vCPU(s)\n", cpu_count);
  gic_init();
  on_interrupt = count_sgi;
  prepare(0);
  start_all(0x5eed0000, "first start");
  errors();
  for (u32 i = 1; i < cpu_count; i++) {
    cpu_post(i, prepare, 0);
    finish(i);
  }
  sgis();
  locks();
  stop_all();
  start_all(0xc0de0000, "second start");
}
