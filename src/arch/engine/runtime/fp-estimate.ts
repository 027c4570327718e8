/** FRECPE, FRSQRTE and FRECPX: always by the exact library, whose tables they are. */
import type { RuntimeFunction } from '../runtime.js';
import { bitsType } from './fp-environment.js';
import { soft } from './fp-soft-operations.js';

/** `f32_recpe`, ...: bits in, bits out. */
export const FP_ESTIMATE: Record<string, RuntimeFunction> = {};
for (const fmt of [16, 32, 64] as const) {
  const ty = bitsType(fmt);
  for (const op of ['recpe', 'rsqrte', 'recpx'] as const) {
    FP_ESTIMATE[`f${fmt}_${op}`] = {
      params: [ty],
      results: [ty],
      emit: (a) => a.return(soft(a, op, fmt, [a.param(0)])),
    };
  }
}
