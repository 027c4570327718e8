// Takes kernels out of their wrappers: gzip (Image.gz) and EFI zboot (vmlinuz.efi), neither beyond a limit.
import { constants } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { BadImage } from './errors.js';
import { formatMemorySize } from './memory-size.js';

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** linux/drivers/firmware/efi/libstub/zboot-header.S: "MZ", then "zimg" at 4. */
const isZboot = (bytes: Uint8Array): boolean =>
  bytes.length >= 64 && bytes[0] === 0x4d && bytes[1] === 0x5a && text(bytes, 4, 4) === 'zimg';

function text(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}

function gunzip(bytes: Uint8Array, name: string, limit: bigint): Uint8Array {
  const maxOutputLength = Number(limit < BigInt(constants.MAX_LENGTH) ? limit : BigInt(constants.MAX_LENGTH));
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BadImage(
        `${name}: uncompressed it has more than the board's RAM of ${formatMemorySize(limit)}; give it more with --memory`,
      );
    }
    throw new BadImage(`${name}: its gzip data is damaged (${message})`);
  }
}

function zbootPayload(bytes: Uint8Array, name: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offset = view.getUint32(8, true);
  const size = view.getUint32(12, true);
  const compression = text(bytes, 24, 32)
    .split('\0')[0]
    .replace(/[^\x21-\x7e]/g, '?');
  if (compression !== 'gzip') {
    throw new BadImage(`${name}: an EFI zboot image compressed with "${compression}"; only gzip can be unpacked`);
  }
  if (offset + size > bytes.length) {
    throw new BadImage(`${name}: its zboot payload ends past the file's ${bytes.length} bytes; is the file cut short?`);
  }
  return bytes.subarray(offset, offset + size);
}

/**
 * The kernel inside a gzip or zboot wrapper, other bytes as they are. At most `limit` bytes come out.
 * Throws BadImage for damaged data and for more than `limit` bytes.
 */
export function unwrap(bytes: Uint8Array, name: string, limit: bigint): Uint8Array {
  if (isZboot(bytes)) return gunzip(zbootPayload(bytes, name), name, limit);
  if (isGzip(bytes)) return gunzip(bytes, name, limit);
  return bytes;
}
