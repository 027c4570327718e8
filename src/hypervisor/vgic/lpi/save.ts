/** LPIs to and from a saved state. Pending LPIs are in the guest's pending tables; the state has what differs. */

import type { VgicModel } from '../model.js';
import type { LpiDifference, LpiModel, LpiState } from './model.js';
import { readConfig, readPending } from './tables.js';

/** The state of LPIs that no list register holds. */
export function saveLpis({ lpis }: VgicModel): { lpis?: LpiState } {
  if (!lpis) return {};
  return {
    lpis: {
      redistributors: lpis.redistributors.map((it) => ({ ...it })),
      its: { ...lpis.its },
      differences: lpis.unread ?? differences(lpis),
    },
  };
}

/** What `readLpis` would get wrong from guest memory alone, by vCPU and INTID. */
function differences(lpis: LpiModel): LpiDifference[] {
  const found: LpiDifference[] = [];
  const read = new Set<number>();
  for (const vcpu of lpis.redistributors.keys()) {
    for (const intid of readPending(lpis, vcpu)) {
      if (lpis.live.get(intid)?.target === vcpu) read.add(intid);
      else found.push({ vcpu, intid, config: -1 });
    }
  }
  for (const { target, intid, config } of lpis.live.values()) {
    if (!read.has(intid) || readConfig(lpis, target, intid) !== config) found.push({ vcpu: target, intid, config });
  }
  return found.sort((a, b) => a.vcpu - b.vcpu || a.intid - b.intid);
}
