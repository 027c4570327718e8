/**
 * Live Physical Time: the VM's state, its structure in guest memory, and the counter a guest derives from it.
 */

import type { PvTimeProfile } from './profile.js';
import { beta2018Scale, rfc2020Scale } from './scale.js';

export type LptProfile = Exclude<PvTimeProfile, 'off'>;

/** Plain state of one VM's LPT. It exists from the VM's creation, whether or not the guest has asked for it. */
export interface LptState {
  profile: LptProfile;
  /** Fpv in Hz, 1 to 2^32 - 1; never changes in a VM's life. */
  pvFreqHz: number;
  /** Fn of the host that runs the VM, in Hz. */
  nativeFreqHz: number;
  /** Hosts that this VM has run on, the first included: at least 1. */
  runs: number;
}

const MAX_U32 = 0xffff_ffff;
const MASK_64 = (1n << 64n) - 1n;

/** LPT of a VM that starts on a host of `nativeFreqHz`. @throws RangeError where a frequency does not fit its field. */
export function createLpt(profile: LptProfile, pvFreqHz: number, nativeFreqHz: number): LptState {
  for (const hz of [pvFreqHz, nativeFreqHz]) {
    if (!Number.isInteger(hz) || hz < 1 || hz > MAX_U32) {
      throw new RangeError(`LPT frequency ${hz} Hz: does not fit the structure; say 1 Hz to ${MAX_U32} Hz`);
    }
  }
  return { profile, pvFreqHz, nativeFreqHz, runs: 1 };
}

/** The state after a migration: one run more, on a host of `nativeFreqHz`. */
export function migratedLpt(state: LptState, nativeFreqHz: number): LptState {
  return { ...createLpt(state.profile, state.pvFreqHz, nativeFreqHz), runs: state.runs + 1 };
}

/**
 * sequence_number: bit 0 is reserved. Bits 63:1 count runs in rfc2020 (2 on the first host) and migrations in
 * beta2018 (0 on the first host). Migrations before the guest asks for LPT count like any others.
 */
export function sequenceNumber({ profile, runs }: LptState): bigint {
  return BigInt(profile === 'rfc2020' ? runs : runs - 1) << 1n;
}

/** The PV counter that a guest computes from a native counter value: 128-bit product, low 64 bits of the result. */
export function pvCount(state: LptState, native: bigint): bigint {
  return pvCountUnbounded(state, native) & MASK_64;
}

/** As `pvCount`, without the truncation to 64 bits: a non-decreasing function of `native` >= 0. */
export function pvCountUnbounded(state: LptState, native: bigint): bigint {
  if (state.profile === 'rfc2020') {
    const { scaleMult, fracBits } = rfc2020Scale(state.nativeFreqHz, state.pvFreqHz);
    return (native * scaleMult) >> BigInt(fracBits);
  }
  const { scaleMult, shift } = beta2018Scale(state.nativeFreqHz, state.pvFreqHz);
  return ((native << BigInt(shift)) * scaleMult) >> 64n;
}

/** The least native counter value with pvCountUnbounded(native) >= `pv`. */
export function leastNative(state: LptState, pv: bigint): bigint {
  if (state.profile === 'rfc2020') {
    const { scaleMult, fracBits } = rfc2020Scale(state.nativeFreqHz, state.pvFreqHz);
    return ceilingDivision(pv << BigInt(fracBits), scaleMult);
  }
  const { scaleMult, shift } = beta2018Scale(state.nativeFreqHz, state.pvFreqHz);
  return ceilingDivision(pv << 64n, scaleMult << BigInt(shift));
}

/** Quotient of a bigint and a positive bigint, rounded towards plus infinity. */
export function ceilingDivision(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator > 0n && quotient * denominator !== numerator ? quotient + 1n : quotient;
}
