// ELF executables for AArch64: segments at physical addresses, the entry point, and symbols.
import { type ElfFile, elfSections, openElf, stringAt } from './elf-sections.js';
import { BadImage } from './errors.js';
import { alignDown, formatRange, hex, type RamLayout } from './ram.js';
import type { ImageSymbol } from './symbols.js';

/** Bytes to put into RAM; `zeroFill` more bytes after them are zero. */
export interface Segment {
  /** Physical address. */
  readonly address: bigint;
  /** May be a view of the file. */
  readonly data: Uint8Array;
  readonly zeroFill: number;
}

/** What an image needs before anything else has its place. */
export interface LoadedImage {
  readonly kind: 'linux' | 'elf' | 'raw';
  readonly segments: Segment[];
  /** Physical address of the first instruction. */
  readonly entry: bigint;
  /** Sorted by value. */
  readonly symbols: ImageSymbol[];
}

const EM_AARCH64 = 183;
const ET_EXEC = 2;
const ET_DYN = 3;
const SYMBOL_SIZE = 24;
const SHN_UNDEF = 0;
/** Symbol types that name addresses: STT_NOTYPE, STT_OBJECT, STT_FUNC. */
const NAMED_TYPES = [0, 1, 2];
/** Names may share bytes, so a small file can claim any amount of text. */
const MAX_SYMBOL_TEXT = 64 << 20;
/** Where a position-independent image goes: the kernel of a Linux `vmlinux` must stay 2 MB aligned. */
const SLIDE_ALIGNMENT = 0x20_0000n;

/** Every segment is compared with every other one; real images have fewer than twenty. */
const MAX_SEGMENTS = 1024;

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

interface ProgramHeader {
  readonly index: number;
  readonly offset: bigint;
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
}

/** The loadable segments. elfy says which they are; its doubles are not used (ELF-64 Object File Format 1.5, figure 6). */
function loadHeaders({ bytes, view, header, parser }: ElfFile, name: string): ProgramHeader[] {
  const types = parser.parsePrograms(bytes, header).map((program) => program.type);
  return types
    .map((type, index) => ({ type, index, at: header.phoff + index * header.phentsize }))
    .filter(({ type }) => type === 'load')
    .map(({ index, at }) => ({
      index,
      offset: view.getBigUint64(at + 8, true),
      virtual: view.getBigUint64(at + 16, true),
      physical: view.getBigUint64(at + 24, true),
      fileSize: view.getBigUint64(at + 32, true),
      memorySize: view.getBigUint64(at + 40, true),
    }))
    .filter((h) => h.memorySize > 0n || h.fileSize > 0n)
    .map((h) => {
      const what = `${name}: segment ${h.index}`;
      if (h.fileSize > h.memorySize) {
        throw new BadImage(`${what} has ${h.fileSize} bytes in the file for ${h.memorySize} bytes of memory`);
      }
      if (h.offset + h.fileSize > BigInt(bytes.length)) {
        throw new BadImage(`${what} ends past the file's ${bytes.length} bytes; is the file cut short?`);
      }
      return h;
    });
}

/** Symbols that name an address, from .symtab or else .dynsym, sorted by value. */
function readSymbols(bytes: Uint8Array, name: string, slide: bigint): ImageSymbol[] {
  const sections = elfSections(bytes, name);
  const table = sections.find((s) => s.type === 'symtab') ?? sections.find((s) => s.type === 'dynsym');
  const text = table && sections[table.link]?.data;
  if (table === undefined || text === undefined) return [];
  const view = new DataView(table.data.buffer, table.data.byteOffset, table.data.byteLength);
  const symbols: ImageSymbol[] = [];
  let textSize = 0;
  for (let at = 0; at + SYMBOL_SIZE <= table.data.length; at += SYMBOL_SIZE) {
    const type = view.getUint8(at + 4) & 0xf;
    if (!NAMED_TYPES.includes(type) || view.getUint16(at + 6, true) === SHN_UNDEF) continue;
    const symbol = stringAt(text, view.getUint32(at, true));
    // AAELF64 section 5.4 names code and data with mapping symbols that start with `$`.
    if (symbol === '' || symbol.startsWith('$')) continue;
    textSize += symbol.length;
    if (textSize > MAX_SYMBOL_TEXT) throw new BadImage(`${name}: its symbol names have more than 64 MB`);
    const value = BigInt.asUintN(64, view.getBigUint64(at + 8, true) + slide);
    symbols.push({ name: symbol, value, size: view.getBigUint64(at + 16, true) });
  }
  return symbols.sort((a, b) => ascending(a.value, b.value));
}

/**
 * How far to move a position-independent image: not at all where it is linked to RAM, else its lowest 2 MB block goes to
 * the second one of RAM, and it relocates itself. Programs of type ET_EXEC stay where they are.
 */
function slideOf(type: number, headers: readonly ProgramHeader[], layout: RamLayout): bigint {
  const lowest = headers.map((h) => h.physical).sort(ascending)[0];
  const linked = headers.every((h) => layout.contains({ start: h.physical, end: h.physical + h.memorySize }));
  if (type !== ET_DYN || linked) return 0n;
  return layout.ram.start + SLIDE_ALIGNMENT - alignDown(lowest, SLIDE_ALIGNMENT);
}

/**
 * Loads an ELF file and takes its memory in `layout`. Segments go to their physical addresses.
 * Throws BadImage with one line that names what is wrong with the file.
 */
export function loadElf(bytes: Uint8Array, name: string, layout: RamLayout): LoadedImage {
  const file = openElf(bytes, name);
  const type = file.view.getUint16(16, true);
  const machine = file.view.getUint16(18, true);
  if (machine !== EM_AARCH64) {
    throw new BadImage(
      `${name}: ELF for ${file.header.machine ?? `machine ${machine}`}; the board's CPU is AArch64 (183)`,
    );
  }
  if (type !== ET_EXEC && type !== ET_DYN) {
    throw new BadImage(
      `${name}: ELF of type ${file.header.type ?? type}; only executables can be loaded, so link it first`,
    );
  }
  const headers = loadHeaders(file, name);
  if (headers.length === 0) throw new BadImage(`${name}: no loadable segment, so there is nothing to run`);
  if (headers.length > MAX_SEGMENTS) {
    throw new BadImage(`${name}: ${headers.length} loadable segments; at most ${MAX_SEGMENTS} can be loaded`);
  }

  const slide = slideOf(type, headers, layout);
  const segments = headers.map((h): Segment => {
    const start = h.physical + slide;
    layout.take(name, `segment ${h.index}`, { start, end: start + h.memorySize });
    return {
      address: start,
      data: bytes.subarray(Number(h.offset), Number(h.offset + h.fileSize)),
      zeroFill: Number(h.memorySize - h.fileSize),
    };
  });
  return {
    kind: 'elf',
    segments,
    entry: entryOf(file, name, headers, slide),
    symbols: readSymbols(bytes, name, slide),
  };
}

/** The entry point as a physical address: it is a virtual one in the file, and the MMU is off. */
function entryOf(file: ElfFile, name: string, headers: readonly ProgramHeader[], slide: bigint): bigint {
  const virtual = file.view.getBigUint64(24, true);
  const inside = (h: ProgramHeader): boolean => virtual >= h.virtual && virtual < h.virtual + h.fileSize;
  const home = headers.find(inside);
  if (home === undefined) {
    const places = headers.map((h) => formatRange({ start: h.virtual, end: h.virtual + h.fileSize }));
    throw new BadImage(
      `${name}: the entry point ${hex(virtual)} is in no segment; the file has ${places.slice(0, 4).join(', ')}`,
    );
  }
  const entry = virtual - home.virtual + home.physical + slide;
  if (entry % 4n !== 0n) throw new BadImage(`${name}: the entry point ${hex(virtual)} is not a multiple of 4`);
  return entry;
}
