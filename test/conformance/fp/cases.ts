// Makes cases of one table line: words with random fields, and registers whose elements suit the format.
import { type Encoding, fieldsOf } from '../../../src/arch/a64/pattern.js';
import type { Fmt } from '../../../src/arch/semantics/softfp/index.js';
import type { Random } from '../random.js';
import { addend, integer, nearHalfway, operand, partner } from './operands.js';
import { type Case, GENERAL } from './oracle.js';

/** The operands' format, by the name or fields of a line. */
function formatOf(encoding: Encoding, word: number): Fmt {
  const { name } = encoding.instruction;
  const { double } = fieldsOf(encoding, word);
  if (double !== undefined) return double ? 64 : 32;
  if (/fp16|_16|_H_|vector_16|scalar_16/.test(name)) return 16;
  return /_D_|64|_x|FCVTXN/.test(name) ? 64 : 32;
}

/** A word of this line. Registers that may be general are among those that the oracle has. */
export function drawWord(r: Random, encoding: Encoding): number {
  for (;;) {
    let word = ((r.word() & ~encoding.mask) | encoding.value) >>> 0;
    for (const { name, shift, mask } of encoding.fields) {
      if (name !== 'Rd' && name !== 'Rn') continue;
      const register = r.below(GENERAL + 1);
      word = ((word & ~(mask << shift)) | ((register === GENERAL ? 31 : register) << shift)) >>> 0;
    }
    if (encoding.instruction.accept?.(fieldsOf(encoding, word)) ?? true) return word;
  }
}

const RMODE = 22;
const CONTROLS = [1 << 24, 1 << 25, 1 << 26, 1 << 19];

function drawControl(r: Random): number {
  if (r.chance(3, 8)) return 0;
  let fpcr = r.below(4) << RMODE;
  for (const bit of CONTROLS) if (r.chance(1, 3)) fpcr |= bit;
  return fpcr;
}

const FPSR_START = [0, 0, 0x10, 0x10, 0x10, 0x0800009f, 0x8f];

/** Registers for a word; those that it names hold operands that meet each other, element by element. */
export function drawCase(r: Random, encoding: Encoding, word: number): Case {
  const fmt = formatOf(encoding, word);
  const f = fieldsOf(encoding, word);
  const v = new BigUint64Array(64);
  for (let i = 0; i < 64; i++) v[i] = 0x0123456789abcdefn * BigInt(i + 1);
  const put = (register: number | undefined, lanes: readonly bigint[]): void => {
    if (register === undefined) return;
    const all = lanes.reduce((sum, lane, i) => sum | (lane << BigInt(i * fmt)), 0n);
    v[register * 2] = all;
    v[register * 2 + 1] = all >> 64n;
  };
  const n: bigint[] = [];
  const m: bigint[] = [];
  const a: bigint[] = [];
  // Often the same operands in all elements, so that vectors are plain as a whole.
  const alike = r.chance(1, 2);
  for (let i = 0; i < 128 / fmt; i++) {
    if (i > 0 && alike) {
      n.push(n[0]!);
      m.push(m[0]!);
      a.push(a[0]!);
      continue;
    }
    if (r.chance(1, 8)) {
      const triple = nearHalfway(r, fmt);
      n.push(triple.a);
      m.push(triple.b);
      a.push(triple.c);
      continue;
    }
    const x = operand(r, fmt);
    const y = r.chance(2, 3) ? partner(r, fmt, x) : operand(r, fmt);
    n.push(x);
    m.push(y);
    a.push(addend(r, fmt, x, y));
  }
  put(f.Rd, a);
  put(f.Ra, a);
  put(f.Rm, m);
  put(f.Rn, n);
  if (/CVTF/.test(encoding.instruction.name)) {
    for (let i = 0; i < 2; i++) v[f.Rn! * 2 + i] = integer(r);
  }
  const x = new BigUint64Array(GENERAL);
  for (let i = 0; i < GENERAL; i++) x[i] = integer(r);
  return { word, fpcr: drawControl(r), fpsr: r.pick(FPSR_START), nzcv: r.below(16), x, v };
}
