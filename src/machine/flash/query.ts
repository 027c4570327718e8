/** What a bank's two chips answer to CFI and identification queries (JEDEC JESD68.01; Intel's primary command set). */

/** Bytes of a bank: two chips of half as much each, 16 bits wide and side by side. */
export const BANK_BYTES = 64 * 2 ** 20;
/** Bytes that are erased together, in both chips. */
export const BLOCK_BYTES = 256 * 1024;
/** Bytes of the write buffers of both chips. */
export const BUFFER_BYTES = 4096;

const CHIPS = 2;

const log2 = (bytes: number): number => Math.log2(bytes / CHIPS);
const littleEndian16 = (value: number): number[] => [value & 0xff, value >> 8];
const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));

/** Word 0x10 and up of the query database. Times are exponents of 2: us for words and buffers, ms for blocks. */
const DATABASE = [
  ...ascii('QRY'),
  // Command set 1 (Intel extended), its table at 0x31; no alternative.
  ...[0x01, 0x00, 0x31, 0x00, 0, 0, 0, 0],
  // VCC from 4.5 V to 5.5 V; no VPP.
  ...[0x45, 0x55, 0, 0],
  // Typical times of word, buffer, block and chip, then how many times as much at most.
  ...[7, 7, 10, 0, 4, 4, 4, 0],
  log2(BANK_BYTES),
  // x8 and x16.
  ...[2, 0],
  ...[log2(BUFFER_BYTES), 0],
  // One region: blocks less one, and a block's bytes over 256.
  1,
  ...littleEndian16(BANK_BYTES / BLOCK_BYTES - 1),
  ...littleEndian16(BLOCK_BYTES / CHIPS / 256),
  // The extended table, version 1.0: no optional features, one protection field.
  ...ascii('PRI10'),
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
];

/** One chip's answer at a word of its query mode; 0 where there is nothing. */
export const queryWord = (word: number): number => DATABASE[word - 0x10] ?? 0;

/** One chip's answer at a word of its identification mode: Intel, and the device. */
export const identificationWord = (word: number): number => [0x89, 0x18][word & 0xff] ?? 0;
