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

/** What the vGIC asks of its surroundings. */
export interface VgicHost {
  /** Told what becomes of interrupts. */
  readonly trace?: TraceStream;
  /** Something changed for this vCPU: it must leave the guest, be synced and flushed, or be woken if it waits. */
  kick(vcpu: number): void;
  /** Something that the guest asked of the ITS was not done; told once of each kind. */
  refused?(what: string): void;
}

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
