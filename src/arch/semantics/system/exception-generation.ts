/** SVC, HVC, SMC, BRK, HLT, DCPS<n>, UDF, and exception returns (C4.1.86, C4.1.87). */
import type { Instruction } from '../../a64/pattern.js';
import type { Cpu } from '../../cpu.js';
import { ExceptionClass, exceptionReturn, synchronous, undefinedInstruction } from '../../system/exceptions.js';
import { lookForInterrupts } from '../../system/pstate.js';

const imm16 = (insn: number): number => (insn >>> 5) & 0xffff;
const SEMIHOSTING = 0xf000;

function call(conduit: 'hvc' | 'smc'): (cpu: Cpu, insn: number) => void {
  return (cpu, insn) => {
    if (!cpu.el || !cpu.outside.hypercall(conduit, imm16(insn))) return undefinedInstruction(cpu);
    lookForInterrupts(cpu);
  };
}

/** Without halting debug HLT is UNDEFINED, but for the debugger's calls that a machine may offer. */
function halt(cpu: Cpu, insn: number): void {
  if (imm16(insn) !== SEMIHOSTING || !cpu.outside.semihosting()) undefinedInstruction(cpu);
}

const generating = (name: string, opc: string, ll: string, exec: (cpu: Cpu, insn: number) => void): Instruction => ({
  name,
  asm: `${name} #<imm>`,
  pattern: `11010100 ${opc} imm16 000 ${ll}`,
  branch: true,
  exec,
});

export const EXCEPTION_GENERATION: readonly Instruction[] = [
  generating('SVC', '000', '01', (cpu, insn) => {
    const next = BigInt.asUintN(64, cpu.pc + 4n);
    cpu.system.debug.stepped();
    synchronous(cpu, ExceptionClass.Svc, imm16(insn), next);
  }),
  generating('HVC', '000', '10', call('hvc')),
  generating('SMC', '000', '11', call('smc')),
  generating('BRK', '001', '00', (cpu, insn) => synchronous(cpu, ExceptionClass.Brk, imm16(insn))),
  generating('HLT', '010', '00', halt),
  // Outside Debug state, which this model does not have.
  generating('DCPS1', '101', '01', undefinedInstruction),
  generating('DCPS2', '101', '10', undefinedInstruction),
  generating('DCPS3', '101', '11', undefinedInstruction),
  { name: 'UDF', asm: 'UDF #<imm>', pattern: '0000000000000000 imm16', branch: true, exec: undefinedInstruction },
  {
    name: 'ERET',
    asm: 'ERET',
    pattern: '11010110100111110000001111100000',
    branch: true,
    exec: (cpu) => (cpu.el ? exceptionReturn(cpu) : undefinedInstruction(cpu)),
  },
  { name: 'DRPS', asm: 'DRPS', pattern: '11010110101111110000001111100000', branch: true, exec: undefinedInstruction },
];
