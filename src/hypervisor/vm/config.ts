/** What a VM is made of: fixed for its life, carried in snapshots, reported back as it took effect. */

import { MAX_VCPUS } from '../../arch/engine/layout.js';
import { PROFILES } from '../../arch/profiles.js';
import { MAX_RAM } from '../../machine/virt.js';
import { checkVirtio, type VirtioConfig } from '../../machine/virtio/index.js';
import { type FaultName, parseFaults } from '../faults.js';
import type { Implementation } from '../identity/implementations.js';
import { MAX_IMPLEMENTATIONS } from '../identity/implementations.js';
import type { PvTimeProfile } from '../pvtime/index.js';
import type { VgicChoices } from '../vgic/index.js';
import { checkGic } from './gic-option.js';

export interface VmConfig {
  /** Name of a CPU profile. */
  cpu: string;
  /** 1..8. */
  vcpus: number;
  /** Bytes, a multiple of 2 MiB, at most 3 GiB. */
  ramBytes: number;
  pvTime: PvTimeProfile;
  /** Whether LPT is offered: only where migrations keep it (strategy `lpt`). */
  lpt: boolean;
  /** Fpv in Hz. */
  pvFreqHz: number;
  /** List registers of each CPU interface, 1..16. */
  listRegisters: number;
  /** The vGIC's other policies, where they are not the default ones. */
  gic?: VgicChoices;
  /** UTC at host time 0, whole seconds since the epoch. */
  startEpoch: number;
  /** Whether HLT #0xF000 reaches the machine. */
  semihosting: boolean;
  /** Misbehaviours that this VM's hypervisor shows (faults.ts); absent: none. */
  faults?: readonly FaultName[];
  /** Whether there is a vmclock device; absent: no. */
  vmclock?: boolean;
  /** Whether there are LPIs and an ITS; absent: no. */
  its?: boolean;
  /** Whether there are flash and fw_cfg; absent: no. */
  firmware?: boolean;
  /** Implementations that the VM may meet, its first host's included; absent: the guest is not told of any. */
  implementations?: readonly Implementation[];
  /** Virtio devices; absent: none. */
  devices?: readonly VirtioConfig[];
}

/** A small VM without anything that must be asked for. */
export const DEFAULT_CONFIG: VmConfig = {
  cpu: 'cortex-a57',
  vcpus: 1,
  ramBytes: 16 * 2 ** 20,
  pvTime: 'rfc2020',
  lpt: false,
  pvFreqHz: 100_000_000,
  listRegisters: 4,
  startEpoch: 0,
  semihosting: true,
};

const RAM_GRAIN = 2 * 2 ** 20;

/** @throws RangeError naming what is out of range and what is allowed */
export function checkConfig(config: VmConfig): VmConfig {
  if (!Object.hasOwn(PROFILES, config.cpu)) {
    throw new RangeError(`--cpu ${config.cpu}: no such profile; profiles are ${Object.keys(PROFILES).join(', ')}`);
  }
  if (!Number.isInteger(config.vcpus) || config.vcpus < 1 || config.vcpus > MAX_VCPUS) {
    throw new RangeError(`--smp ${config.vcpus}: the board has 1 to ${MAX_VCPUS} vCPUs`);
  }
  const { ramBytes } = config;
  if (!Number.isInteger(ramBytes) || ramBytes < RAM_GRAIN || ramBytes > MAX_RAM || ramBytes % RAM_GRAIN) {
    throw new RangeError(`--memory ${ramBytes}: a multiple of 2M from 2M to ${MAX_RAM / 2 ** 20}M`);
  }
  checkGic(config);
  parseFaults(config.faults ?? []);
  checkVirtio(config.devices ?? []);
  const count = config.implementations?.length ?? 0;
  if (count > MAX_IMPLEMENTATIONS) {
    throw new RangeError(`--may-meet: ${count} implementations; a guest is told of at most ${MAX_IMPLEMENTATIONS}`);
  }
  return config;
}
