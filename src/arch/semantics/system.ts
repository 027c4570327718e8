/**
 * The instruction table's lines of system instructions and exception generation (C4.1.86, C4.1.87). What they do is in
 * arch/system; hints, barriers and the hot register moves are emitted.
 */
import type { Instruction } from '../a64/pattern.js';
import type { Cpu } from '../cpu.js';
import { S } from '../engine/layout.js';
import { systemInstruction } from '../system/maintenance.js';
import { moveFromRegister, moveToRegister } from '../system/registers/index.js';
import { errorSynchronizationBarrier, sendEvent, waitForEvent, waitForInterrupt } from '../system/wait.js';
import { DIRECT_MOVES } from './system/direct-moves.js';
import { EXCEPTION_GENERATION } from './system/exception-generation.js';
import { PSTATE_MOVES } from './system/pstate-moves.js';

const hint = (name: string, bits: string, exec: (cpu: Cpu) => void): Instruction => ({
  name,
  asm: name,
  pattern: `11010101000000110010 ${bits} 11111`,
  exec,
});

const barrier = (name: string, op2: string): Instruction => ({
  name,
  asm: `${name} <option>`,
  pattern: `11010101000000110011 imm4 ${op2} 11111`,
  emit: () => {},
});

export const SYSTEM: readonly Instruction[] = [
  // Hints that are not allocated, and those that ask for nothing here, are NOPs.
  { name: 'HINT', asm: 'HINT #<imm>', pattern: '11010101000000110010 imm7 11111', emit: () => {} },
  hint('WFE', '0000010', waitForEvent),
  hint('WFI', '0000011', waitForInterrupt),
  hint('SEV', '0000100', sendEvent),
  {
    name: 'SEVL',
    asm: 'SEVL',
    pattern: '11010101000000110010 0000101 11111',
    emit: (e) => e.setState32(S.EVENT, 1),
  },
  { ...hint('ESB', '0010000', errorSynchronizationBarrier), feature: 'ras' },
  barrier('DSB', '100'),
  barrier('DMB', '101'),
  barrier('ISB', '110'),
  {
    name: 'CLREX',
    asm: 'CLREX',
    pattern: '11010101000000110011 imm4 010 11111',
    emit: (e) => e.setState32(S.EXCL_SIZE, 0),
  },
  ...PSTATE_MOVES,
  ...DIRECT_MOVES,
  {
    name: 'MRS',
    asm: 'MRS <Xt>, <systemreg>',
    pattern: '11010101001 1 imm15 Rt',
    exec: moveFromRegister,
  },
  {
    name: 'MSR_reg',
    asm: 'MSR <systemreg>, <Xt>',
    pattern: '11010101000 1 imm15 Rt',
    exec: moveToRegister,
  },
  {
    name: 'SYS',
    asm: 'SYS #<op1>, <Cn>, <Cm>, #<op2>, <Xt>',
    pattern: '1101010100001 imm14 Rt',
    exec: systemInstruction,
  },
  ...EXCEPTION_GENERATION,
];
