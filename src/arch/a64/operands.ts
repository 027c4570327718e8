/** Register numbers to slots in the state (see engine/layout): register 31 is resolved here, once, at decode. */
import { S } from '../engine/layout.js';

/** X register as a source: 31 is XZR. */
export const xs = (n: number): number => (n === 31 ? S.ZERO : S.X + n * 8);
/** X register as a destination: 31 discards. */
export const xd = (n: number): number => (n === 31 ? S.SINK : S.X + n * 8);
/** X register or SP. */
export const xsp = (n: number): number => (n === 31 ? S.SP : S.X + n * 8);
/** V register. */
export const v = (n: number): number => S.V + (n & 31) * 16;

/** Sign-extends the low `bits` (1..32) of `value`. */
export const sx = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);
