/**
 * Where the PV time structures are in guest memory: 64 KiB at 0x090a0000, as on QEMU's virt machine.
 * The region is a 64 KiB page of its own, so that a guest with 64K pages maps nothing else with it; the LPT structure
 * is in the last 4 KiB, so that a guest with 4K pages maps it apart from any vCPU's stolen time.
 */

export const PV_TIME_BASE = 0x090a_0000;
export const PV_TIME_SIZE = 0x1_0000;

/** Distance between two vCPUs' structures: their alignment. */
export const STOLEN_TIME_STRIDE = 64;
export const LPT_OFFSET = 0xf000;

/** vCPUs whose stolen-time structures fit below the LPT structure. */
export const MAX_PV_TIME_VCPUS = LPT_OFFSET / STOLEN_TIME_STRIDE;

/** IPA of the vCPU's stolen-time structure. @throws RangeError where the region has no place for the vCPU. */
export function stolenTimeAddress(vcpu: number): number {
  if (!(vcpu >= 0 && vcpu < MAX_PV_TIME_VCPUS)) {
    throw new RangeError(`vCPU ${vcpu}: no stolen-time structure; the region holds ${MAX_PV_TIME_VCPUS}`);
  }
  return PV_TIME_BASE + vcpu * STOLEN_TIME_STRIDE;
}

/** IPA of the VM's LPT structure. */
export function lptAddress(): number {
  return PV_TIME_BASE + LPT_OFFSET;
}
