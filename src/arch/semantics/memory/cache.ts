/** DC ZVA, emitted because kernels clear pages with it. The other cache operations are in semantics/system. */
import { xs } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import { S } from '../../engine/layout.js';
import { trapSystemAccess } from '../../system/exceptions.js';
import { SCTLR } from '../../system/regime.js';
import { low, SLOT } from '../../system/slots.js';

/** DCZID_EL0.BS says 64 bytes. */
const ZVA_BYTES = 64;

export const CACHE: readonly Instruction[] = [
  {
    name: 'DC_ZVA',
    asm: 'DC ZVA, <Xt>',
    pattern: '1101010100 0 01 011 0111 0100 001 Rt',
    operands: (f) => ({ n: xs(f.Rt!) }),
    emit(e, _f, o) {
      e.if(e.eqz(e.state32(S.EL)), () => e.exec());
      const zero = e.v128(0n, 0n);
      e.write(
        e.and(e.x(o.n), -ZVA_BYTES),
        ZVA_BYTES,
        (host) => {
          for (let at = 0; at < ZVA_BYTES; at += 16) e.storeV(host, zero, at);
        },
        { element: 8, cache: true },
      );
    },
    /** EL0 needs SCTLR_EL1.DZE. */
    exec(cpu, insn) {
      if (!(low(cpu, SLOT.SCTLR_EL1) & SCTLR.DZE)) trapSystemAccess(cpu, insn);
    },
  },
];
