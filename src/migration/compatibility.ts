/** Whether a VM may go to a host at all: asked before anything of it has changed. */
import { PROFILES } from '../arch/profiles.js';
import { FEATURE_REGISTERS, type IdentityRegister, profileIdentity } from '../arch/system/identity.js';
import type { HostSpec } from '../host/frequency.js';
import { admitCpu, type HostCpu, hasFeatures, hostIdentity } from '../hypervisor/identity/index.js';
import type { VmConfig } from '../hypervisor/vm/config.js';
import type { Vm } from '../hypervisor/vm/vm.js';

/**
 * Says whether what the guest knows of its CPU is true behind the destination's.
 * @param allow registers that may differ
 * @throws RangeError naming each register with both values
 */
export function admitHostCpu(vm: Vm, to: HostSpec, allow: readonly IdentityRegister[] = []): void {
  const { identification } = vm.system;
  admitCpu({
    guest: identification.values,
    read: identification.save(),
    expected: (vm.config.implementations ?? []).filter((_, n) => (vm.implementationsTold >> n) & 1),
    destination: hostIdentity(to.cpu, PROFILES[vm.config.cpu]!),
    allow,
  });
}

/**
 * Says whether a VM of this configuration can begin on a host with this CPU: it needs the profile's features.
 * @throws RangeError
 */
export function admitFirstHost(config: VmConfig, cpu: HostCpu | undefined): void {
  const profile = PROFILES[config.cpu];
  if (!profile || !cpu) return;
  const [vm, host] = [profileIdentity(profile), hostIdentity(cpu, profile)];
  const missing = FEATURE_REGISTERS.filter((name) => !hasFeatures(name, vm[name], host[name]));
  if (missing.length === 0) return;
  throw new RangeError(
    `--cpu ${config.cpu}: the host has less than that in ${missing.join(', ')}; take another --host cpu=`,
  );
}
