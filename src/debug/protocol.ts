/** GDB remote serial protocol: packets in and out of a byte stream (GDB manual, appendix E.1). */

/** What arrives: a packet's contents, the interrupt character, or a damaged packet. */
export type Incoming = { kind: 'packet'; data: string } | { kind: 'interrupt' } | { kind: 'bad' };

/** Ctrl-C, outside packets. */
const INTERRUPT = '\u0003';

/** A packet longer than this is refused: nothing that gdb sends is. */
const MAX_PACKET = 0x10000;

const checksum = (text: string): number => {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum + text.charCodeAt(i)) & 0xff;
  return sum;
};

/** `$data#cs`, with the characters that mean something else escaped. */
export function encodePacket(data: string): string {
  const escaped = data.replace(/[#$}*]/g, (c) => `}${String.fromCharCode(c.charCodeAt(0) ^ 0x20)}`);
  return `$${escaped}#${checksum(escaped).toString(16).padStart(2, '0')}`;
}

function firstOf(text: string, a: string, b: string): number {
  const [first, second] = [text.indexOf(a), text.indexOf(b)];
  return first < 0 || second < 0 ? Math.max(first, second) : Math.min(first, second);
}

/** Takes bytes as they come and gives whole packets. Text is latin1: one character a byte. */
export class PacketReader {
  #buffer = '';

  push(chunk: string): Incoming[] {
    this.#buffer += chunk;
    const out: Incoming[] = [];
    for (;;) {
      const start = firstOf(this.#buffer, '$', INTERRUPT);
      if (start < 0) {
        this.#buffer = '';
        return out;
      }
      if (this.#buffer[start] === INTERRUPT) {
        this.#buffer = this.#buffer.slice(start + 1);
        out.push({ kind: 'interrupt' });
        continue;
      }
      const end = this.#buffer.indexOf('#', start);
      if (end < 0 || end + 2 >= this.#buffer.length) {
        this.#buffer = this.#buffer.slice(start);
        if (this.#buffer.length > MAX_PACKET) {
          this.#buffer = '';
          out.push({ kind: 'bad' });
        }
        return out;
      }
      const body = this.#buffer.slice(start + 1, end);
      const [sum] = fromHex(this.#buffer.slice(end + 1, end + 3)) ?? [-1];
      this.#buffer = this.#buffer.slice(end + 3);
      if (sum !== checksum(body) || body.length > MAX_PACKET) out.push({ kind: 'bad' });
      else
        out.push({
          kind: 'packet',
          data: body.replace(/}([\s\S])/g, (_all, c: string) => String.fromCharCode(c.charCodeAt(0) ^ 0x20)),
        });
    }
  }
}

/** Bytes as hexadecimal text. */
export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

/** Hexadecimal text as bytes, or null where it is none. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(i * 2, i * 2 + 2), 16));
}

/** A register's value as gdb wants it: little-endian bytes. */
export function littleEndian(value: bigint, bytes: number): string {
  let text = '';
  for (let i = 0; i < bytes; i++)
    text += Number((value >> BigInt(i * 8)) & 0xffn)
      .toString(16)
      .padStart(2, '0');
  return text;
}

export function fromLittleEndian(text: string): bigint | null {
  const bytes = fromHex(text);
  return bytes ? bytes.reduceRight((value, b) => (value << 8n) | BigInt(b), 0n) : null;
}
