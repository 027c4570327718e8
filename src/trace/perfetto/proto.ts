/** Protocol Buffers on the wire (protobuf.dev, "Encoding"): what a writer of messages needs, and no more. */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

const text = new TextEncoder();

/** A message under construction. Messages within it are written by `message`. */
export class ProtoWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Empties it, to be used again. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** An unsigned 64-bit value; a negative bigint as its two's complement, as int64 is written. */
  varint(field: number, value: number | bigint): this {
    this.#tag(field, VARINT);
    this.#varint(value);
    return this;
  }

  /** @param value a safe integer, not negative */
  fixed64(field: number, value: number): this {
    this.#tag(field, FIXED64);
    this.#reserve(8);
    const view = new DataView(this.#bytes.buffer, this.#length, 8);
    view.setUint32(0, value >>> 0, true);
    view.setUint32(4, Math.floor(value / 2 ** 32), true);
    this.#length += 8;
    return this;
  }

  string(field: number, value: string): this {
    return this.#raw(field, text.encode(value));
  }

  message(field: number, message: ProtoWriter): this {
    return this.#raw(field, message.bytes);
  }

  #raw(field: number, bytes: Uint8Array): this {
    this.#tag(field, BYTES);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    let rest = value;
    if (typeof rest === 'bigint') {
      rest = BigInt.asUintN(64, rest);
      for (; rest > 0x1f_ffff_ffff_ffffn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest = Number(rest);
    }
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
