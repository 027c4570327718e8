/** Virtio devices (Virtual I/O Device specification 1.2) over PCI and MMIO. */
export {
  CLUSTER,
  type Clusters,
  type DiskContents,
  MAX_CLUSTERS,
  MAX_DISK,
  memoryContents,
  SECTOR,
} from './block/disk.js';
export {
  type BlockConfig,
  checkVirtio,
  DEFAULT_BLOCK_LATENCY,
  MAX_DEVICES,
  MAX_LATENCY,
  type VirtioConfig,
  virtioNodes,
} from './config.js';
export { MAX_INPUT } from './console.js';
export { type AttachedState, checkAttached, type VirtioBackends, VirtioDevices } from './devices.js';
export type { GuestRam } from './guest-ram.js';
