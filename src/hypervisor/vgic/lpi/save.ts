/** LPIs to and from a saved state. Pending LPIs are in the guest's pending tables; the state has what differs. */

import type { VgicModel } from '../model.js';
import { isTaken } from './lists.js';
import type { LpiDifference, LpiModel, LpiState } from './model.js';
import { readConfig, readPending } from './tables.js';

/** What the guest has taken is pending no more, whether or not that has been learnt. */
export function saveLpis(model: VgicModel): { lpis?: LpiState } {
  const { lpis } = model;
  if (!lpis) return {};
  return {
    lpis: {
      redistributors: lpis.redistributors.map((it) => ({ ...it })),
      its: { ...lpis.its },
      // A hypervisor with this fault believes what it has written.
      differences: lpis.unread ?? (lpis.faults.has('pending-byte-shared') ? [] : differences(model, lpis)),
    },
  };
}

/** What `readLpis` would get wrong from guest memory alone, by vCPU and INTID. */
function differences(model: VgicModel, lpis: LpiModel): LpiDifference[] {
  const found: LpiDifference[] = [];
  const read = new Set<number>();
  for (const vcpu of lpis.redistributors.keys()) {
    for (const intid of readPending(lpis, vcpu)) {
      const irq = lpis.live.get(intid);
      if (irq?.target === vcpu && !isTaken(model, irq)) read.add(intid);
      else found.push({ vcpu, intid, config: -1 });
    }
  }
  for (const irq of lpis.live.values()) {
    const { target, intid, config } = irq;
    if (isTaken(model, irq)) continue;
    if (!read.has(intid) || readConfig(lpis, target, intid) !== config) found.push({ vcpu: target, intid, config });
  }
  return found.sort((a, b) => a.vcpu - b.vcpu || a.intid - b.intid);
}
