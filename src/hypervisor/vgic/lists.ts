/**
 * Which list an interrupt is on, and changes of its state.
 */

import { LR_PENDING } from '../../arch/gic/list-register.js';
import { type Interrupt, NOWHERE, targetOracle, UNLOADED } from './interrupt.js';
import { isLpi } from './lpi/model.js';
import type { VgicModel } from './model.js';

/** The vCPU's list registers no longer hold what they should. */
export function touch(model: VgicModel, vcpu: number): void {
  model.vcpus[vcpu]!.dirty = true;
  model.host.kick(vcpu, 'deliver');
}

/** An interrupt is in no list register any more: instances that came meanwhile join the latch. */
export function release(irq: Interrupt): void {
  irq.lr = UNLOADED;
  irq.latch ||= irq.again;
  irq.again = false;
}

/** Takes an interrupt whose state has been synced out of its list register; `requeue` must follow. */
export function unload(model: VgicModel, irq: Interrupt): void {
  if (irq.lr < 0) return;
  const vcpu = model.vcpus[irq.owner]!;
  vcpu.cpuInterface.writeLr(irq.lr, 0n);
  vcpu.slots[irq.lr] = null;
  vcpu.slotStates[irq.lr] = 0;
  release(irq);
}

/** An LPI waits in its vCPU's queue until a flush lists it. */
function join(model: VgicModel, irq: Interrupt): void {
  if (isLpi(irq)) model.lpis!.queues[irq.owner]!.add(irq);
  else model.vcpus[irq.owner]!.list.push(irq);
}

function leave(model: VgicModel, irq: Interrupt): void {
  if (isLpi(irq) && irq.place >= 0) {
    model.lpis!.queues[irq.owner]!.remove(irq);
    return;
  }
  const { list } = model.vcpus[irq.owner]!;
  list.splice(list.indexOf(irq), 1);
}

/** Puts an interrupt that is in no list register on the list it belongs on now, and tells the vCPUs concerned. */
export function requeue(model: VgicModel, irq: Interrupt): void {
  const from = irq.owner;
  const to = targetOracle(model.groups, irq);
  if (from !== to) {
    if (from !== NOWHERE) {
      leave(model, irq);
      touch(model, from);
    }
    irq.owner = to;
    if (to !== NOWHERE) join(model, irq);
  }
  if (to !== NOWHERE) touch(model, to);
}

/** Changes the state of an interrupt that `learn` has made true. */
export function change(model: VgicModel, irq: Interrupt, apply: (irq: Interrupt) => void): void {
  unload(model, irq);
  apply(irq);
  requeue(model, irq);
}

/** Ends the active state of an interrupt that is in no list register. */
export function deactivate(irq: Interrupt): void {
  irq.lr = UNLOADED;
  irq.active = false;
  irq.activation = 0;
}

/** An input line changes. Needs no sync: an interrupt in a list register is looked at by its vCPU's next flush. */
export function setLine(model: VgicModel, irq: Interrupt, level: boolean): void {
  if (irq.line === level) return;
  irq.line = level;
  model.host.trace?.interruptLine(irq.target, irq.intid, level, irq.edge);
  if (irq.edge) {
    if (level) pend(model, irq);
    return;
  }
  if (irq.lr < 0) requeue(model, irq);
  // A risen line finds the list register pending, or asking for an exit when it is deactivated: but for one that asks
  // for none, which may be empty by now. A fallen one takes the pending state back, if it is still there.
  else if (level && model.policies.eoiMaintenance === 'none') touch(model, irq.owner);
  else if (!level && !irq.latch && model.vcpus[irq.owner]!.cpuInterface.lrState(irq.lr) & LR_PENDING) {
    touch(model, irq.owner);
  }
}

/** Sets the pending latch. Needs no sync. `sender`: the vCPU whose SGI it is. */
export function pend(model: VgicModel, irq: Interrupt, sender = -1): void {
  model.host.trace?.interruptPending(irq.target, irq.intid, sender);
  if (irq.lr < 0) {
    irq.latch = true;
    requeue(model, irq);
    return;
  }
  irq.again = true;
  touch(model, irq.owner);
}
