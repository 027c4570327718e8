/** DC ZVA, emitted because kernels clear pages with it. The other cache operations are in semantics/system. */
import { xs } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';

/** DCZID_EL0.BS says 64 bytes. */
const ZVA_BYTES = 64;

export const CACHE: readonly Instruction[] = [
  {
    name: 'DC_ZVA',
    asm: 'DC ZVA, <Xt>',
    pattern: '1101010100 0 01 011 0111 0100 001 Rt',
    operands: (f) => ({ n: xs(f.Rt!) }),
    emit(e, _f, o) {
      const fill = (host: Parameters<Parameters<typeof e.write>[2]>[0]): void => {
        const zero = e.v128(0n, 0n);
        for (let at = 0; at < ZVA_BYTES; at += 16) e.storeV(host, zero, at);
      };
      e.write(e.and(e.x(o.n), -ZVA_BYTES), ZVA_BYTES, fill, { element: 8, cache: true });
    },
  },
];
