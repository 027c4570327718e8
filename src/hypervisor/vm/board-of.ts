/** What a VM's device tree is to say of it. */
import { PROFILES } from '../../arch/profiles.js';
import { VIRT } from '../../machine/virt.js';
import { virtioNodes } from '../../machine/virtio/index.js';
import { PV_TIME_BASE } from '../pvtime/index.js';
import type { VmConfig } from './config.js';

/** The board of a VM as the loader describes it to the guest. */
export const boardOf = ({ cpu, vcpus, pvTime, its, vmclock, firmware, devices = [] }: VmConfig) => ({
  cpus: vcpus,
  cpuCompatible: PROFILES[cpu]!.compatible,
  ...(pvTime !== 'off' && { pvTimeBase: BigInt(PV_TIME_BASE) }),
  ...(its && { itsBase: BigInt(VIRT.its.base) }),
  ...(vmclock && { vmclockBase: BigInt(VIRT.vmclock.base) }),
  ...(firmware && { firmware }),
  ...virtioNodes(devices),
});
