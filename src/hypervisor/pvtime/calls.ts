/**
 * The PV time hypercalls: discovery, and the addresses of the structures.
 */

import { INVALID_PARAMETERS, NOT_SUPPORTED, SUCCESS } from '../smccc/ids.js';
import { PROFILE_CALLS, type PvTimeProfile } from './profile.js';
import { lptAddress, stolenTimeAddress } from './region.js';

/** What a VM offers. `lpt` follows from the migration strategy: a guest may only rely on LPT where migrations keep it. */
export interface PvTimeConfig {
  profile: PvTimeProfile;
  lpt: boolean;
  /** beta2018: notes whether the guest wants an interrupt at each migration; absent: there is no such interrupt. */
  wantInterrupt?(wanted: boolean): void;
}

/** beta2018, PV_TIME_LPT flag: the caller wants an interrupt at each migration. */
const MIGRATION_INTERRUPT = 1n;

/** Whether SMCCC_ARCH_FEATURES(PV_TIME_FEATURES) is SUCCESS. */
export function hasPvTime({ profile }: PvTimeConfig): boolean {
  return profile !== 'off';
}

/**
 * Answers a PV time call: the value of X0 (signed), or null where `functionId` is none of the profile's calls.
 * @param argument X1 of the call.
 */
export function callPvTime(config: PvTimeConfig, vcpu: number, functionId: number, argument: bigint): bigint | null {
  const calls = PROFILE_CALLS[config.profile];
  if (!calls) return null;
  switch (functionId) {
    case calls.features:
      // PV_call_id is a uint32: the upper half of X1 is no part of it.
      return offers(config, Number(argument & 0xffff_ffffn)) ? SUCCESS : NOT_SUPPORTED;
    case calls.stolenTime:
      return BigInt(stolenTimeAddress(vcpu));
    case calls.lpt:
      return callLpt(config, argument);
    default:
      return null;
  }
}

function offers(config: PvTimeConfig, callId: number): boolean {
  const calls = PROFILE_CALLS[config.profile]!;
  return callId === calls.features || callId === calls.stolenTime || (callId === calls.lpt && config.lpt);
}

function callLpt({ profile, lpt, wantInterrupt }: PvTimeConfig, argument: bigint): bigint {
  if (!lpt) return NOT_SUPPORTED;
  if (profile === 'beta2018') {
    const flags = argument & 0xffff_ffffn;
    if (flags & ~MIGRATION_INTERRUPT) return INVALID_PARAMETERS;
    // Where there is no such interrupt, a caller that counts on it must not be told otherwise.
    if (flags && !wantInterrupt) return NOT_SUPPORTED;
    wantInterrupt?.(flags !== 0n);
  }
  return BigInt(lptAddress());
}
