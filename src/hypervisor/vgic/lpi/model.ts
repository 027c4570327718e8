/**
 * LPIs as the vGIC holds them. An LPI that is not pending is nothing: its mapping, configuration and pending state are
 * in guest memory. One that is pending is one object, named by its INTID in `live`; it waits in its vCPU's queue, or is
 * on the vCPU's list while it is, or is about to be, in a list register.
 */

import { FIRST_LPI_INTID } from '../../../arch/gic/registers.js';
import type { FaultName } from '../../faults.js';
import { type Interrupt, resetInterruptState } from '../interrupt.js';
import type { TableMemory } from '../its/memory.js';
import { type ItsState, resetItsState } from '../its/state.js';
import { LpiQueue } from './queue.js';

/** A redistributor's LPI registers. */
export interface LpiRegisters {
  /** GICR_CTLR.EnableLPIs. */
  enabled: boolean;
  /** GICR_PROPBASER and GICR_PENDBASER, what can be written of them. */
  propbaser: bigint;
  pendbaser: bigint;
}

/**
 * An LPI that is not what guest memory says of it, as a vCPU's redistributor would read it: `config` is the byte of the
 * property table as it was when last read, -1 where the LPI is not pending. There is one only where the guest changed a
 * table and has not said so yet (INV), or wrote to a pending table.
 */
export interface LpiDifference {
  vcpu: number;
  intid: number;
  config: number;
}

/** Saved state; pending LPIs themselves are in the pending tables. */
export interface LpiState {
  redistributors: LpiRegisters[];
  its: ItsState;
  differences: LpiDifference[];
}

export interface Lpi extends Interrupt {
  /** Place in its vCPU's queue; -1: not there. */
  place: number;
  /** The property table's byte, as it was read. */
  config: number;
}

export interface LpiModel {
  readonly memory: TableMemory;
  readonly redistributors: readonly LpiRegisters[];
  readonly its: ItsState;
  /** Pending LPIs by INTID. */
  readonly live: Map<number, Lpi>;
  /** Pending LPIs of each vCPU that are not on its list. */
  readonly queues: readonly LpiQueue<Lpi>[];
  /** What a saved state says of pending LPIs, until guest memory is there. */
  unread: LpiDifference[] | null;
  /** What the guest asked for and did not get, and how often. */
  readonly faults: ReadonlySet<FaultName>;
  readonly refusals: Map<string, number>;
  /** LPIs delivered to a redistributor so far; no part of the state. */
  delivered: number;
  /** Fault its-objects-leak: objects that are gone. */
  leaked: number;
  /** Fault pending-byte-shared: the byte of a pending table that was touched last. */
  lastByte: { offset: number; value: number } | null;
}

export const resetLpiRegisters = (): LpiRegisters => ({ enabled: false, propbaser: 0n, pendbaser: 0n });

export function resetLpiState(vcpus: number): LpiState {
  return {
    redistributors: Array.from({ length: vcpus }, resetLpiRegisters),
    its: resetItsState(),
    differences: [],
  };
}

export function lpiModelFrom(state: LpiState, memory: TableMemory, faults: ReadonlySet<FaultName>): LpiModel {
  return {
    faults,
    memory,
    redistributors: state.redistributors.map((it) => ({ ...it })),
    its: { ...state.its },
    live: new Map(),
    queues: state.redistributors.map(() => new LpiQueue<Lpi>()),
    unread: state.differences.map((it) => ({ ...it })),
    refusals: new Map(),
    delivered: 0,
    leaked: 0,
    lastByte: null,
  };
}

export const isLpi = (irq: Interrupt): irq is Lpi => irq.intid >= FIRST_LPI_INTID;

/** Byte of the property table (IHI 0069H, 5.1.1): priority 7:2, of which the GIC has 5 bits, and enable. */
const CONFIG_ENABLE = 1;
export const CONFIG_PRIORITY = 0xf8;

/** LPIs are edge-triggered and of group 1, whatever anybody says (2.2). */
export function makeLpi(intid: number, target: number, config: number): Lpi {
  const irq: Lpi = {
    ...resetInterruptState(intid),
    intid,
    target,
    edge: true,
    group: 1,
    place: -1,
    config,
    written: undefined,
  };
  setConfig(irq, config);
  return irq;
}

export function setConfig(irq: Lpi, config: number): void {
  irq.config = config;
  irq.enabled = (config & CONFIG_ENABLE) !== 0;
  irq.priority = config & CONFIG_PRIORITY;
}
