/** All system registers of a profile, found by encoding or name, and MRS and MSR on them (Arm ARM D17.1, C5.1). */
import type { Cpu } from '../../cpu.js';
import type { Profile } from '../../profiles.js';
import { ExceptionClass, systemAccessIss, trapSystemAccess, undefinedInstruction } from '../exceptions.js';
import { lookForInterrupts, refreshLines } from '../pstate.js';
import { controlRegisters } from './control.js';
import { debugRegisters } from './debug.js';
import type { SystemRegister } from './definition.js';
import { externalRegisters } from './external.js';
import { identificationRegisters } from './identification.js';
import { performanceRegisters } from './performance.js';

export type { SystemRegister } from './definition.js';

export class RegisterTable {
  readonly list: readonly SystemRegister[];
  readonly #byEncoding = new Map<number, SystemRegister>();
  readonly #byName = new Map<string, SystemRegister>();

  constructor(profile: Profile) {
    this.list = [
      ...controlRegisters(profile),
      ...identificationRegisters(profile),
      ...debugRegisters(),
      ...performanceRegisters(profile),
      ...externalRegisters(),
    ].filter((r) => !r.feature || profile.features.has(r.feature));
    for (const r of this.list) {
      if (this.#byEncoding.has(r.encoding)) throw new Error(`${r.name}: encoding ${r.encoding.toString(16)} twice`);
      this.#byEncoding.set(r.encoding, r);
      this.#byName.set(r.name, r);
    }
  }

  find(encoding: number): SystemRegister | undefined {
    return this.#byEncoding.get(encoding);
  }

  named(name: string): SystemRegister | undefined {
    return this.#byName.get(name);
  }
}

const tables = new Map<Profile, RegisterTable>();

/** The table of a profile, made once. */
export function registersOf(profile: Profile): RegisterTable {
  let table = tables.get(profile);
  if (!table) tables.set(profile, (table = new RegisterTable(profile)));
  return table;
}

/** op0:op1:CRn:CRm:op2 of an MRS or MSR (register). */
const encodingOf = (insn: number): number => 0x8000 | ((insn >>> 5) & 0x7fff);

/** The register, or null where the access took an exception. */
function accessible(cpu: Cpu, insn: number, write: boolean): SystemRegister | null {
  const found = cpu.system.registers.find(encodingOf(insn));
  const { el } = cpu;
  if (!found || el < (write ? found.writeEl : found.readEl) || found.absent?.(cpu)) {
    undefinedInstruction(cpu);
    return null;
  }
  if (el === 0 && found.el0 && !found.el0(cpu, write)) {
    trapSystemAccess(cpu, insn);
    return null;
  }
  return found;
}

/** A register's value as software at EL1 reads it; null where it is external and not there. */
export function readValue(cpu: Cpu, r: SystemRegister): bigint | null {
  if (r.external && r.slot === undefined) {
    const value = cpu.outside.readRegister(r.name);
    refreshLines(cpu);
    return value;
  }
  return r.read ? r.read(cpu) : cpu.sys(r.slot!);
}

/** Writes a register as software at EL1 does; false where it is external and refuses. */
export function writeValue(cpu: Cpu, r: SystemRegister, value: bigint): boolean {
  const masked = (value & r.mask) | r.res1;
  if (r.external && !cpu.outside.writeRegister(r.name, masked)) return false;
  if (r.write) r.write(cpu, masked);
  else if (r.slot !== undefined) {
    const before = cpu.sys(r.slot);
    cpu.setSys(r.slot, masked);
    r.changed?.(cpu, before);
  }
  if (r.external) lookForInterrupts(cpu);
  return true;
}

/** Hands the access to the hypervisor where EL2 traps it. */
function trapped(cpu: Cpu, insn: number, r: SystemRegister): boolean {
  if (!r.el2?.(cpu)) return false;
  cpu.outside.trap(ExceptionClass.SystemRegister, systemAccessIss(insn));
  return true;
}

/** What EL2 learns of a trapped access from its syndrome. */
export function trappedAccess(cpu: Cpu, iss: number): { register: SystemRegister; write: boolean; rt: number } {
  const field = (shift: number, bits: number): number => (iss >>> shift) & ((1 << bits) - 1);
  const encoding =
    (field(20, 2) << 14) | (field(14, 3) << 11) | (field(10, 4) << 7) | (field(1, 4) << 3) | field(17, 3);
  return { register: cpu.system.registers.find(encoding)!, write: !(iss & 1), rt: field(5, 5) };
}

/** MRS Xt, <register>. */
export function moveFromRegister(cpu: Cpu, insn: number): void {
  const r = accessible(cpu, insn, false);
  if (!r || trapped(cpu, insn, r)) return;
  const value = readValue(cpu, r);
  if (value === null) return undefinedInstruction(cpu);
  if (r.identity) cpu.system.identification.note(r.identity);
  cpu.setX(insn & 31, value);
}

/** MSR <register>, Xt. */
export function moveToRegister(cpu: Cpu, insn: number): void {
  const r = accessible(cpu, insn, true);
  if (r && !trapped(cpu, insn, r) && !writeValue(cpu, r, cpu.x(insn & 31))) undefinedInstruction(cpu);
}
