// Types of what we use of the npm package elfy 1.0.0, which has none of its own. Its 64-bit fields are doubles.
declare module 'elfy' {
  export interface Header {
    class: '32' | '64';
    endian: 'lsb' | 'msb';
    type: string | undefined;
    machine: string | undefined;
    phoff: number;
    phentsize: number;
    phnum: number;
    shoff: number;
    shentsize: number;
    shnum: number;
    shstrndx: number;
  }
  export interface Program {
    /** Name of the segment's type ('load', ...), undefined for a type that elfy does not know. */
    type: string | undefined;
    flags: Record<string, true>;
    data: Buffer;
  }
  export interface Section {
    /** Offset into the section name table; elfy's own resolveBody makes a string of it. */
    name: number;
    /** Name of the section's type ('symtab', ...), its number where elfy does not know it. */
    type: string | number;
    link: number;
    data: Buffer;
  }
  export interface Parser {
    parseHeader(bytes: Buffer): Header;
    parsePrograms(bytes: Buffer, header: Header): Program[];
    parseSections(bytes: Buffer, header: Header): Section[];
  }
  /** The package is CommonJS: Node gives its exports as the default one. */
  const elfy: { Parser: new () => Parser };
  export default elfy;
}
