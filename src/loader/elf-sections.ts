// Sections of an ELF64 little-endian file: elfy reads the table, exact 64-bit values are read here, since elfy makes
// doubles of them and takes sh_addralign and sh_entsize from wrong offsets (ELF-64 Object File Format 1.5, figure 4).
import elfy, { type Header, type Parser } from 'elfy';
import { BadImage } from './errors.js';

/** A section with its bytes, which are empty for SHT_NOBITS. */
export interface ElfSection {
  readonly name: string;
  /** elfy's name of the type ('symtab', 'strtab', 'progbits', ...), or the number of an unknown one. */
  readonly type: string | number;
  readonly address: bigint;
  readonly size: bigint;
  /** Index of the section that this one refers to. */
  readonly link: number;
  readonly addressAlign: bigint;
  readonly entrySize: bigint;
  readonly data: Uint8Array;
}

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const SECTION_NAME_LIMIT = 255;
const SYMBOL_NAME_LIMIT = 4096;
const decoder = new TextDecoder();

/** Whether the bytes start with the ELF magic number. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** A NUL-terminated name in a string table; cut at `maximum` bytes, empty for an offset outside the table. */
export function stringAt(table: Uint8Array, offset: number, maximum = SYMBOL_NAME_LIMIT): string {
  if (offset >= table.length) return '';
  const limit = Math.min(table.length, offset + maximum);
  let end = offset;
  while (end < limit && table[end] !== 0) end++;
  return decoder.decode(table.subarray(offset, end));
}

function checkTable(name: string, what: string, bytes: Uint8Array, offset: bigint, count: number, size: number): void {
  const end = offset + BigInt(count) * BigInt(size);
  if (end > BigInt(bytes.length)) {
    throw new BadImage(
      `${name}: the ${what} table (${count} entries at offset 0x${offset.toString(16)}) ends past the file's ${bytes.length} bytes; is the file cut short?`,
    );
  }
}

/** A validated ELF64 header: both tables lie in the file, so elfy's double offsets are exact. */
export interface ElfFile {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly header: Header;
  readonly parser: Parser;
}

/** Opens an ELF64 little-endian file of any type and machine; throws BadImage for anything else. */
export function openElf(data: Uint8Array, name: string): ElfFile {
  if (!isElf(data)) throw new BadImage(`${name}: not an ELF file (no 0x7f 'ELF' at its start)`);
  if (data.length < HEADER_SIZE) {
    throw new BadImage(`${name}: an ELF header is ${HEADER_SIZE} bytes, the file has ${data.length}`);
  }
  if (data[4] !== 2) throw new BadImage(`${name}: ELF class ${data[4]}; only 64-bit ELF (class 2) can be loaded`);
  if (data[5] !== 1) throw new BadImage(`${name}: ELF data encoding ${data[5]}; only little-endian (1) can be loaded`);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const parser = new elfy.Parser();
  const header = parser.parseHeader(bytes);
  if (header.phnum > 0 && header.phentsize !== PROGRAM_HEADER_SIZE) {
    throw new BadImage(`${name}: program headers of ${header.phentsize} bytes; ELF64 has ${PROGRAM_HEADER_SIZE}`);
  }
  checkTable(name, 'program header', bytes, view.getBigUint64(32, true), header.phnum, PROGRAM_HEADER_SIZE);
  if (header.shnum > 0 && header.shentsize !== SECTION_HEADER_SIZE) {
    throw new BadImage(`${name}: section headers of ${header.shentsize} bytes; ELF64 has ${SECTION_HEADER_SIZE}`);
  }
  checkTable(name, 'section header', bytes, view.getBigUint64(40, true), header.shnum, SECTION_HEADER_SIZE);
  return { bytes, view, header, parser };
}

/**
 * All sections of a file. A section that lies outside the file has the bytes that are there: only loading needs them all,
 * and loading goes by program headers. Throws BadImage where the file is no ELF64 or its tables lie outside it.
 */
export function elfSections(data: Uint8Array, name = 'ELF file'): ElfSection[] {
  const { bytes, view, header, parser } = openElf(data, name);
  const parsed = parser.parseSections(bytes, header);
  const names = parsed[header.shstrndx]?.data ?? new Uint8Array(0);
  return parsed.map((section, i) => {
    const at = header.shoff + i * SECTION_HEADER_SIZE;
    return {
      name: stringAt(names, section.name, SECTION_NAME_LIMIT),
      type: section.type,
      address: view.getBigUint64(at + 16, true),
      size: view.getBigUint64(at + 32, true),
      link: section.link,
      addressAlign: view.getBigUint64(at + 48, true),
      entrySize: view.getBigUint64(at + 56, true),
      data: section.type === 'nobits' ? new Uint8Array(0) : section.data,
    };
  });
}
