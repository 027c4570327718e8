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
  defaultMac,
  hasPci,
  MAX_DEVICES,
  MAX_LATENCY,
  type NetConfig,
  type VirtioConfig,
  virtioNodes,
} from './config.js';
export { MAX_INPUT } from './console.js';
export { type AttachedState, checkAttached, type DiskBackend, type VirtioBackends, VirtioDevices } from './devices.js';
export type { GuestRam } from './guest-ram.js';
export { MAX_FRAME } from './net/frame.js';
export { MAX_ARRIVING } from './net/net.js';
export { LINK_TIME, Switch, type SwitchPort } from './net/switch.js';
