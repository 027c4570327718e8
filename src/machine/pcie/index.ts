/** PCI Express: a generic host bridge and its functions. */
export type { ConfigSize } from './config-space.js';
export { type PciConnections, PciFunction, type PciRegion, type PciState } from './function.js';
export { HostBridge, lineOf, PINS } from './host-bridge.js';
export type { MsixVector } from './msix.js';
