/** The virtio devices that a machine has: fixed for its life, and part of its configuration. */
import type { VirtioBus } from './model.js';
import { parseMac } from './net/frame.js';

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

export interface NetConfig extends Attached {
  kind: 'net';
  /** What is at the other end: one host that answers, or a switch by its name. */
  peer: 'user' | { switch: string };
  /** Such as '52:54:00:12:34:56'. */
  mac: string;
}

export type VirtioConfig = BlockConfig | NetConfig | RngConfig | ConsoleConfig;

/** Entries of each type's queues at most. */
export const QUEUE_SIZES: Readonly<Record<VirtioConfig['kind'], readonly number[]>> = {
  block: [128],
  /** Receive, transmit. */
  net: [256, 256],
  rng: [64],
  /** Receive, transmit. */
  console: [64, 64],
};

/** Devices of one bus at most. */
export const MAX_DEVICES = 8;
export const DEFAULT_BLOCK_LATENCY = 50_000;
/** ns. */
export const MAX_LATENCY = 1e9;

/** A network device's address where none is given: QEMU's first, counted on. */
export const defaultMac = (n: number): string => `52:54:00:12:34:${(0x56 + n).toString(16)}`;

/** @throws RangeError where there are too many, or one cannot be */
export function checkVirtio(devices: readonly VirtioConfig[]): void {
  for (const bus of ['pci', 'mmio'] as const) {
    const count = devices.filter((d) => d.bus === bus).length;
    if (count > MAX_DEVICES) throw new RangeError(`${count} virtio devices on ${bus}: at most ${MAX_DEVICES}`);
  }
  for (const device of devices) {
    if (device.kind === 'net' && !parseMac(device.mac)) {
      throw new RangeError(`mac ${device.mac.slice(0, 40)}: say six bytes such as 52:54:00:12:34:56, not of a group`);
    }
  }
  if (devices.filter((d) => d.kind === 'console').length > 1) throw new RangeError('two virtio consoles: one at most');
}

/** What the device tree says of the devices (fields of VirtBoard). */
export function virtioNodes(devices: readonly VirtioConfig[]): { virtioMmio?: number; pcie?: boolean } {
  const mmio = devices.filter(({ bus }) => bus === 'mmio').length;
  return { ...(mmio && { virtioMmio: mmio }), ...(hasPci(devices) && { pcie: true }) };
}

/** A host bridge is there only where something is behind it. */
export const hasPci = (devices: readonly VirtioConfig[]): boolean => devices.some(({ bus }) => bus === 'pci');
