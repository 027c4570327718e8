/** The virtio devices that a machine has: fixed for its life, and part of its configuration. */
import type { VirtioBus } from './model.js';

interface Attached {
  bus: VirtioBus;
}

export interface BlockConfig extends Attached {
  kind: 'block';
  readOnly: boolean;
  /** What the drive began with: bytes (a multiple of 512) and their SHA-256 in hexadecimal. */
  size: number;
  sha256: string;
  /** Host time of a request before its bytes, in ns. */
  latency: number;
}

export interface RngConfig extends Attached {
  kind: 'rng';
  /** 0 to 2^32 - 1. */
  seed: number;
}

export interface ConsoleConfig extends Attached {
  kind: 'console';
}

export type VirtioConfig = BlockConfig | RngConfig | ConsoleConfig;

/** Entries of each type's queues at most. */
export const QUEUE_SIZES: Readonly<Record<VirtioConfig['kind'], readonly number[]>> = {
  block: [128],
  rng: [64],
  /** Receive, transmit. */
  console: [64, 64],
};

/** Devices of one bus at most. */
export const MAX_DEVICES = 8;
export const DEFAULT_BLOCK_LATENCY = 50_000;
/** ns. */
export const MAX_LATENCY = 1e9;

/** @throws RangeError where there are too many */
export function checkVirtio(devices: readonly VirtioConfig[]): void {
  if (devices.some(({ bus }) => bus === 'pci')) throw new RangeError('bus=pci: there is no PCIe yet; say bus=mmio');
  for (const bus of ['pci', 'mmio'] as const) {
    const count = devices.filter((d) => d.bus === bus).length;
    if (count > MAX_DEVICES) throw new RangeError(`${count} virtio devices on ${bus}: at most ${MAX_DEVICES}`);
  }
  if (devices.filter((d) => d.kind === 'console').length > 1) throw new RangeError('two virtio consoles: one at most');
}

/** What the device tree says of the devices (fields of VirtBoard). */
export function virtioNodes(devices: readonly VirtioConfig[]): { virtioMmio?: number } {
  const mmio = devices.filter(({ bus }) => bus === 'mmio').length;
  return { ...(mmio && { virtioMmio: mmio }) };
}
