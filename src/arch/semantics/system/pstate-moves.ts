/** MSR (immediate): DAIFSet, DAIFClr, SPSel, PAN, UAO (C6.2.254). */
import type { Instruction } from '../../a64/pattern.js';
import type { Cpu } from '../../cpu.js';
import { S } from '../../engine/layout.js';
import { trapSystemAccess, undefinedInstruction } from '../../system/exceptions.js';
import { PSTATE } from '../../system/pstate.js';
import { SCTLR } from '../../system/regime.js';
import { setDaif, setPstateBit, setSpSel } from '../../system/registers/control.js';
import { low, SLOT } from '../../system/slots.js';

const immediate = (insn: number): number => (insn >>> 8) & 15;

/** DAIFSet and DAIFClr at EL0 need SCTLR_EL1.UMA. */
const changeMasks =
  (set: boolean) =>
  (cpu: Cpu, insn: number): void => {
    if (!cpu.el && !(low(cpu, SLOT.SCTLR_EL1) & SCTLR.UMA)) return trapSystemAccess(cpu, insn);
    const masks = immediate(insn) << 6;
    setDaif(cpu, set ? cpu.daif | masks : cpu.daif & ~masks);
  };

/** The others are EL1's. */
const atEl1 =
  (change: (cpu: Cpu, value: number) => void) =>
  (cpu: Cpu, insn: number): void =>
    cpu.el ? change(cpu, immediate(insn) & 1) : undefinedInstruction(cpu);

const masks = (name: 'DAIFSet' | 'DAIFClr'): Instruction => {
  const set = name === 'DAIFSet';
  return {
    name: `MSR_${name}`,
    asm: `MSR ${name}, #<imm>`,
    pattern: `1101010100 0 00 011 0100 imm4 ${set ? '110' : '111'} 11111`,
    operands: (f) => ({ imm2: f.imm4! << 6 }),
    emit(e) {
      const daif = e.state32(S.DAIF);
      const fast = e.and(e.test('ne', e.state32(S.EL), 0), set ? 1 : e.eqz(e.state32(S.LINES)));
      const changed = set ? e.or(daif, e.imm2()) : e.and(daif, e.not(e.imm2()));
      e.if(
        fast,
        () => e.setState32(S.DAIF, changed),
        () => e.exec(),
      );
    },
    exec: changeMasks(set),
  };
};

export const PSTATE_MOVES: readonly Instruction[] = [
  masks('DAIFSet'),
  masks('DAIFClr'),
  {
    name: 'MSR_SPSel',
    asm: 'MSR SPSel, #<imm>',
    pattern: '1101010100 0 00 000 0100 imm4 101 11111',
    exec: atEl1(setSpSel),
  },
  {
    name: 'MSR_PAN',
    asm: 'MSR PAN, #<imm>',
    pattern: '1101010100 0 00 000 0100 imm4 100 11111',
    feature: 'pan',
    exec: atEl1((cpu, value) => setPstateBit(cpu, PSTATE.PAN, value !== 0)),
  },
  {
    name: 'MSR_UAO',
    asm: 'MSR UAO, #<imm>',
    pattern: '1101010100 0 00 000 0100 imm4 011 11111',
    feature: 'uao',
    exec: atEl1((cpu, value) => setPstateBit(cpu, PSTATE.UAO, value !== 0)),
  },
];
