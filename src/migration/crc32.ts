/** CRC-32 (ISO 3309) over bytes: finds damage in files, not malice. */
const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** @param before the CRC-32 of the bytes in front of these */
export function crc32(bytes: Uint8Array, before = 0): number {
  let c = before ^ -1;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return (c ^ -1) >>> 0;
}
