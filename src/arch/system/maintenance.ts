/** SYS instructions: cache maintenance, TLB maintenance and address translation (Arm ARM C5.3, C5.4, C5.5). */
import type { Feature } from '../a64/pattern.js';
import type { Cpu } from '../cpu.js';
import { S } from '../engine/layout.js';
import { trapSystemAccess, undefinedInstruction } from './exceptions.js';
import { Want } from './mmu.js';
import { PSTATE } from './pstate.js';
import { SCTLR } from './regime.js';
import { low as lowOf, SLOT } from './slots.js';
import { Entry } from './translations.js';
import { Fault, OK } from './walk.js';

export interface SystemInstruction {
  readonly name: string;
  /** op1:CRn:CRm:op2. */
  readonly encoding: number;
  readonly feature?: Feature;
  /** EL0 may use it where SCTLR_EL1.UCI lets it. */
  readonly user?: boolean;
  run(cpu: Cpu, argument: bigint): void;
}

const PAR_FAILED = 1n;
const PAR_RES1 = 1n << 11n;
const PAR_NS = 1n << 9n;
const OUTER_SHAREABLE = 2;

const lowWord = (value: bigint): number => Number(BigInt.asIntN(32, value));
const highWord = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));

/** Caches are never out of step with memory: what is left is that the address must translate. */
const byAddress = (cpu: Cpu, address: bigint): void => {
  cpu.system.access.maintain(lowWord(address), highWord(address), cpu.el ? Want.ANY : Want.USER);
};

/** DC IVAC needs write permission, as it may destroy data. */
const invalidate = (cpu: Cpu, address: bigint): void => {
  cpu.system.access.maintain(lowWord(address), highWord(address), Want.WRITE);
};

const nothing = (): void => {};

/**
 * Cached translations follow the tables (see table-watch), so there is nothing to drop; but the running instructions'
 * own translation may have changed.
 */
const invalidateTranslations = (cpu: Cpu): void => cpu.system.mmu.refetch();

/** AT: the result, or why there is none, goes to PAR_EL1. */
function translateAddress(want: number, withPan = false): (cpu: Cpu, address: bigint) => void {
  return (cpu, address) => {
    const { mmu, access } = cpu.system;
    const pan = withPan && cpu.i32[S.PSTATE >> 2]! & PSTATE.PAN ? Want.PAN : 0;
    const fault = mmu.probe(lowWord(address), highWord(address), want | pan);
    if (fault === OK) {
      const { attributes, bits } = mmu;
      const device = (attributes & 0xf0) === 0;
      const share = device ? OUTER_SHAREABLE : (bits >>> Entry.SHARE_SHIFT) & 3;
      const page = BigInt(mmu.physical - (mmu.physical % 4096));
      cpu.setSys(SLOT.PAR_EL1, page | PAR_RES1 | PAR_NS | BigInt(share << 7) | (BigInt(attributes) << 56n));
    } else if ((fault & ~3) === Fault.ExternalOnWalk) {
      access.maintain(lowWord(address), highWord(address), want);
    } else {
      cpu.setSys(SLOT.PAR_EL1, PAR_FAILED | PAR_RES1 | BigInt(fault << 1));
    }
  };
}

const at = (op1: number, crn: number, crm: number, op2: number): number => (op1 << 11) | (crn << 7) | (crm << 3) | op2;

const TLBI_OPERATIONS: readonly [string, number][] = [
  ['VMALLE1', 0],
  ['VAE1', 1],
  ['ASIDE1', 2],
  ['VAAE1', 3],
  ['VALE1', 5],
  ['VAALE1', 7],
];

export const SYSTEM_INSTRUCTIONS: readonly SystemInstruction[] = [
  { name: 'IC IALLUIS', encoding: at(0, 7, 1, 0), run: nothing },
  { name: 'IC IALLU', encoding: at(0, 7, 5, 0), run: nothing },
  { name: 'IC IVAU', encoding: at(3, 7, 5, 1), user: true, run: byAddress },
  { name: 'DC IVAC', encoding: at(0, 7, 6, 1), run: invalidate },
  { name: 'DC ISW', encoding: at(0, 7, 6, 2), run: nothing },
  { name: 'DC CSW', encoding: at(0, 7, 10, 2), run: nothing },
  { name: 'DC CISW', encoding: at(0, 7, 14, 2), run: nothing },
  { name: 'DC CVAC', encoding: at(3, 7, 10, 1), user: true, run: byAddress },
  { name: 'DC CVAU', encoding: at(3, 7, 11, 1), user: true, run: byAddress },
  { name: 'DC CVAP', encoding: at(3, 7, 12, 1), user: true, feature: 'dpb', run: byAddress },
  { name: 'DC CIVAC', encoding: at(3, 7, 14, 1), user: true, run: byAddress },
  { name: 'AT S1E1R', encoding: at(0, 7, 8, 0), run: translateAddress(0) },
  { name: 'AT S1E1W', encoding: at(0, 7, 8, 1), run: translateAddress(Want.WRITE) },
  { name: 'AT S1E0R', encoding: at(0, 7, 8, 2), run: translateAddress(Want.USER) },
  { name: 'AT S1E0W', encoding: at(0, 7, 8, 3), run: translateAddress(Want.USER | Want.WRITE) },
  { name: 'AT S1E1RP', encoding: at(0, 7, 9, 0), feature: 'pan', run: translateAddress(0, true) },
  { name: 'AT S1E1WP', encoding: at(0, 7, 9, 1), feature: 'pan', run: translateAddress(Want.WRITE, true) },
  ...TLBI_OPERATIONS.flatMap(([name, op2]) => [
    { name: `TLBI ${name}IS`, encoding: at(0, 8, 3, op2), run: invalidateTranslations },
    { name: `TLBI ${name}`, encoding: at(0, 8, 7, op2), run: invalidateTranslations },
  ]),
];

const BY_ENCODING = new Map(SYSTEM_INSTRUCTIONS.map((i) => [i.encoding, i]));

/** SYS #op1, Cn, Cm, #op2, Xt. */
export function systemInstruction(cpu: Cpu, insn: number): void {
  const found = BY_ENCODING.get((insn >>> 5) & 0x3fff);
  const { el } = cpu;
  if (!found || (found.feature && !cpu.profile.features.has(found.feature)) || (el === 0 && !found.user)) {
    return undefinedInstruction(cpu);
  }
  if (el === 0 && !(lowOf(cpu, SLOT.SCTLR_EL1) & SCTLR.UCI)) return trapSystemAccess(cpu, insn);
  found.run(cpu, cpu.x(insn & 31));
}
