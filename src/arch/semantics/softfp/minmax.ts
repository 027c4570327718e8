// FPMin, FPMax, FPMinNum and FPMaxNum (Arm ARM J1.3, "shared/functions/float").
import { orderKey } from './compare.js';
import { type Fmt, type FpControl, formatOf, withSign } from './format.js';
import { fpProcessNaNs, fpUnpack, QNAN, ZERO } from './unpack.js';

function select(fmt: Fmt, a: bigint, b: bigint, maximum: boolean, c: FpControl): bigint {
  const f = formatOf(fmt);
  const u1 = fpUnpack(f, a, c);
  const u2 = fpUnpack(f, b, c);
  const nan = fpProcessNaNs(f, u1, u2, a, b, c);
  if (nan !== undefined) return nan;
  const key1 = orderKey(f, u1, a);
  const key2 = orderKey(f, u2, b);
  const first = maximum ? key1 > key2 : key1 < key2;
  if ((first ? u1 : u2).type === ZERO) {
    // Of two zeros the maximum is the positive one and the minimum the negative one; a flushed operand is a zero.
    return withSign(f, maximum ? u1.sign & u2.sign : u1.sign | u2.sign, 0n);
  }
  return first ? a : b;
}

function selectNumber(fmt: Fmt, a: bigint, b: bigint, maximum: boolean, c: FpControl): bigint {
  const f = formatOf(fmt);
  const quiet1 = fpUnpack(f, a, c).type === QNAN;
  const quiet2 = fpUnpack(f, b, c).type === QNAN;
  // A lone quiet NaN stands for the infinity that loses.
  const loser = withSign(f, maximum ? 1 : 0, f.infinity);
  return select(fmt, quiet1 && !quiet2 ? loser : a, quiet2 && !quiet1 ? loser : b, maximum, c);
}

/** FPMin. */
export function fpMin(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return select(fmt, a, b, false, c);
}

/** FPMax. */
export function fpMax(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return select(fmt, a, b, true, c);
}

/** FPMinNum: FPMin, but a number wins over a quiet NaN. */
export function fpMinNum(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return selectNumber(fmt, a, b, false, c);
}

/** FPMaxNum: FPMax, but a number wins over a quiet NaN. */
export function fpMaxNum(fmt: Fmt, a: bigint, b: bigint, c: FpControl): bigint {
  return selectNumber(fmt, a, b, true, c);
}
