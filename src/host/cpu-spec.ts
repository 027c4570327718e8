/** The CPU part of a host's description: `cpu=neoverse-n1` and registers that differ from that profile's. */
import { PROFILES } from '../arch/profiles.js';
import { DCZID_64_BYTES, DCZID_MAX, IDENTITY_REGISTERS, type IdentityRegister } from '../arch/system/identity.js';
import type { HostCpu } from '../hypervisor/identity/host-cpu.js';
import { shown } from './time-spec.js';

/** Short keys; every register goes by its full name, too. */
const SHORT: Readonly<Record<string, IdentityRegister>> = {
  midr: 'MIDR_EL1',
  revidr: 'REVIDR_EL1',
  aidr: 'AIDR_EL1',
  ctr: 'CTR_EL0',
  dczid: 'DCZID_EL0',
};

/** The register that a key of `--host` names; null where it names none. */
export const registerOfKey = (key: string): IdentityRegister | null =>
  SHORT[key] ?? IDENTITY_REGISTERS.find((name) => name.toLowerCase() === key) ?? null;

/** Whether a key of `--host` is about the CPU. */
export const isCpuKey = (key: string): boolean => key === 'cpu' || registerOfKey(key) !== null;

/** Keys for an error message. */
export const CPU_KEYS = ['cpu', ...Object.keys(SHORT), 'id_aa64isar0_el1'] as const;

/**
 * Makes a host's CPU of its keys and values; undefined where there is none.
 * @throws RangeError with the text, the limit and the way out
 */
export function parseHostCpu(values: ReadonlyMap<string, string>, subject: string): HostCpu | undefined {
  const cpu: HostCpu = { profile: null, registers: {} };
  let any = false;
  for (const [key, value] of values) {
    const register = registerOfKey(key);
    if (register) {
      if (cpu.registers[register] !== undefined) throw new RangeError(`${subject}: ${register} is given twice`);
      cpu.registers[register] = parseRegister(register, value, subject);
    } else if (key === 'cpu') {
      if (!Object.hasOwn(PROFILES, value)) {
        const profiles = Object.keys(PROFILES).join(', ');
        throw new RangeError(`${subject}: cpu ${shown(value)} is no profile; profiles are ${profiles}`);
      }
      cpu.profile = value;
    } else continue;
    any = true;
  }
  return any ? cpu : undefined;
}

function parseRegister(register: IdentityRegister, text: string, subject: string): bigint {
  const value = /^(\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(text) ? BigInt(text) : -1n;
  if (value < 0n || value >= 1n << 64n) {
    throw new RangeError(`${subject}: ${register} ${shown(text)} is no 64-bit value; say 0x... or decimal`);
  }
  if (register === 'DCZID_EL0' && (value < DCZID_64_BYTES || value > DCZID_MAX)) {
    throw new RangeError(
      `${subject}: DCZID_EL0 ${shown(text)}: the block of DC ZVA is 4 (64 bytes) to ${DCZID_MAX} (2048 bytes)`,
    );
  }
  return value;
}
