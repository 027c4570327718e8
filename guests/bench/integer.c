// Integer work of CoreMark's kinds, written anew: a linked list, a matrix, a state machine, a CRC; and a pointer chase.
#include "bench.h"

static u16 crc16(u16 crc, u64 value, u32 bytes) {
  for (u32 i = 0; i < bytes; i++) {
    crc ^= (u16)((value >> (8 * i)) & 0xff);
    for (u32 bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
  }
  return crc;
}

struct item { struct item *next; u32 key, data; };

// Merge sort by key or by data, bottom up.
static struct item *sort_list(struct item *list, bool by_key) {
  for (u32 width = 1;; width *= 2) {
    struct item *rest = list, **tail = &list;
    u32 merges = 0;
    while (rest) {
      merges++;
      struct item *right = rest;
      u32 left_size = 0, right_size = width;
      while (left_size < width && right) { right = right->next; left_size++; }
      while (left_size || (right_size && right)) {
        bool take_left = left_size && (!right_size || !right ||
                                       (by_key ? rest->key <= right->key : rest->data <= right->data));
        struct item *taken = take_left ? rest : right;
        if (take_left) { rest = rest->next; left_size--; } else { right = right->next; right_size--; }
        *tail = taken;
        tail = &taken->next;
      }
      rest = right;
    }
    *tail = 0;
    if (merges <= 1) return list;
  }
}

static u16 list_work(struct item *items, u32 count, u16 seed) {
  for (u32 i = 0; i < count; i++) {
    items[i] = (struct item){i + 1 < count ? &items[i + 1] : 0, (i * 7919u + seed) & 0xffff, i};
  }
  struct item *list = sort_list(items, true);
  u16 crc = seed;
  u32 found = 0;
  for (u32 wanted = 0; wanted < 16; wanted++) {
    for (struct item *item = list; item; item = item->next) {
      if ((item->key & 15) == wanted) { found += item->data; break; }
    }
  }
  list = sort_list(list, false);
  for (struct item *item = list; item; item = item->next) crc = crc16(crc, item->key, 2);
  return crc16(crc, found, 4);
}

#define SIDE 24

static u16 matrix_work(int *a, int *b, int *c, u16 seed) {
  for (u32 i = 0; i < SIDE * SIDE; i++) { a[i] = (int)((i * seed) & 0xff); b[i] = (int)((i ^ seed) & 0xff) - 128; }
  u16 crc = seed;
  for (u32 i = 0; i < SIDE; i++) {
    for (u32 j = 0; j < SIDE; j++) {
      int sum = 0;
      for (u32 k = 0; k < SIDE; k++) sum += a[i * SIDE + k] * b[k * SIDE + j];
      c[i * SIDE + j] = sum;
    }
  }
  for (u32 i = 0; i < SIDE * SIDE; i += 5) crc = crc16(crc, (u32)c[i], 4);
  return crc;
}

// Counts numbers, signed numbers, fractions and words in a text.
static u16 state_work(const char *text, u32 length, u16 seed) {
  u32 counts[6] = {0}, state = 0;
  for (u32 i = 0; i < length; i++) {
    char c = text[i];
    bool digit = c >= '0' && c <= '9';
    switch (state) {
      case 0: state = digit ? 1 : c == '-' || c == '+' ? 2 : c == '.' ? 3 : c == ',' ? 0 : 4; break;
      case 1: if (c == '.') state = 3; else if (c == ',') state = 0; else if (!digit) state = 5; break;
      case 2: state = digit ? 1 : c == '.' ? 3 : c == ',' ? 0 : 5; break;
      case 3: if (c == ',') state = 0; else if (!digit) state = c == 'e' ? 2 : 5; break;
      default: if (c == ',') state = 0; break;
    }
    counts[state]++;
  }
  u16 crc = seed;
  for (u32 i = 0; i < 6; i++) crc = crc16(crc, counts[i], 4);
  return crc;
}

u64 integer_work(u64 repeat) {
  static const char pattern[] = "5012,+35.5e8,-0.25,T0.3e-1F,hello,-T.T++Tq,1874,9.5,,.1234567,++1,12e,";
  struct item *items = allocate(sizeof *items * 256);
  int *a = allocate(4 * SIDE * SIDE), *b = allocate(4 * SIDE * SIDE), *c = allocate(4 * SIDE * SIDE);
  char *text = allocate(1024);
  for (u32 i = 0; i < 1024; i++) text[i] = pattern[i % (sizeof pattern - 1)];
  u16 crc = 0xffff;
  for (u64 i = 0; i < repeat * 20; i++) {
    crc = list_work(items, 256, crc);
    crc = matrix_work(a, b, c, crc);
    crc = state_work(text, 1024, crc);
  }
  return crc;
}

// A cycle through 4 MiB in an order that no prefetcher guesses.
u64 memory_walk(u64 repeat) {
  u64 lines = 65536;
  u64 *cells = allocate(lines * 64);
  for (u64 i = 0, at = 0; i < lines; i++) {
    u64 next = (at * 5 + 12345) & (lines - 1);
    cells[at * 8] = next * 8;
    at = next;
  }
  u64 at = 0;
  for (u64 i = 0; i < repeat * 4; i++) {
    for (u64 step = 0; step < 125000; step++) at = cells[at];
    // QEMU sizes its software TLB when the guest flushes it, which an operating system does all the time.
    asm volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
  }
  return at;
}
