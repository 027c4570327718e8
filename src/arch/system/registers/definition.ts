/** The form of one line of the system register table. */
import type { Feature } from '../../a64/pattern.js';
import type { Cpu } from '../../cpu.js';
import type { IdentityRegister } from '../identity.js';

/** op0, op1, CRn, CRm, op2. */
export type Encoding = readonly [number, number, number, number, number];

/** An exception level that no guest has: the access does not exist. */
export const NEVER = 3;

export interface SystemRegister {
  readonly name: string;
  /** op0:op1:CRn:CRm:op2 as 16 bits. */
  readonly encoding: number;
  /** Where its value is kept; absent for those that are computed. */
  readonly slot?: number;
  /** Lowest EL that may read and write it; below, and with NEVER, the access is UNDEFINED. */
  readonly readEl: number;
  readonly writeEl: number;
  /** Bits that a write changes; the others are `res1`. */
  readonly mask: bigint;
  readonly res1: bigint;
  /** Value at reset. */
  readonly reset: bigint;
  readonly feature?: Feature;
  /** Lives outside the core (ICC_*, CNT*): forwarded by name. */
  readonly external?: boolean;
  /** A guest that reads it knows something of the host: the read is noted. */
  readonly identity?: IdentityRegister;
  /** Whether EL1's trap controls let EL0 at it; where not, the access is trapped to EL1 (EC 0x18). */
  el0?(cpu: Cpu, write: boolean): boolean;
  /** Whether EL2's trap controls catch the access (EC 0x18 to EL2): the hypervisor emulates it. */
  el2?(cpu: Cpu): boolean;
  /** Replaces the slot. */
  read?(cpu: Cpu): bigint;
  /** Replaces the slot; masks are still applied. */
  write?(cpu: Cpu, value: bigint): void;
  /** After the slot has been written with a value that may differ from the one before. */
  changed?(cpu: Cpu, before: bigint): void;
  /** Whether the access is UNDEFINED for a reason of state. */
  absent?(cpu: Cpu): boolean;
}

export type Options = Partial<Omit<SystemRegister, 'name' | 'encoding'>> & {
  /** Lowest EL for both; 1 where absent. */
  el?: number;
  /** No writes, or no reads. */
  only?: 'read' | 'write';
};

export const encode = ([op0, op1, crn, crm, op2]: Encoding): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

export const ALL = 0xffff_ffff_ffff_ffffn;
export const WORD = 0xffff_ffffn;

export function register(name: string, encoding: Encoding, options: Options = {}): SystemRegister {
  const { el = 1, only, ...rest } = options;
  return {
    name,
    encoding: encode(encoding),
    readEl: only === 'write' ? NEVER : el,
    writeEl: only === 'read' ? NEVER : el,
    mask: ALL,
    res1: 0n,
    reset: 0n,
    ...rest,
  };
}

/** A register that reads as a constant and cannot be written. */
export const constant = (name: string, encoding: Encoding, value: bigint, options: Options = {}): SystemRegister =>
  register(name, encoding, { only: 'read', read: () => value, ...options });

/** A register that the architecture lets a core leave out: reads as zero, ignores writes. */
export const zero = (name: string, encoding: Encoding, options: Options = {}): SystemRegister =>
  register(name, encoding, { mask: 0n, read: () => 0n, write: () => {}, ...options });
