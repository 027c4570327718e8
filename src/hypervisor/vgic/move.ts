/**
 * Changes of an interrupt's routing (policy inflightMove). Where it is in no list register it is on the right list at once;
 * where it is in one, the policy says when. Active it stays with its vCPU until it is deactivated, whatever the policy.
 */

import type { Interrupt } from './interrupt.js';
import { learn } from './list-registers.js';
import { change } from './lists.js';
import { type VgicModel, vcpuOf } from './model.js';

export function reroute(model: VgicModel, irq: Interrupt, affinity: number, accessor: number): void {
  const apply = (it: Interrupt): void => {
    it.affinity = affinity;
    it.target = vcpuOf(model.vcpus, affinity);
  };
  const { host, policies } = model;
  // The access is an exit of the vCPU that makes it. Another one that is in the guest goes on until its next.
  const stays = irq.lr >= 0 && irq.owner !== accessor && host.resident(irq.owner);
  if (!stays || policies.inflightMove === 'maintenance') {
    learn(model, irq, accessor);
    change(model, irq, apply);
    return;
  }
  apply(irq);
  if (policies.inflightMove === 'migrating-flag') model.vcpus[irq.owner]!.marked = true;
}
