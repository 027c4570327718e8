// A virtio disk over MMIO: what it writes to memory is seen as code, as a translation table and by an exclusive monitor.
#include "../lib/runtime.h"

#define DISK 0x0a000000ul
#define INTID 48
#define SECTOR 512
#define PAGE 4096
#define QUEUE 8
#define REGION (8ul << 30)  // a virtual address of its own
#define MEMORY (PTE_NORMAL | PTE_AF | PTE_UXN | PTE_PXN)

enum { READ = 0, WRITE = 1, FLUSH = 4 };
enum { NEXT = 1, DEVICE_WRITES = 2 };

static struct { u64 address; u32 length; u16 flags, next; } table[QUEUE] __attribute__((aligned(16)));
static struct { u16 flags, index, ring[QUEUE], used_event; } available __attribute__((aligned(2)));
static struct { u16 flags; volatile u16 index; struct { u32 id, length; } ring[QUEUE]; u16 event; } used
    __attribute__((aligned(4)));
static struct { u32 type, reserved; u64 sector; } header;
static volatile u8 status;
static volatile u32 interrupts;

static u8 code[PAGE] __attribute__((aligned(PAGE)));
static u8 data[PAGE] __attribute__((aligned(PAGE)));
static u64 a_page[512] __attribute__((aligned(PAGE)));
static u64 b_page[512] __attribute__((aligned(PAGE)));
static u64 middle_table[512] __attribute__((aligned(PAGE)));
static u64 last_table[512] __attribute__((aligned(PAGE)));
static u64 watched[SECTOR / 8] __attribute__((aligned(SECTOR)));

static u32 reg(u64 offset) { return read32(DISK + offset); }
static void set(u64 offset, u32 value) { write32(DISK + offset, value); }

static void set_address(u64 offset, const void *part) {
  set(offset, (u32)(u64)part);
  set(offset + 4, (u32)((u64)part >> 32));
}

static void served(u32 intid) {
  if (intid != INTID) return;
  interrupts++;
  set(0x64, reg(0x60));
}

static void submit(u32 type, u64 sector, void *buffer, u32 bytes) {
  header.type = type;
  header.sector = sector;
  status = 0xff;
  table[0] = (typeof(table[0])){(u64)&header, 16, NEXT, bytes ? 1 : 2};
  table[1] = (typeof(table[0])){(u64)buffer, bytes, NEXT | (type == READ ? DEVICE_WRITES : 0), 2};
  table[2] = (typeof(table[0])){(u64)&status, 1, DEVICE_WRITES, 0};
  available.ring[available.index % QUEUE] = 0;
  dsb();
  available.index++;
  dsb();
  set(0x50, 0);
}

// Waits with interrupts, and with nothing else to do.
static u8 transfer(u32 type, u64 sector, void *buffer, u32 bytes) {
  u16 before = used.index;
  submit(type, sector, buffer, bytes);
  while (used.index == before) {
    wfi();
    irq_on();
    isb();
    irq_off();
  }
  return status;
}

static void begin(void) {
  set(0x70, 0);
  set(0x70, 3);
  set(0x24, 1);
  set(0x20, 1);  // VERSION_1 alone
  set(0x70, 11);
  ok(reg(0x70) == 11, "features are agreed");
  set(0x30, 0);
  ok(reg(0x34) >= QUEUE, "the queue is large enough");
  set(0x38, QUEUE);
  set_address(0x80, table);
  set_address(0x90, &available);
  set_address(0xa0, &used);
  set(0x44, 1);
  set(0x70, 15);
}

static void transfers(void) {
  u32 sectors = reg(0x100);
  bool right = true;
  for (u32 at = 0; at < 8; at++) {
    right = transfer(READ, at, data, SECTOR) == 0 && right;
    for (u32 i = 0; i < SECTOR; i++) right = data[i] == (u8)(at * 3 + i) && right;
  }
  ok(right, "reads are what is on the disk");
  for (u32 i = 0; i < PAGE; i++) data[i] = (u8)(i * 7 + 1);
  right = transfer(WRITE, 9, data, PAGE) == 0 && transfer(FLUSH, 0, 0, 0) == 0;
  for (u32 i = 0; i < PAGE; i++) data[i] = 0;
  right = transfer(READ, 9, data, PAGE) == 0 && right;
  for (u32 i = 0; i < PAGE; i++) right = data[i] == (u8)(i * 7 + 1) && right;
  ok(right, "what is written is read back");
  ok(transfer(READ, sectors, data, SECTOR) == 1, "behind the end is an I/O error");
  ok_equal(interrupts, 12, "an interrupt for each request");
}

static void put(u64 sector, const void *words, u32 bytes) {
  for (u32 i = 0; i < SECTOR; i++) data[i] = i < bytes ? ((const u8 *)words)[i] : 0;
  transfer(WRITE, sector, data, SECTOR);
}

static void code_page(void) {
  u32 (*call)(void) = (u32 (*)(void))code;
  u64 line = 64;
  bool right = true;
  for (u32 round = 0; round < 6; round++) {
    u32 words[3] = {0x52800000 | (round + 40) << 5, 0x11000400, 0xd65f03c0};  // MOV W0, #n; ADD W0, W0, #1; RET
    put(32 + round, words, sizeof words);
    transfer(READ, 32 + round, code, SECTOR);
    for (u64 at = 0; at < SECTOR; at += line) asm volatile("ic ivau, %0" ::"r"(code + at) : "memory");
    dsb();
    isb();
    for (u32 i = 0; i < 3; i++) right = call() == round + 41 && right;
  }
  ok(right, "code that a device has written is what runs");
}

static void table_page(void) {
  u64 region = REGION;
  mmu_root[region >> 30] = (u64)middle_table | PTE_TABLE;
  middle_table[0] = (u64)last_table | PTE_TABLE;
  a_page[0] = 0xaaaa;
  b_page[0] = 0xbbbb;
  bool right = true;
  for (u32 round = 0; round < 4; round++) {
    u64 entry = (u64)(round & 1 ? b_page : a_page) | MEMORY | PTE_PAGE;
    put(64, &entry, sizeof entry);
    transfer(READ, 64, last_table, SECTOR);
    dsb();
    asm volatile("tlbi vmalle1" ::: "memory");
    dsb();
    isb();
    right = read64(region) == (round & 1 ? 0xbbbb : 0xaaaa) && right;
  }
  ok(right, "a table that a device has written translates");
}

static void monitor(void) {
  u64 zero = 0;
  put(72, &zero, sizeof zero);
  submit(READ, 72, watched, SECTOR);
  u32 failed;
  u64 value;
  asm volatile(
      "ldxr %1, [%2]\n"
      "1: ldrb w9, [%3]\n\tcmp w9, #0xff\n\tb.eq 1b\n"
      "stxr %w0, %1, [%2]"
      : "=&r"(failed), "=&r"(value)
      : "r"(watched), "r"(&status)
      : "memory", "cc", "w9");
  ok(failed == 1, "a device's write opens an exclusive monitor");
  irq_on();
  isb();
  irq_off();
}

void guest_main(void) {
  if (reg(0) != 0x74726976 || reg(8) != 2) bail("no virtio disk");
  ok(reg(4) == 2, "virtio-mmio version 2");
  on_interrupt = served;
  gic_init();
  gic_set(INTID, GIC_ISENABLER);
  write64(GICD_IROUTER(INTID), cpu_mpidr[0] & MPIDR_AFFINITY);
  begin();
  transfers();
  code_page();
  table_page();
  monitor();
  done();
}
