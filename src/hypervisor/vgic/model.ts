/**
 * The vGIC's data. Ownership, outermost first (the order in which locks would be taken): distributor, vCPU lists by
 * ascending vCPU number, interrupt. An interrupt's `owner`, `lr` and `activation` belong to the list it is on; `latch`
 * and `active` belong to the list register while it is in one, until a sync brings them back; everything else belongs to
 * the distributor.
 */

import type { GicCpuInterface } from '../../arch/gic/cpu-interface.js';
import type { TraceStream } from '../../trace/index.js';
import { type Interrupt, NOWHERE } from './interrupt.js';
import type { LpiModel } from './lpi/model.js';
import type { VgicPolicies } from './policies.js';

/** What the vGIC asks of its surroundings. */
export interface VgicHost {
  /** Told what becomes of interrupts. */
  readonly trace?: TraceStream;
  /** Something that the guest asked of the ITS was not done; told once of each kind. */
  refused?(what: string): void;
  /** This vCPU must leave the guest, or be woken if it waits; `why` is for who counts and for the price. */
  kick(vcpu: number, why: KickReason): void;
  /** Whether a vCPU is in the guest or on its way there: not off, and not waiting. */
  resident(vcpu: number): boolean;
}

export type KickReason =
  /** What it should hold has changed: it must be flushed before its next instruction. */
  | 'deliver'
  /** What its list registers hold had to be read; nothing else has changed. */
  | 'sync'
  /** Its maintenance interrupt: an exit of its own, as it was in the guest. It must be flushed. */
  | 'maintenance';

/** Per-vCPU part. */
export interface VcpuModel {
  readonly index: number;
  /** Aff3.Aff2.Aff1.Aff0. */
  readonly affinity: number;
  readonly cpuInterface: GicCpuInterface;
  /** INTIDs 0 to 31. */
  readonly privates: readonly Interrupt[];
  /** Pending or active interrupts of this vCPU, in no particular order. */
  readonly list: Interrupt[];
  /** What each list register was filled with. */
  readonly slots: (Interrupt | null)[];
  /** State fields of the list registers at the last flush or sync. */
  readonly slotStates: number[];
  /** The list registers do not hold what they should: the next flush fills them. */
  dirty: boolean;
  /** Something waits for its next exit: a move of policy migrating-flag, a write of policy local. */
  marked: boolean;
  /** Acknowledgements seen so far. */
  activations: number;
  /** GICR_WAKER.ProcessorSleep. */
  asleep: boolean;
}

export interface VgicModel {
  /** GICD_CTLR.{EnableGrp1,EnableGrp0}. */
  groups: number;
  /** INTIDs from 32. */
  readonly spis: readonly Interrupt[];
  readonly vcpus: readonly VcpuModel[];
  /** Null: there are no LPIs. */
  readonly lpis: LpiModel | null;
  readonly host: VgicHost;
  readonly policies: VgicPolicies;
}

/** MPIDR_EL1 as the GIC writes an affinity: Aff3.Aff2.Aff1.Aff0 in 32 bits. */
export function affinityOf(mpidr: bigint): number {
  return Number(((mpidr >> 8n) & 0xff000000n) | (mpidr & 0xffffffn));
}

/** The vCPU of an affinity; NOWHERE where there is none. */
export function vcpuOf(vcpus: readonly VcpuModel[], affinity: number): number {
  for (const vcpu of vcpus) if (vcpu.affinity === affinity) return vcpu.index;
  return NOWHERE;
}
