/** The core's registers by name, as snapshots carry them: architecture only, nothing of the engine's. */
import type { Cpu } from '../../arch/cpu.js';
import { S } from '../../arch/engine/layout.js';
import { SLOT_NAMES, type SlotName } from '../../arch/system/slots.js';
import { CNTHCTL } from '../../arch/timer/index.js';

/** Plain state of one core. */
export interface CoreState {
  /** X0..X30. */
  x: bigint[];
  /** The selected stack pointer; the others are in `system`. */
  sp: bigint;
  pc: bigint;
  nzcv: number;
  el: number;
  spsel: number;
  /** At their SPSR bits. */
  daif: number;
  pstate: number;
  fpcr: number;
  fpsr: number;
  /** V0..V31, low and high halves in turn. */
  v: bigint[];
  /** WFE's event register. */
  event: number;
  /** Software step: what the last instruction was, see S.STEPPED. */
  stepped: number;
  exclusive: { size: number; address: bigint };
  /** System registers by name. */
  system: Record<string, bigint>;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The loaded vCPU's registers. */
export function saveCore(cpu: Cpu): CoreState {
  const { i32, u64 } = cpu;
  return {
    x: range(31).map((n) => cpu.x(n)),
    sp: cpu.sp,
    pc: cpu.pc,
    nzcv: cpu.nzcv,
    el: cpu.el,
    spsel: i32[S.SPSEL >> 2]!,
    daif: cpu.daif,
    pstate: i32[S.PSTATE >> 2]!,
    fpcr: cpu.fpcr,
    fpsr: cpu.fpsr,
    v: range(32).flatMap((n) => cpu.v(n)),
    event: i32[S.EVENT >> 2]!,
    stepped: i32[S.STEPPED >> 2]!,
    exclusive: { size: i32[S.EXCL_SIZE >> 2]!, address: u64[S.EXCL_ADDR >> 3]! },
    system: Object.fromEntries(SLOT_NAMES.map((name, slot) => [name, cpu.sys(slot)])),
  };
}

const PSTATE_MASK = 0xf << 20;

/** Registers that older builds' snapshots lack, and what they stood at there. */
export const LATER_SLOTS: Readonly<Partial<Record<SlotName, bigint>>> = {
  CNTHCTL_EL2: CNTHCTL.EL1PCTEN | CNTHCTL.EL1PCEN,
};

/**
 * Fills the loaded vCPU's registers.
 * @throws RangeError where the state is of no such core
 */
export function restoreCore(cpu: Cpu, state: CoreState): void {
  const { i32, u64 } = cpu;
  if (state.x.length !== 31 || state.v.length !== 64) throw new RangeError('a core has 31 X and 32 V registers');
  if ((state.el !== 0 && state.el !== 1) || (state.spsel !== 0 && state.spsel !== 1)) {
    throw new RangeError(`EL${state.el} with SPSel ${state.spsel}: a guest runs at EL0 or EL1`);
  }
  state.x.forEach((value, n) => cpu.setX(n, BigInt.asUintN(64, value)));
  cpu.sp = BigInt.asUintN(64, state.sp);
  cpu.branchTo(BigInt.asUintN(64, state.pc));
  cpu.nzcv = state.nzcv & 15;
  i32[S.EL >> 2] = state.el;
  i32[S.SPSEL >> 2] = state.spsel;
  cpu.daif = state.daif;
  i32[S.PSTATE >> 2] = state.pstate & PSTATE_MASK;
  i32[S.FPCR >> 2] = state.fpcr;
  i32[S.FPSR >> 2] = state.fpsr;
  for (const n of range(32)) {
    cpu.setV(n, BigInt.asUintN(64, state.v[n * 2]!), BigInt.asUintN(64, state.v[n * 2 + 1]!));
  }
  i32[S.EVENT >> 2] = state.event & 1;
  i32[S.STEPPED >> 2] = state.stepped & 3;
  i32[S.EXCL_SIZE >> 2] = state.exclusive.size;
  u64[S.EXCL_ADDR >> 3] = BigInt.asUintN(64, state.exclusive.address);
  SLOT_NAMES.forEach((name, slot) => {
    const value = state.system[name] ?? LATER_SLOTS[name];
    if (typeof value !== 'bigint') throw new RangeError(`system register ${name} is missing`);
    cpu.setSys(slot, BigInt.asUintN(64, value));
  });
}
