/** PMULL of doublewords: the 128-bit carry-less product. */
import type { Instruction } from '../../a64/pattern.js';
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { reverseBits } from './bits.js';
import { operandsDNM } from './form.js';
import { zero } from './lanes.js';

/** Every fourth bit. Of such numbers at most 15 terms meet in a place, 16 only in the last, whose carry leaves the word. */
const HOLES = 0x1111111111111111n;

/** The low 64 bits of the carry-less product: four classes of bit positions, multiplied apart so that no carry meets. */
function productLow(e: Emitter, a: Val, b: Val): Val {
  const classes = [0n, 1n, 2n, 3n].map((shift) => HOLES << shift);
  const parts = (x: Val): Val[] => classes.map((mask) => e.and(x, mask));
  const x = parts(a);
  const y = parts(b);
  return classes
    .map((mask, k) => {
      const terms = x.map((part, i) => e.mul(part, y[(k - i) & 3]!));
      return e.and(
        terms.reduce((p, q) => e.xor(p, q)),
        mask,
      );
    })
    .reduce((p, q) => e.or(p, q));
}

/** All 64 bits of a doubleword in reverse order. */
function reverse(e: Emitter, a: Val): Val {
  const bytes = reverseBits(e, e.replace(zero(e), 64, 0, a));
  const backwards = e.shuffle(
    bytes,
    bytes,
    Array.from({ length: 16 }, (_, i) => i ^ 7),
  );
  return e.extract(backwards, 64, 0);
}

export const POLYNOMIAL: readonly Instruction[] = [
  {
    name: 'PMULL_64_vector',
    asm: 'PMULL{2} <Vd>.1Q, <Vn>.<Tb>, <Vm>.<Tb>',
    pattern: '0 Q 0 01110 11 1 Rm 1110 00 Rn Rd',
    feature: 'crypto',
    fp: true,
    operands: operandsDNM,
    emit(e, f, o) {
      const a = e.lane(o.n, 64, f.Q);
      const b = e.lane(o.m, 64, f.Q);
      const low = productLow(e, a, b);
      const high = e.shr(reverse(e, productLow(e, reverse(e, a), reverse(e, b))), 1);
      e.setVec(o.d, e.replace(e.simd('i64x2.splat', low), 64, 1, high));
    },
  },
];
