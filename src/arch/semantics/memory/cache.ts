/** DC ZVA, emitted because kernels clear pages with it. The other cache operations are in semantics/system. */
import { xs } from '../../a64/operands.js';
import type { Instruction } from '../../a64/pattern.js';
import type { Cpu } from '../../cpu.js';
import { Access, accessBits } from '../../engine/emitter.js';
import { S, SCRATCH } from '../../engine/layout.js';
import { trapSystemAccess } from '../../system/exceptions.js';
import { SCTLR } from '../../system/regime.js';
import { low, SLOT } from '../../system/slots.js';

/** What generated code zeroes: DCZID_EL0.BS 4. A bigger block is zeroed by `exec` before. */
const ZVA_BYTES = 64;

const ZVA_ACCESS = accessBits(ZVA_BYTES, { element: 8, cache: true }) | Access.WRITE;

/** Zeroes the block around `address` in steps of 64 bytes, where it is bigger than one; the first fault ends it. */
function zeroBlock(cpu: Cpu, address: bigint, bytes: number): void {
  if (bytes === ZVA_BYTES) return;
  const first = BigInt.asUintN(64, address) & -BigInt(bytes);
  for (let at = 0; at < bytes; at += ZVA_BYTES) {
    const [low, high] = halves(first + BigInt(at));
    cpu.u8.fill(0, SCRATCH, SCRATCH + ZVA_BYTES);
    if (cpu.system.access.write(low, high, ZVA_ACCESS)) return;
  }
}

const halves = (address: bigint): [number, number] => [
  Number(BigInt.asIntN(32, address)),
  Number(BigInt.asIntN(32, address >> 32n)),
];

export const CACHE: readonly Instruction[] = [
  {
    name: 'DC_ZVA',
    asm: 'DC ZVA, <Xt>',
    pattern: '1101010100 0 01 011 0111 0100 001 Rt',
    operands: (f) => ({ n: xs(f.Rt!) }),
    emit(e, _f, o) {
      e.if(e.or(e.eqz(e.state32(S.EL)), e.state32(S.ZVA_LOOK)), () => e.exec());
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
      if (cpu.el === 0 && !(low(cpu, SLOT.SCTLR_EL1) & SCTLR.DZE)) return trapSystemAccess(cpu, insn);
      if (!cpu.i32[S.ZVA_LOOK >> 2]) return;
      cpu.system.identification.noteZeroing();
      zeroBlock(cpu, cpu.x(insn & 31), cpu.system.identification.zvaBytes);
    },
  },
];
