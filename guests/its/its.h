// The ITS and LPIs as a guest drives them: tables, command queue, commands. For any guest that takes LPIs.
#ifndef ITS_H
#define ITS_H

#include "../lib/runtime.h"

#define GITS_BASE 0x08080000ul
#define GITS_CTLR (GITS_BASE + 0x0)
#define GITS_TYPER (GITS_BASE + 0x8)
#define GITS_CBASER (GITS_BASE + 0x80)
#define GITS_CWRITER (GITS_BASE + 0x88)
#define GITS_CREADR (GITS_BASE + 0x90)
#define GITS_BASER(n) (GITS_BASE + 0x100 + 8ul * (n))
#define GITS_TRANSLATER (GITS_BASE + 0x10040)

#define GICR_CTLR 0x0
#define GICR_TYPER 0x8
#define GICR_PROPBASER 0x70
#define GICR_PENDBASER 0x78
#define PENDBASER_PTZ (1ul << 62)

#define LPI_FIRST 8192u
#define LPI_ENABLED 1
#define ITS_VALID (1ul << 63)
#define ITS_CACHED (7ul << 7 | 1ul << 10)        // inner write-back, inner shareable: GICR's and GITS_CBASER's place for it
#define ITS_TABLE_ATTRIBUTES (7ul << 59 | 1ul << 10 | 2ul << 8)  // the same of GITS_CBASER and BASER; pages of 64 KiB
#define ITS_INDIRECT (1ul << 62)
#define PAGE_64K 0x10000ul
#define QUEUE_BYTES PAGE_64K

#define CMD_MOVI 0x01
#define CMD_INT 0x03
#define CMD_CLEAR 0x04
#define CMD_SYNC 0x05
#define CMD_MAPD 0x08
#define CMD_MAPC 0x09
#define CMD_MAPTI 0x0a
#define CMD_MAPI 0x0b
#define CMD_INV 0x0c
#define CMD_INVALL 0x0d
#define CMD_MOVALL 0x0e
#define CMD_DISCARD 0x0f

// One of each in a guest, whichever of its files include this.
__attribute__((weak)) u8 *lpi_properties;  // one byte an LPI
__attribute__((weak)) u64 its_queue, its_writer;

// Memory for a table of the GIC: whole 64 KiB pages that nothing has written yet.
static inline u64 its_pages(u64 count) {
  u64 at = (u64)allocate((count + 1) * PAGE_64K);
  return (at + PAGE_64K - 1) & ~(PAGE_64K - 1);
}

static inline bool its_present(void) {
  return read32(GICD_TYPER) >> 17 & 1 && read64(gic_redistributor() + GICR_TYPER) & 1;
}

// This vCPU's redistributor: LPIs on, nothing pending.
static inline void lpi_init(void) {
  u64 base = gic_redistributor(), pending = its_pages(1);
  if (!lpi_properties) lpi_properties = (u8 *)its_pages(1);
  write64(base + GICR_PROPBASER, (u64)lpi_properties | ITS_CACHED | 15);
  write64(base + GICR_PENDBASER, pending | ITS_CACHED | PENDBASER_PTZ);
  write32(base + GICR_CTLR, read32(base + GICR_CTLR) | 1);
}

// Queues a command; its_run tells the ITS of all that are queued and waits for them.
static inline void its_queue_command(u64 first, u64 second, u64 third, u64 fourth) {
  u64 *at = (u64 *)(its_queue + its_writer);
  at[0] = first;
  at[1] = second;
  at[2] = third;
  at[3] = fourth;
  its_writer = (its_writer + 32) % QUEUE_BYTES;
}

static inline void its_ring(void) {
  dsb();
  write64(GITS_CWRITER, its_writer);
}

static inline bool its_wait(void) {
  for (u64 n = 0; n < 1000000; n++) {
    if ((read64(GITS_CREADR) & 0xfffe0) == its_writer) return true;
    cpu_yield();
  }
  return false;
}

static inline void its_run(void) {
  its_ring();
  if (!its_wait()) bail("the ITS stands at 0x%lx of 0x%lx", read64(GITS_CREADR), its_writer);
}

static inline void its_command(u64 first, u64 second, u64 third, u64 fourth) {
  its_queue_command(first, second, third, fourth);
  its_run();
}

// RDbase of a vCPU by its number in the order of redistributors, which is that of the device tree.
static inline u64 its_target(u32 cpu) {
  if (!(read64(GITS_TYPER) >> 19 & 1)) return (u64)cpu << 16;
  return GICR_BASE + cpu * 0x20000ul;
}

static inline void mapd(u32 device, u64 itt, u32 bits) { its_command(CMD_MAPD | (u64)device << 32, bits - 1, itt | ITS_VALID, 0); }
static inline void unmapd(u32 device) { its_command(CMD_MAPD | (u64)device << 32, 0, 0, 0); }
static inline void mapc(u32 collection, u32 cpu) { its_command(CMD_MAPC, 0, ITS_VALID | its_target(cpu) | collection, 0); }
static inline void mapti(u32 device, u32 event, u32 lpi, u32 collection) {
  its_command(CMD_MAPTI | (u64)device << 32, event | (u64)lpi << 32, collection, 0);
}
// INT, CLEAR, INV, DISCARD (no collection), MAPI, MOVI.
static inline void its_event(u32 command, u32 device, u32 event, u32 collection) {
  its_command(command | (u64)device << 32, event, collection, 0);
}
static inline void its_int(u32 device, u32 event) { its_event(CMD_INT, device, event, 0); }
static inline void discard(u32 device, u32 event) { its_event(CMD_DISCARD, device, event, 0); }
static inline void movall(u32 from, u32 to) { its_command(CMD_MOVALL, 0, its_target(from), its_target(to)); }

// An LPI's priority and enable, before anybody has read them; INV or INVALL must follow otherwise.
static inline void lpi_configure(u32 lpi, u8 priority, bool enabled) {
  lpi_properties[lpi - LPI_FIRST] = (priority & 0xfc) | (enabled ? LPI_ENABLED : 0);
  dsb();
}

// The ITS with its tables; devices 0 to 0xffff where the table is indirect, second levels for those below 0x4000.
static inline void its_init(bool indirect) {
  u64 devices = its_pages(indirect ? 1 : 8), collections = its_pages(1);
  its_queue = its_pages(1);
  if (indirect) {
    u64 second = its_pages(2);
    ((u64 *)devices)[0] = second | ITS_VALID;
    ((u64 *)devices)[1] = (second + PAGE_64K) | ITS_VALID;
  }
  write64(GITS_BASER(0), ITS_VALID | (indirect ? ITS_INDIRECT : 0) | ITS_TABLE_ATTRIBUTES | devices | (indirect ? 0 : 7));
  write64(GITS_BASER(1), ITS_VALID | ITS_TABLE_ATTRIBUTES | collections);
  write64(GITS_CBASER, ITS_VALID | 7ul << 59 | 1ul << 10 | its_queue | (QUEUE_BYTES / 4096 - 1));
  its_writer = 0;
  write64(GITS_CWRITER, 0);
  write32(GITS_CTLR, 1);
}

#endif
