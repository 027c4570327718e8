/** A redistributor's tables in guest memory: LPI properties and pending state (IHI 0069H, 5.1 and 12.11). */

import { FIRST_LPI_INTID } from '../../../arch/gic/registers.js';
import { CONFIG_PRIORITY, type LpiModel, type LpiRegisters } from './model.js';

/** INTID bits of the GIC: GICD_TYPER.IDbits + 1. */
export const INTID_BITS = 16;
export const INTID_LIMIT = 2 ** INTID_BITS;

/** GICR_PROPBASER.IDbits, less 1; LPIs need 14 bits. */
const idBits = (propbaser: bigint): number => Math.min(Number(propbaser & 0x1fn) + 1, INTID_BITS);
const propertiesAt = (propbaser: bigint): number => Number(propbaser & 0xf_ffff_ffff_f000n);
const pendingAt = (pendbaser: bigint): number => Number(pendbaser & 0xf_ffff_ffff_0000n);

/** First INTID that is no LPI of this redistributor any more; 0 where it has none. */
export function lpiLimit({ enabled, propbaser }: LpiRegisters): number {
  const bits = idBits(propbaser);
  return enabled && 2 ** bits > FIRST_LPI_INTID ? 2 ** bits : 0;
}

/** The property table's byte of an LPI: 0, disabled, where the table is not in RAM. */
export function readConfig(lpis: LpiModel, vcpu: number, intid: number): number {
  return lpis.memory.read8(propertiesAt(lpis.redistributors[vcpu]!.propbaser) + intid - FIRST_LPI_INTID);
}

/** Priority by the property table. */
export function configuredPriority(lpis: LpiModel, vcpu: number, intid: number): number {
  return readConfig(lpis, vcpu, intid) & CONFIG_PRIORITY;
}

/** Pending tables are kept true all the time: a save finds them so. */
export function writePending(lpis: LpiModel, vcpu: number, intid: number, pending: boolean): void {
  const { memory, redistributors, faults, lastByte } = lpis;
  const offset = intid >> 3;
  const address = pendingAt(redistributors[vcpu]!.pendbaser) + offset;
  const bit = 1 << (intid & 7);
  const stale = faults.has('pending-byte-shared') && lastByte?.offset === offset;
  const before = stale ? lastByte.value : memory.read8(address);
  const value = pending ? before | bit : before & ~bit;
  if (value !== before || stale) memory.write8(address, value);
  lpis.lastByte = { offset, value };
}

/** INTIDs that a vCPU's pending table has bits for, in order. */
export function readPending({ memory, redistributors }: LpiModel, vcpu: number): number[] {
  const table = pendingAt(redistributors[vcpu]!.pendbaser);
  const limit = lpiLimit(redistributors[vcpu]!);
  const intids: number[] = [];
  for (let first = FIRST_LPI_INTID; first < limit; first += 32) {
    for (let word = memory.read32(table + first / 8); word; word &= word - 1) {
      intids.push(first + 31 - Math.clz32(word & -word));
    }
  }
  return intids;
}
