// FPCompare, FPCompareEQ/GE/GT, and the order of operands that they share with FPMin and FPMax.
import { type Fmt, type Format, type FpControl, formatOf, IOC } from './format.js';
import { fpUnpack, QNAN, SNAN, type Unpacked, ZERO } from './unpack.js';

/** A number that orders the non-NaN operands of one format by value; both zeros and flushed denormals are 0. */
export function orderKey(f: Format, u: Unpacked, bits: bigint): bigint {
  if (u.type === ZERO) return 0n;
  return u.sign ? -(bits ^ f.signBit) : bits;
}

/** FPCompare: NZCV as a nibble (N is bit 3). Signalling NaNs raise IOC, quiet ones only if `signalNaNs`. */
export function fpCompare(fmt: Fmt, a: bigint, b: bigint, signalNaNs: boolean, c: FpControl): number {
  const order = compareWith(fmt, a, b, signalNaNs, c);
  if (order === undefined) return 0b0011;
  return order === 0 ? 0b0110 : order < 0 ? 0b1000 : 0b0010;
}

/** FPCompareEQ: a quiet NaN is unequal without an exception. */
export function fpCompareEQ(fmt: Fmt, a: bigint, b: bigint, c: FpControl): boolean {
  return compareWith(fmt, a, b, false, c) === 0;
}

/** FPCompareGE: any NaN raises IOC and gives false. */
export function fpCompareGE(fmt: Fmt, a: bigint, b: bigint, c: FpControl): boolean {
  const order = compareWith(fmt, a, b, true, c);
  return order !== undefined && order >= 0;
}

/** FPCompareGT: any NaN raises IOC and gives false. */
export function fpCompareGT(fmt: Fmt, a: bigint, b: bigint, c: FpControl): boolean {
  const order = compareWith(fmt, a, b, true, c);
  return order !== undefined && order > 0;
}

/** -1, 0 or 1 as a is below, equal to or above b; undefined when unordered. */
function compareWith(fmt: Fmt, a: bigint, b: bigint, signalNaNs: boolean, c: FpControl): number | undefined {
  const f = formatOf(fmt);
  const u1 = fpUnpack(f, a, c);
  const u2 = fpUnpack(f, b, c);
  if (u1.type >= QNAN || u2.type >= QNAN) {
    if (signalNaNs || u1.type === SNAN || u2.type === SNAN) c.flags |= IOC;
    return undefined;
  }
  const key1 = orderKey(f, u1, a);
  const key2 = orderKey(f, u2, b);
  return key1 === key2 ? 0 : key1 < key2 ? -1 : 1;
}
