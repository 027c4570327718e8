/** CRC-32 (ISO 3309) over bytes: finds damage in files, not malice. */
const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

type Crc32 = (bytes: Uint8Array, before: number) => number;

let quicker: Crc32 | null = null;

/** Has the platform's own CRC-32 used from here on, where it has one: many times as fast. */
export function useCrc32(native: Crc32): void {
  quicker = native;
}

/** @param before the CRC-32 of the bytes in front of these */
export function crc32(bytes: Uint8Array, before = 0): number {
  return quicker ? quicker(bytes, before) : portableCrc32(bytes, before);
}

export function portableCrc32(bytes: Uint8Array, before = 0): number {
  let c = before ^ -1;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return (c ^ -1) >>> 0;
}
