// Files that people try to run and that are not guests: each has a name and a way out, so that none runs as a raw binary.
import { BadImage } from './errors.js';

interface ForeignFormat {
  readonly offset: number;
  readonly magic: readonly number[];
  readonly what: string;
  readonly wayOut: string;
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const unpack = 'unpack it first (arm64 kernels may be gzip-compressed, nothing else)';

const FORMATS: readonly ForeignFormat[] = [
  { offset: 0x202, magic: ascii('HdrS'), what: 'an x86 Linux kernel', wayOut: 'take the arm64 one' },
  { offset: 0x24, magic: [0x18, 0x28, 0x6f, 0x01], what: 'a 32-bit Arm zImage', wayOut: 'take an arm64 Image' },
  { offset: 0, magic: ascii('MZ'), what: 'an EFI application', wayOut: 'start it from firmware loaded as the image' },
  { offset: 0, magic: [0xd0, 0x0d, 0xfe, 0xed], what: 'a device tree', wayOut: 'pass it with --dtb' },
  { offset: 0, magic: ascii('070701'), what: 'a cpio archive', wayOut: 'pass it with --initrd' },
  { offset: 0, magic: ascii('QFI\xfb'), what: 'a qcow2 disk', wayOut: 'the board has no disks' },
  { offset: 0x8001, magic: ascii('CD001'), what: 'an ISO 9660 image', wayOut: 'the board has no disks' },
  { offset: 0x200, magic: ascii('EFI PART'), what: 'a partitioned disk', wayOut: 'the board has no disks' },
  { offset: 0, magic: [0x27, 0x05, 0x19, 0x56], what: 'a U-Boot uImage', wayOut: 'take the Image inside it' },
  { offset: 0, magic: ascii('!<arch>\n'), what: 'an ar archive or a .deb package', wayOut: 'take the image out of it' },
  { offset: 0, magic: [0x1f, 0x8b], what: 'gzip data inside gzip data', wayOut: unpack },
  { offset: 0, magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], what: 'xz-compressed', wayOut: unpack },
  { offset: 0, magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd-compressed', wayOut: unpack },
  { offset: 0, magic: [0x04, 0x22, 0x4d, 0x18], what: 'lz4-compressed', wayOut: unpack },
  { offset: 0, magic: ascii('BZh'), what: 'bzip2-compressed', wayOut: unpack },
];

/** Throws BadImage where the bytes are a known format that the board cannot start. */
export function refuseForeign(bytes: Uint8Array, name: string): void {
  const format = FORMATS.find(({ offset, magic }) => magic.every((byte, i) => bytes[offset + i] === byte));
  if (format !== undefined) throw new BadImage(`${name}: this is ${format.what}; ${format.wayOut}`);
}
