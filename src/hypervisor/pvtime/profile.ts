/**
 * Paravirtual time's profiles: which calls exist under which numbers (Arm DEN0057A, its 2018 beta, the 2020 RFC).
 */

export type PvTimeProfile = 'rfc2020' | 'beta2018' | 'off';

export interface PvTimeCalls {
  features: number;
  stolenTime: number;
  lpt: number;
}

/** What a user should read next to the profile's name; empty where there is nothing to add. */
export const PROFILE_NOTES: Readonly<Record<PvTimeProfile, string>> = {
  rfc2020: '',
  beta2018: 'unverified layout',
  off: '',
};

/** Function identifiers of the SMC64/HVC64 calls; null where the profile has none. */
export const PROFILE_CALLS: Readonly<Record<PvTimeProfile, PvTimeCalls | null>> = {
  rfc2020: { features: 0xc5000020, stolenTime: 0xc5000021, lpt: 0xc5000022 },
  beta2018: { features: 0xc5000020, stolenTime: 0xc5000022, lpt: 0xc5000021 },
  off: null,
};

/** Reads a profile's name. @throws RangeError listing the profiles. */
export function parsePvTimeProfile(text: string, option = '--pvtime'): PvTimeProfile {
  if (Object.hasOwn(PROFILE_CALLS, text)) return text as PvTimeProfile;
  throw new RangeError(
    `${option} ${text.slice(0, 40)}: no such profile; profiles are rfc2020, beta2018 (unverified layout) and off`,
  );
}
