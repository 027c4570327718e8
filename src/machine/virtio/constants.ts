/** Numbers of the Virtual I/O Device specification, version 1.2. */

/** Device types (section 5). */
export const DEVICE_ID = { net: 1, block: 2, console: 3, rng: 4 } as const;

/** Device status bits (2.1). */
export const STATUS = {
  acknowledge: 1,
  driver: 2,
  driverOk: 4,
  featuresOk: 8,
  needsReset: 64,
  failed: 128,
} as const;

/** Interrupt causes, bits of the ISR (4.1.4.5, 4.2.2). */
export const CAUSE = { queue: 1, config: 2 } as const;

/** Feature bits that are not of a device type (6). */
export const FEATURE = {
  indirectDescriptors: 1n << 28n,
  eventIndex: 1n << 29n,
  version1: 1n << 32n,
} as const;

/** Descriptor flags (2.7.5). */
export const DESCRIPTOR = { next: 1, write: 2, indirect: 4 } as const;

/** No MSI-X vector (4.1.4.3). */
export const NO_VECTOR = 0xffff;

/** 'virt' is no PCI vendor's name; this is Red Hat's, which the specification gives to virtio (4.1.2). */
export const VENDOR_ID = 0x1af4;
