/** Where a pending LPI waits: in its vCPU's queue, or on the vCPU's list while a list register may be for it. */

import { LR_PENDING } from '../../../arch/gic/list-register.js';
import { release, requeue, unload } from '../lists.js';
import type { VcpuModel, VgicModel } from '../model.js';
import { isLpi, type Lpi } from './model.js';
import { writePending } from './tables.js';

/** Before a flush: the vCPU's list gets those that a list register may be for, and one by which it is seen that more wait. */
export function listLpis(model: VgicModel, vcpu: VcpuModel): void {
  const queue = model.lpis?.queues[vcpu.index];
  if (!queue) return;
  for (const irq of vcpu.list.filter(isLpi)) {
    release(irq);
    vcpu.list.splice(vcpu.list.indexOf(irq), 1);
    queue.add(irq);
  }
  for (let n = 0; n <= vcpu.cpuInterface.listRegisters && queue.first; n++) {
    const irq = queue.first;
    queue.remove(irq);
    vcpu.list.push(irq);
  }
}

/** Whether the guest has taken the LPI from its list register, of which the vGIC has yet to learn. */
export function isTaken(model: VgicModel, irq: Lpi): boolean {
  return irq.lr >= 0 && !irq.again && !(model.vcpus[irq.owner]!.cpuInterface.lrState(irq.lr) & LR_PENDING);
}

/** The guest has acknowledged an LPI: the pending table says so at once, as it is memory that others look at. */
export function markTaken(model: VgicModel, intid: number): void {
  const irq = model.lpis?.live.get(intid);
  if (irq && isTaken(model, irq)) writePending(model.lpis!, irq.target, intid, false);
}

/** The guest has had the LPI in a list register. With its pending state gone it is at its end, whatever follows. */
export function syncLpi(model: VgicModel, irq: Lpi, state: number): void {
  if (state & LR_PENDING) return;
  irq.latch = false;
  // No active state: the list register is free, and the EOI that is to come finds none.
  unload(model, irq);
  requeue(model, irq);
  if (irq.latch) return;
  writePending(model.lpis!, irq.target, irq.intid, false);
  model.lpis!.live.delete(irq.intid);
}
