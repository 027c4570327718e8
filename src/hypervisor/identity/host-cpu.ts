/** The CPU of a host, and what a VM on it shows of it. */
import { PROFILES, type Profile } from '../../arch/profiles.js';
import {
  FEATURE_REGISTERS,
  type Identity,
  IMPLEMENTATION_REGISTERS,
  profileIdentity,
  type ReadIdentity,
} from '../../arch/system/identity.js';

/** Plain data, part of a host's description. */
export interface HostCpu {
  /** Name of the profile that says all that `registers` does not; null: the VM's own. */
  profile: string | null;
  /** Registers that differ from the profile's. */
  registers: ReadIdentity;
}

/** What the host's own PEs say. A host that is not described has the VM's profile. */
export function hostIdentity(cpu: HostCpu | undefined, vm: Profile): Identity {
  const profile = cpu?.profile ? PROFILES[cpu.profile]! : vm;
  return { ...profileIdentity(profile), ...cpu?.registers };
}

/**
 * What the guest reads: the implementation registers of the host, which KVM does not trap, and the feature registers of
 * the VM, which it does.
 */
export function guestIdentity(vm: Profile, host: Identity): Identity {
  const own = profileIdentity(vm);
  const picked = (from: Identity, names: readonly (keyof Identity)[]) => names.map((name) => [name, from[name]]);
  return Object.fromEntries([...picked(host, IMPLEMENTATION_REGISTERS), ...picked(own, FEATURE_REGISTERS)]) as Identity;
}
