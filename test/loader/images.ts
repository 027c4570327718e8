// Images made byte by byte for the loader's tests, from the formats' specifications.

/** A segment of `makeElf`; what is left out is the ordinary value. */
export interface SegmentSpec {
  readonly physical: bigint;
  readonly virtual?: bigint;
  readonly data?: Uint8Array;
  readonly memorySize?: bigint;
  readonly fileSize?: bigint;
  readonly offset?: bigint;
  readonly type?: number;
}

export interface ElfSpec {
  readonly segments: readonly SegmentSpec[];
  readonly entry: bigint;
  readonly type?: number;
  readonly machine?: number;
  readonly symbols?: readonly { name: string; value: bigint; size: bigint; info?: number; section?: number }[];
  /** Without a section table, as stripped firmware has it. */
  readonly noSections?: boolean;
}

const HEADER = 64;
const PROGRAM = 56;
const SECTION = 64;

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function record(size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
}

/** An ELF64 little-endian file: header, program headers, segment data, symbols, names, section headers. */
export function makeElf(spec: ElfSpec): Uint8Array {
  const symbols = spec.symbols ?? [];
  const names = new TextEncoder().encode(`\0${symbols.map((s) => `${s.name}\0`).join('')}`);
  const sectionNames = new TextEncoder().encode('\0.symtab\0.strtab\0.shstrtab\0');
  let offset = HEADER + spec.segments.length * PROGRAM;
  const offsets = spec.segments.map((s) => {
    const at = offset;
    offset += s.data?.length ?? 0;
    return at;
  });
  const symbolOffset = offset;
  const nameOffset = symbolOffset + symbols.length * 24;
  const sectionNameOffset = nameOffset + names.length;
  const sectionOffset = sectionNameOffset + sectionNames.length;

  const header = record(HEADER, (v) => {
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1].forEach((byte, i) => {
      v.setUint8(i, byte);
    });
    v.setUint16(16, spec.type ?? 2, true);
    v.setUint16(18, spec.machine ?? 183, true);
    v.setUint32(20, 1, true);
    v.setBigUint64(24, spec.entry, true);
    v.setBigUint64(32, BigInt(HEADER), true);
    v.setBigUint64(40, spec.noSections ? 0n : BigInt(sectionOffset), true);
    v.setUint16(52, HEADER, true);
    v.setUint16(54, PROGRAM, true);
    v.setUint16(56, spec.segments.length, true);
    v.setUint16(58, spec.noSections ? 0 : SECTION, true);
    v.setUint16(60, spec.noSections ? 0 : 4, true);
    v.setUint16(62, spec.noSections ? 0 : 3, true);
  });
  const programs = spec.segments.map((s, i) =>
    record(PROGRAM, (v) => {
      v.setUint32(0, s.type ?? 1, true);
      v.setUint32(4, 7, true);
      v.setBigUint64(8, s.offset ?? BigInt(offsets[i]), true);
      v.setBigUint64(16, s.virtual ?? s.physical, true);
      v.setBigUint64(24, s.physical, true);
      v.setBigUint64(32, s.fileSize ?? BigInt(s.data?.length ?? 0), true);
      v.setBigUint64(40, s.memorySize ?? BigInt(s.data?.length ?? 0), true);
      v.setBigUint64(48, 0x1000n, true);
    }),
  );
  const symbolTable = symbols.map((s, i) =>
    record(24, (v) => {
      const before = symbols.slice(0, i).reduce((sum, b) => sum + b.name.length + 1, 1);
      v.setUint32(0, before, true);
      v.setUint8(4, s.info ?? 0x12);
      v.setUint16(6, s.section ?? 1, true);
      v.setBigUint64(8, s.value, true);
      v.setBigUint64(16, s.size, true);
    }),
  );
  const section = (name: number, type: number, at: number, size: number, link: number, entry: bigint): Uint8Array =>
    record(SECTION, (v) => {
      v.setUint32(0, name, true);
      v.setUint32(4, type, true);
      v.setBigUint64(16, 0xffff_ffc0_1234_5679n, true);
      v.setBigUint64(24, BigInt(at), true);
      v.setBigUint64(32, BigInt(size), true);
      v.setUint32(40, link, true);
      v.setBigUint64(48, 8n, true);
      v.setBigUint64(56, entry, true);
    });
  const sections = [
    new Uint8Array(SECTION),
    section(1, 2, symbolOffset, symbols.length * 24, 2, 24n),
    section(9, 3, nameOffset, names.length, 0, 0n),
    section(17, 3, sectionNameOffset, sectionNames.length, 0, 0n),
  ];
  const body = [header, ...programs, ...spec.segments.map((s) => s.data ?? new Uint8Array(0)), ...symbolTable];
  return concatenate([...body, names, sectionNames, ...(spec.noSections ? [] : sections)]);
}

export interface LinuxSpec {
  readonly size?: number;
  readonly textOffset?: bigint;
  readonly imageSize?: bigint;
  readonly flags?: bigint;
}

/** An arm64 Linux Image of zeros with a header. */
export function makeLinuxImage(spec: LinuxSpec = {}): Uint8Array {
  return record(spec.size ?? 4096, (v) => {
    v.setUint32(0, 0x1400_0000, true);
    v.setBigUint64(8, spec.textOffset ?? 0n, true);
    v.setBigUint64(16, spec.imageSize ?? 0x1_0000n, true);
    v.setBigUint64(24, spec.flags ?? 0xan, true);
    v.setUint32(56, 0x644d5241, true);
  });
}

/** An EFI zboot image around a compressed payload. */
export function makeZboot(payload: Uint8Array, compression = 'gzip', size = payload.length): Uint8Array {
  const header = record(0x200, (v) => {
    [0x4d, 0x5a, 0, 0, 0x7a, 0x69, 0x6d, 0x67].forEach((byte, i) => {
      v.setUint8(i, byte);
    });
    v.setUint32(8, 0x200, true);
    v.setUint32(12, size, true);
    [...compression].forEach((c, i) => {
      v.setUint8(24 + i, c.charCodeAt(0));
    });
    v.setUint32(56, 0x818223cd, true);
  });
  return concatenate([header, payload]);
}
