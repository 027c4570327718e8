/** Wide elements made narrow, with and without saturation. */
import type { Val } from '../../engine/assembler.js';
import type { Emitter } from '../../engine/emitter.js';
import { type Form, saturated, twice } from './form.js';
import { every, lanes, maximum, minimum, narrow, zero } from './lanes.js';

/** How wide elements become narrow ones: signedness of the source, then of the result. */
export type Saturation = 'su' | 'ss' | 'uu';

/** Elements of twice the form's bits, in `low` then `high`, saturated to its bits. */
export function saturateNarrow(e: Emitter, form: Form, how: Saturation, low: Val, high: Val): Val {
  const { bits } = form;
  const wide = twice(bits);
  const top = (1n << BigInt(how === 'ss' ? bits - 1 : bits)) - 1n;
  const clamp = (a: Val): Val => {
    if (how === 'uu') return minimum(e, wide, 'u', a, every(e, wide, top));
    const floor = how === 'ss' ? every(e, wide, -top - 1n) : zero(e);
    return maximum(e, wide, 's', minimum(e, wide, 's', a, every(e, wide, top)), floor);
  };
  const clampedLow = clamp(low);
  const clampedHigh = high === low ? clampedLow : clamp(high);
  const changedLow = lanes(e, wide, 'ne', clampedLow, low);
  const changedHigh = high === low ? changedLow : lanes(e, wide, 'ne', clampedHigh, high);
  saturated(e, form, narrow(e, bits, changedLow, changedHigh));
  return narrow(e, bits, clampedLow, clampedHigh);
}
