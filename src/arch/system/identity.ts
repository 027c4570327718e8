/**
 * What a PE says it is: the identification registers in which two hosts can differ, and which of them a guest has read.
 * A hypervisor that moves the guest to another host asks here what the guest counts on.
 */
import { S } from '../engine/layout.js';
import type { Profile } from '../profiles.js';
import { cachesOf, idValues } from './registers/identification-values.js';

/**
 * Registers of the implementation: errata workarounds, cache line sizes and DC ZVA's block go by them. They are the
 * host's, since a hypervisor traps none of them.
 */
export const IMPLEMENTATION_REGISTERS = ['MIDR_EL1', 'REVIDR_EL1', 'AIDR_EL1', 'CTR_EL0', 'DCZID_EL0'] as const;

/** Registers of the features, in 4-bit fields (Arm ARM D17.1.3). A hypervisor traps them: they are the VM's. */
export const FEATURE_REGISTERS = [
  'ID_AA64PFR0_EL1',
  'ID_AA64PFR1_EL1',
  'ID_AA64ZFR0_EL1',
  'ID_AA64DFR0_EL1',
  'ID_AA64DFR1_EL1',
  'ID_AA64AFR0_EL1',
  'ID_AA64AFR1_EL1',
  'ID_AA64ISAR0_EL1',
  'ID_AA64ISAR1_EL1',
  'ID_AA64ISAR2_EL1',
  'ID_AA64MMFR0_EL1',
  'ID_AA64MMFR1_EL1',
  'ID_AA64MMFR2_EL1',
] as const;

export type ImplementationRegister = (typeof IMPLEMENTATION_REGISTERS)[number];
export type FeatureRegister = (typeof FEATURE_REGISTERS)[number];
export type IdentityRegister = ImplementationRegister | FeatureRegister;

/** In the order in which a refusal names them. */
export const IDENTITY_REGISTERS: readonly IdentityRegister[] = [...IMPLEMENTATION_REGISTERS, ...FEATURE_REGISTERS];

/** Values of all of them. DCZID_EL0 is as EL1 sees it. */
export type Identity = Readonly<Record<IdentityRegister, bigint>>;

/** DCZID_EL0.BS of a block of 64 bytes: the one that generated code zeroes. */
export const DCZID_64_BYTES = 4n;
/** DCZID_EL0.BS goes up to 2 KiB; a smaller block than 64 bytes is not modelled. */
export const DCZID_MAX = 9n;

const identities = new Map<Profile, Identity>();

/** What a PE of the profile says. */
export function profileIdentity(profile: Profile): Identity {
  let identity = identities.get(profile);
  if (!identity) {
    const values: Record<string, bigint> = {
      ...idValues(profile),
      MIDR_EL1: profile.midr,
      CTR_EL0: cachesOf(profile).ctr,
      DCZID_EL0: DCZID_64_BYTES,
    };
    identity = Object.fromEntries(IDENTITY_REGISTERS.map((name) => [name, values[name] ?? 0n])) as Identity;
    identities.set(profile, identity);
  }
  return identity;
}

/** The registers that a guest has read, each with the value it was given last. */
export type ReadIdentity = Partial<Record<IdentityRegister, bigint>>;

/** One VM's identification registers. */
export class IdentificationState {
  readonly #i32: Int32Array;
  #values: Identity;
  #read: ReadIdentity = {};

  constructor(profile: Profile, i32: Int32Array) {
    this.#values = profileIdentity(profile);
    this.#i32 = i32;
  }

  get values(): Identity {
    return this.#values;
  }

  /** Bytes that DC ZVA zeroes. */
  get zvaBytes(): number {
    return 4 << Number(this.#values.DCZID_EL0 & 15n);
  }

  /** The VM runs behind another host, or is made from a saved state. `load` must follow for every vCPU. */
  become(values: Identity, read: ReadIdentity = this.#read): void {
    this.#values = values;
    this.#read = { ...read };
  }

  /** The guest has been told the register's value, or acts by it. */
  note(name: IdentityRegister): void {
    this.#read[name] = this.#values[name];
  }

  /** DC ZVA acts by DCZID_EL0. Later ones on this vCPU need not come here where generated code does them right. */
  noteZeroing(): void {
    this.note('DCZID_EL0');
    this.load();
  }

  /** Whether the loaded vCPU's DC ZVA must be looked at. */
  load(): void {
    const done = this.#values.DCZID_EL0 === DCZID_64_BYTES && this.#read.DCZID_EL0 === DCZID_64_BYTES;
    this.#i32[S.ZVA_LOOK >> 2] = done ? 0 : 1;
  }

  /** What the guest has read, in the order of IDENTITY_REGISTERS. */
  save(): ReadIdentity {
    const read = IDENTITY_REGISTERS.filter((name) => this.#read[name] !== undefined);
    return Object.fromEntries(read.map((name) => [name, this.#read[name]!]));
  }
}
