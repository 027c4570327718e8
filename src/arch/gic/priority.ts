/**
 * Interrupt priorities: binary points, active priorities, running priority (IHI 0069H, 4.8).
 */

import { IDLE_PRIORITY, PRIORITY_BITS } from './registers.js';

const SHIFT = 8 - PRIORITY_BITS;

/**
 * Mask of the group priority under a binary point as BPR0 counts it: 0 means [7:1], 7 means no bits (4.8.2). Group 1's
 * own binary point counts one more.
 */
export function groupPriorityMask(bpr0: number): number {
  return (0xff << (bpr0 + 1)) & 0xff;
}

/** The bit of AP0R0 or AP1R0 that stands for a group priority. */
export function activePriorityBit(groupPriority: number): number {
  return 1 << (groupPriority >> SHIFT);
}

/** Running priority of a set of active priorities; IDLE_PRIORITY for the empty set. */
export function runningPriority(active: number): number {
  return active === 0 ? IDLE_PRIORITY : (31 - Math.clz32(active & -active)) << SHIFT;
}
