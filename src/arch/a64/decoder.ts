/** Finds the encoding of an instruction word in the table, for one CPU profile. */
import { type Encoding, type Feature, type Fields, fieldsOf, type Instruction, parseEncoding } from './pattern.js';

/** A word matched: its encoding and fields. */
export interface Match {
  readonly encoding: Encoding;
  readonly fields: Fields;
  readonly variant: number;
}

const bitCount = (n: number): number => {
  let c = 0;
  for (let v = n; v; v &= v - 1) c++;
  return c;
};

/** The bits that words are bucketed by: nearly every encoding differs in 31:21 or 15:10. */
const BUCKET_MASK = 0xffe0fc00;

export class Decoder {
  readonly encodings: readonly Encoding[];
  readonly #buckets = new Map<number, Encoding[]>();

  constructor(table: readonly Instruction[], features: ReadonlySet<Feature>) {
    this.encodings = table
      .filter((i) => !i.feature || features.has(i.feature))
      .map(parseEncoding)
      .sort((a, b) => bitCount(b.mask) - bitCount(a.mask));
  }

  /** The most specific encoding that accepts `insn`, or null where it is UNDEFINED. */
  match(insn: number): Match | null {
    for (const encoding of this.#bucket(insn & BUCKET_MASK)) {
      if ((insn & encoding.mask) >>> 0 !== encoding.value) continue;
      const fields = fieldsOf(encoding, insn);
      const { instruction } = encoding;
      if (instruction.accept && !instruction.accept(fields)) continue;
      return { encoding, fields, variant: instruction.variant?.(fields) ?? 0 };
    }
    return null;
  }

  #bucket(key: number): Encoding[] {
    let list = this.#buckets.get(key);
    if (!list) {
      list = this.encodings.filter((e) => ((key ^ e.value) & e.mask & BUCKET_MASK) === 0);
      this.#buckets.set(key, list);
    }
    return list;
  }
}
