/** What a VM is made of and saved as. */
import type { Engine } from '../../arch/engine/engine.js';
import type { ReadIdentity } from '../../arch/system/index.js';
import type { Ps } from '../../arch/timer/index.js';
import type { BoardState } from '../../machine/board.js';
import type { VirtioBackends } from '../../machine/virtio/index.js';
import { createLpt, type LptState } from '../pvtime/index.js';
import type { GuestTimeState } from '../strategy/index.js';
import type { VgicState } from '../vgic/index.js';
import type { VmclockState } from '../vmclock/index.js';
import type { VmConfig } from './config.js';
import type { CoreState } from './core-state.js';
import type { VcpuState } from './vcpu.js';

/** What the guest knows of its hosts' CPUs. */
export interface VmIdentityState {
  /** Identification registers that it has read, with the values that it knows. */
  read: ReadIdentity;
  /** Bit n: it has been told of config.implementations[n]. */
  told: number;
}

/** Everything of a VM but the contents of its memory. */
export interface VmState {
  config: VmConfig;
  vcpus: (VcpuState & { core: CoreState })[];
  vgic: VgicState;
  board: BoardState;
  lpt: LptState | null;
  /** Absent in snapshots of older builds. */
  identity?: VmIdentityState;
  /** Absent in older builds' snapshots: every strategy left the host's counter behind the guest's. */
  time?: GuestTimeState;
  /** Present where the guest has asked for an interrupt at each migration. */
  lptInterrupt?: boolean;
  /** Where there is a vmclock device. */
  vmclock?: VmclockState;
  /** When the ITS goes on with its queue, where it has left some of it. */
  itsDue?: Ps;
  /** The vCPU that ran last: its exclusive monitor is still good. */
  last: number;
}

export interface VmOptions {
  readonly engine: 'interp' | 'jit';
  readonly prepared?: Engine;
  readonly backends?: VirtioBackends;
}

/** MPIDR_EL1 of a vCPU: Aff0 = number, bit 31 RES1. */
export const mpidrOf = (vcpu: number): bigint => 0x8000_0000n | BigInt(vcpu);

/** Live Physical Time as a VM begins with it on a host of this frequency; null where it is not offered. */
export const offeredLpt = ({ pvTime, lpt, pvFreqHz }: VmConfig, freqHz: number): LptState | null =>
  pvTime !== 'off' && lpt ? createLpt(pvTime, pvFreqHz, freqHz) : null;
