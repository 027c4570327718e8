// From the assembly entry to guest_main, the exception dispatch, and the ways out.
#include "runtime.h"

bool (*on_sync)(struct frame *frame, u32 vector);
void (*on_irq)(void);

static void uart_enable(void) {
  write32(UART_BASE + 0x30, 0);                  // UARTCR: off while the line control changes
  write32(UART_BASE + 0x2c, 3 << 5 | 1 << 4);    // UARTLCR_H: 8 bits, FIFOs
  write32(UART_BASE + 0x38, 0);                  // UARTIMSC: polled
  write32(UART_BASE + 0x30, 1 << 8 | 1);         // UARTCR: TXE, UARTEN
}

__attribute__((noreturn)) void boot(u64 x0) {
  uart_enable();
  dtb_parse(x0);
  print("TAP version 13\n");
  guest_main();
  done();
}

void exception(struct frame *frame, u32 vector) {
  u32 kind = vector & 3;
  if (kind == 1 && on_irq) return on_irq();
  if (kind == 0 && on_sync && on_sync(frame, vector)) return;
  static const char *const kinds[] = {"synchronous exception", "IRQ", "FIQ", "SError"};
  console_force();
  print("# x0 %016lx x1 %016lx x2 %016lx x3 %016lx\n", frame->x[0], frame->x[1], frame->x[2], frame->x[3]);
  print("# x29 %016lx x30 %016lx spsr %016lx\n", frame->x[29], frame->x[30], frame->spsr);
  bail("unexpected %s (vector %u) on vCPU %u: ESR %lx (EC %x) ELR %lx FAR %lx", kinds[kind], vector, cpu_index(),
       frame->esr, ESR_EC(frame->esr), frame->elr, frame->far);
}

void guest_exit(int code) {
  static bool tried;  // without semihosting the HLT is undefined and leads back here
  if (arg_is("exit", "semihosting") && !tried) {
    tried = true;
    static u64 block[2];
    block[0] = 0x20026;  // ADP_Stopped_ApplicationExit
    block[1] = (u64)code;
    register u64 operation asm("x0") = 0x18;  // SYS_EXIT
    register u64 *parameters asm("x1") = block;
    asm volatile("hlt #0xf000" ::"r"(operation), "r"(parameters) : "memory");
  }
  smccc(PSCI_SYSTEM_OFF, 0, 0, 0);
  for (;;) wfi();
}

// The compiler may call these for initialisers and copies.
void *memset(void *destination, int value, u64 count) {
  for (u8 *p = destination; count--; p++) *p = (u8)value;
  return destination;
}

void *memcpy(void *destination, const void *source, u64 count) {
  u8 *to = destination;
  for (const u8 *from = source; count--;) *to++ = *from++;
  return destination;
}

void *allocate(u64 bytes) {
  extern u8 image_end[];
  static u64 next;
  if (!next) next = (u64)image_end;
  u64 tree_end = dtb_address ? dtb_address + __builtin_bswap32(read32(dtb_address + 4)) : 0;
  if (next < tree_end && next + bytes > dtb_address) next = (tree_end + 15) & ~15ul;
  void *block = (void *)next;
  next += (bytes + 15) & ~15ul;
  return block;
}

// Heap sort: no recursion, no extra memory.
void sort(s64 *values, u64 count) {
  for (u64 root = count / 2, end = count; end > 1;) {
    if (root) {
      root--;
    } else {
      end--;
      s64 top = values[0];
      values[0] = values[end];
      values[end] = top;
    }
    for (u64 parent = root, child; (child = 2 * parent + 1) < end; parent = child) {
      if (child + 1 < end && values[child + 1] > values[child]) child++;
      if (values[parent] >= values[child]) break;
      s64 swapped = values[parent];
      values[parent] = values[child];
      values[child] = swapped;
    }
  }
}
