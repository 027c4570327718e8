// What a guest needs from the device tree: bootargs, the PSCI conduit, the vCPUs. Also reads bootargs.
#include "runtime.h"

#define FDT_MAGIC 0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE 2
#define FDT_PROP 3
#define FDT_NOP 4

const char *bootargs = "";
bool conduit_is_smc;
u32 cpu_count = 1;
u64 cpu_mpidr[MAX_CPUS];
u64 dtb_address;

static u32 big_endian(u64 address) { return __builtin_bswap32(read32(address)); }

static bool same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static bool starts(const char *text, const char *prefix) {
  while (*prefix) {
    if (*text++ != *prefix++) return false;
  }
  return true;
}

static u64 length_of(const char *text) {
  u64 length = 0;
  while (text[length]) length++;
  return length;
}

static void property(const char *parent, const char *node, const char *name, u64 value, u32 size, u32 *address_cells) {
  if (same(node, "chosen") && same(name, "bootargs")) bootargs = (const char *)value;
  if (starts(node, "psci") && same(name, "method")) conduit_is_smc = same((const char *)value, "smc");
  if (same(node, "cpus") && same(name, "#address-cells")) *address_cells = big_endian(value);
  if (same(parent, "cpus") && starts(node, "cpu@") && same(name, "reg") && size && cpu_count < MAX_CPUS) {
    u64 mpidr = *address_cells == 2 ? (u64)big_endian(value) << 32 | big_endian(value + 4) : big_endian(value);
    if (mpidr != cpu_mpidr[0]) cpu_mpidr[cpu_count++] = mpidr;
  }
}

void dtb_parse(u64 x0) {
  cpu_mpidr[0] = read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
  dtb_address = x0 ? x0 : RAM_BASE;  // QEMU gives an ELF no x0 but leaves the tree at the start of RAM
  if (dtb_address & 7 || big_endian(dtb_address) != FDT_MAGIC) {
    dtb_address = 0;
    return;
  }
  u64 at = dtb_address + big_endian(dtb_address + 8);
  u64 strings = dtb_address + big_endian(dtb_address + 12);
  const char *path[8] = {""};
  u32 depth = 0, address_cells = 1;
  for (;;) {
    u32 token = big_endian(at);
    at += 4;
    if (token == FDT_BEGIN_NODE) {
      depth++;
      if (depth < 8) path[depth] = (const char *)at;
      at = (at + length_of((const char *)at) + 4) & ~3ul;
    } else if (token == FDT_END_NODE) {
      depth--;
    } else if (token == FDT_PROP) {
      u32 size = big_endian(at);
      const char *name = (const char *)(strings + big_endian(at + 4));
      if (depth >= 1 && depth < 8) property(path[depth - 1], path[depth], name, at + 8, size, &address_cells);
      at = (at + 8 + size + 3) & ~3ul;
    } else if (token != FDT_NOP) {
      return;
    }
  }
}

// The text after "name=" in the bootargs, or 0.
static const char *argument(const char *name) {
  u64 length = length_of(name);
  for (const char *at = bootargs; *at;) {
    if (starts(at, name) && at[length] == '=') return at + length + 1;
    while (*at && *at != ' ') at++;
    while (*at == ' ') at++;
  }
  return 0;
}

bool arg_is(const char *name, const char *value) {
  const char *text = argument(name);
  u64 length = length_of(value);
  return text && starts(text, value) && (!text[length] || text[length] == ' ');
}

u64 arg_number(const char *name, u64 otherwise) {
  const char *text = argument(name);
  if (!text) return otherwise;
  u32 base = starts(text, "0x") ? 16 : 10;
  if (base == 16) text += 2;
  u64 value = 0;
  for (; *text && *text != ' '; text++) {
    u32 digit = *text <= '9' ? (u32)(*text - '0') : (u32)((*text | 0x20) - 'a' + 10);
    if (digit >= base) bail("bootargs: %s= is not a number", name);
    value = value * base + digit;
  }
  return value;
}
