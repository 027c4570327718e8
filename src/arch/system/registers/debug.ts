/** Debug registers (Arm ARM D17.3), without an external debugger: the communication channel is always empty. */
import type { Cpu } from '../../cpu.js';
import { lookForInterrupts } from '../pstate.js';
import { BREAKPOINTS, low, SLOT, WATCHPOINTS } from '../slots.js';
import { constant, type Options, register, type SystemRegister, WORD, zero } from './definition.js';

const MDSCR_TDCC = 1 << 12;
/** SS, TDCC, KDE, MDE. The rest belongs to external debug. */
const MDSCR_MASK = 0xb001n;
/** OS lock implemented (OSLM), and its reset state: locked. */
const OSLSR_OSLM = 8n;
const OSLSR_OSLK = 2n;
/** E, PMC, HMC, SSC, LBN, BT; BAS is fixed as all instructions are A64. */
const BCR_MASK = 0x00ff_e007n;
const BCR_BAS = 0x1e0n;
const WCR_MASK = 0x1f1f_ffffn;
const CLAIM_TAGS = 0xffn;

const channel: Options = { el: 0, el0: (cpu) => (low(cpu, SLOT.MDSCR_EL1) & MDSCR_TDCC) === 0 };

/** What depends on the debug registers follows; fetches are looked up again so that breakpoints are seen. */
function changed(cpu: Cpu): void {
  cpu.system.debugChanged();
  lookForInterrupts(cpu);
}

/** Addresses are VA[48:2], sign-extended. */
const extended = (slot: number): Options => ({
  slot,
  write(cpu, value) {
    cpu.setSys(slot, BigInt.asUintN(64, BigInt.asIntN(49, value & ~3n)));
    changed(cpu);
  },
});

/** Breakpoint values hold a context ID as well as an address. */
const breakpointValue = (slot: number): Options => ({ slot, changed });

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

export function debugRegisters(): SystemRegister[] {
  return [
    register('MDSCR_EL1', [2, 0, 0, 2, 2], { slot: SLOT.MDSCR_EL1, mask: MDSCR_MASK, changed }),
    register('MDCCINT_EL1', [2, 0, 0, 2, 0], { slot: SLOT.MDCCINT_EL1, mask: 0x6000_0000n }),
    register('OSDTRRX_EL1', [2, 0, 0, 0, 2], { slot: SLOT.OSDTRRX_EL1, mask: WORD }),
    register('OSDTRTX_EL1', [2, 0, 0, 3, 2], { slot: SLOT.OSDTRTX_EL1, mask: WORD }),
    register('OSECCR_EL1', [2, 0, 0, 6, 2], { slot: SLOT.OSECCR_EL1, mask: WORD }),
    constant('MDRAR_EL1', [2, 0, 1, 0, 0], 0n),
    register('OSLAR_EL1', [2, 0, 1, 0, 4], {
      only: 'write',
      write(cpu, value) {
        cpu.setSys(SLOT.OSLSR_EL1, OSLSR_OSLM | (value & 1n ? OSLSR_OSLK : 0n));
        changed(cpu);
      },
    }),
    register('OSLSR_EL1', [2, 0, 1, 1, 4], { slot: SLOT.OSLSR_EL1, only: 'read', reset: OSLSR_OSLM | OSLSR_OSLK }),
    register('OSDLR_EL1', [2, 0, 1, 3, 4], { slot: SLOT.OSDLR_EL1, mask: 1n, changed }),
    register('DBGPRCR_EL1', [2, 0, 1, 4, 4], { slot: SLOT.DBGPRCR_EL1, mask: 1n }),
    register('DBGCLAIMSET_EL1', [2, 0, 7, 8, 6], {
      read: () => CLAIM_TAGS,
      write: (cpu, value) => cpu.setSys(SLOT.DBGCLAIM, cpu.sys(SLOT.DBGCLAIM) | (value & CLAIM_TAGS)),
    }),
    register('DBGCLAIMCLR_EL1', [2, 0, 7, 9, 6], {
      read: (cpu) => cpu.sys(SLOT.DBGCLAIM),
      write: (cpu, value) => cpu.setSys(SLOT.DBGCLAIM, cpu.sys(SLOT.DBGCLAIM) & ~value),
    }),
    constant('DBGAUTHSTATUS_EL1', [2, 0, 7, 14, 6], 0n),
    constant('MDCCSR_EL0', [2, 3, 0, 1, 0], 0n, { ...channel, writeEl: 3, readEl: 0 }),
    zero('DBGDTR_EL0', [2, 3, 0, 4, 0], channel),
    // DBGDTRRX_EL0 and DBGDTRTX_EL0 share an encoding.
    zero('DBGDTRTX_EL0', [2, 3, 0, 5, 0], channel),
    ...numbers(BREAKPOINTS).flatMap((n) => [
      register(`DBGBVR${n}_EL1`, [2, 0, 0, n, 4], breakpointValue(SLOT.DBGBVR0_EL1 + n)),
      register(`DBGBCR${n}_EL1`, [2, 0, 0, n, 5], {
        slot: SLOT.DBGBCR0_EL1 + n,
        mask: BCR_MASK,
        res1: BCR_BAS,
        changed,
      }),
    ]),
    ...numbers(WATCHPOINTS).flatMap((n) => [
      register(`DBGWVR${n}_EL1`, [2, 0, 0, n, 6], extended(SLOT.DBGWVR0_EL1 + n)),
      register(`DBGWCR${n}_EL1`, [2, 0, 0, n, 7], { slot: SLOT.DBGWCR0_EL1 + n, mask: WCR_MASK, changed }),
    ]),
  ];
}
