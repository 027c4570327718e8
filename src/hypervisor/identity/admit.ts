/** Whether a guest can go on behind another CPU: a pure function of what it has read and what that CPU says. */
import {
  FEATURE_REGISTERS,
  type FeatureRegister,
  IDENTITY_REGISTERS,
  type Identity,
  type IdentityRegister,
  IMPLEMENTATION_REGISTERS,
  type ReadIdentity,
} from '../../arch/system/identity.js';
import { type Implementation, implementationOf, sameImplementation } from './implementations.js';

export interface CpuMove {
  /** What the guest reads before the move. */
  readonly guest: Identity;
  /** What it has read, each with the value that it knows. */
  readonly read: ReadIdentity;
  /** Implementations that the guest knows it may meet. */
  readonly expected: readonly Implementation[];
  /** What the destination's PEs say. */
  readonly destination: Identity;
  /** Registers that may differ all the same. */
  readonly allow: readonly IdentityRegister[];
}

/** One register that speaks against a move. */
export interface Mismatch {
  readonly register: IdentityRegister;
  readonly destination: bigint;
  /** What the guest has read, or else what the VM promises. */
  readonly guest: bigint;
  readonly read: boolean;
}

/** Fields in which 0xf means "absent", below 0 (Arm ARM D17.1.3); in all others more is a superset of less. */
const SIGNED: Partial<Record<FeatureRegister, readonly number[]>> = {
  // FP, AdvSIMD
  ID_AA64PFR0_EL1: [16, 20],
  // PMUVer: 0xf is a PMU of another kind
  ID_AA64DFR0_EL1: [8],
  // TGran64, TGran4
  ID_AA64MMFR0_EL1: [24, 28],
};

/** Whether `destination` has what `wanted` promises, field by field. */
export function hasFeatures(register: FeatureRegister, wanted: bigint, destination: bigint): boolean {
  for (let shift = 0; shift < 64; shift += 4) {
    const field = (value: bigint): bigint => {
      const bits = (value >> BigInt(shift)) & 15n;
      return SIGNED[register]?.includes(shift) ? BigInt.asIntN(4, bits) : bits;
    };
    if (field(destination) < field(wanted)) return false;
  }
  return true;
}

const IMPLEMENTER: readonly IdentityRegister[] = ['MIDR_EL1', 'REVIDR_EL1', 'AIDR_EL1'];

/** All that speaks against the move, in the order of the registers' list. */
export function cpuMismatches({ guest, read, expected, destination, allow }: CpuMove): Mismatch[] {
  const isExpected = expected.some((one) => sameImplementation(one, implementationOf(destination)));
  const out: Mismatch[] = [];
  const differs = (register: IdentityRegister, value: bigint): void => {
    const known = read[register] !== undefined;
    out.push({ register, destination: destination[register], guest: value, read: known });
  };
  for (const register of IMPLEMENTATION_REGISTERS) {
    const known = read[register];
    if (known === undefined || known === destination[register]) continue;
    if (!(isExpected && IMPLEMENTER.includes(register))) differs(register, known);
  }
  for (const register of FEATURE_REGISTERS) {
    const promised = guest[register];
    if (!hasFeatures(register, promised, destination[register])) differs(register, promised);
  }
  return out.filter(({ register }) => !allow.includes(register));
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** @throws RangeError with every register that speaks against the move, both values, and the way out */
export function admitCpu(move: CpuMove): void {
  const mismatches = cpuMismatches(move);
  if (mismatches.length === 0) return;
  const texts = mismatches.map(({ register, destination, guest, read }) => {
    return `${register} is ${hex(destination)}, the ${read ? 'guest has read' : 'VM has'} ${hex(guest)}`;
  });
  const ways = mismatches.map(({ register }) => `--allow ${register}`).join(' ');
  throw new RangeError(`migration refused: destination's ${texts.join('; ')} (${ways} to go on)`);
}

/**
 * Reads a register's name for `--allow`.
 * @throws RangeError with the names there are
 */
export function parseIdentityRegister(text: string, option = '--allow'): IdentityRegister {
  const found = IDENTITY_REGISTERS.find((name) => name === text.trim().toUpperCase());
  if (found) return found;
  const names = IDENTITY_REGISTERS.join(', ');
  throw new RangeError(`${option} ${text.slice(0, 40)}: no register that a migration compares; these are ${names}`);
}
