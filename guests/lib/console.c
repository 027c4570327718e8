// PL011 output, polled, and a small printf.
#include "runtime.h"

static struct lock console_lock;
static volatile bool forced;

void console_force(void) { forced = true; }

static void put(char c) {
  while (read32(UART_BASE + 0x18) & 1 << 5) cpu_yield();  // UARTFR.TXFF
  write32(UART_BASE, (u8)c);
}

struct output { char *buffer; int size, length; };

static void append(struct output *out, char c) {
  if (out->length < out->size - 1) out->buffer[out->length++] = c;
}

static void append_number(struct output *out, u64 value, u32 base, bool negative, int width, char pad) {
  char digits[20];
  int count = 0;
  do digits[count++] = "0123456789abcdef"[value % base];
  while (value /= base);
  for (int n = count + negative; n < width && pad == ' '; n++) append(out, ' ');
  if (negative) append(out, '-');
  for (int n = count + negative; n < width && pad == '0'; n++) append(out, '0');
  while (count) append(out, digits[--count]);
}

int format_list(char *buffer, int size, const char *format, __builtin_va_list list) {
  struct output out = {buffer, size, 0};
  for (; *format; format++) {
    if (*format != '%') {
      append(&out, *format);
      continue;
    }
    char pad = *++format == '0' ? '0' : ' ';
    int width = 0;
    for (; *format >= '0' && *format <= '9'; format++) width = width * 10 + *format - '0';
    bool wide = *format == 'l';
    if (wide) format++;
    if (*format == 's') {
      for (const char *s = __builtin_va_arg(list, const char *); *s; s++) append(&out, *s);
    } else if (*format == 'c') {
      append(&out, (char)__builtin_va_arg(list, int));
    } else if (*format == 'd') {
      s64 value = wide ? __builtin_va_arg(list, long) : __builtin_va_arg(list, int);
      append_number(&out, value < 0 ? 0ul - (u64)value : (u64)value, 10, value < 0, width, pad);
    } else if (*format == 'u' || *format == 'x') {
      u64 value = wide ? __builtin_va_arg(list, unsigned long) : __builtin_va_arg(list, unsigned int);
      append_number(&out, value, *format == 'u' ? 10 : 16, false, width, pad);
    } else {
      append(&out, *format);
    }
  }
  buffer[out.length] = 0;
  return out.length;
}

int format_to(char *buffer, int size, const char *format, ...) {
  __builtin_va_list list;
  __builtin_va_start(list, format);
  int length = format_list(buffer, size, format, list);
  __builtin_va_end(list);
  return length;
}

void print(const char *format, ...) {
  char line[512];
  __builtin_va_list list;
  __builtin_va_start(list, format);
  int length = format_list(line, sizeof line, format, list);
  __builtin_va_end(list);
  u64 daif = read_sysreg(daif);  // an interrupt handler may print, too
  irq_off();
  if (!forced) lock(&console_lock);
  for (int i = 0; i < length; i++) put(line[i]);
  if (!forced) unlock(&console_lock);
  write_sysreg(daif, daif);
}
