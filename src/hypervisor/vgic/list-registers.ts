/**
 * Between a vCPU's list and its list registers: `sync` learns what the guest did, `flush` fills them.
 */

import { LR_ACTIVE, LR_PENDING } from '../../arch/gic/list-register.js';
import {
  HCR_EN,
  HCR_LRENPIE,
  HCR_NPIE,
  HCR_TALL0,
  HCR_TALL1,
  HCR_TC,
  HCR_TDIR,
  HCR_VGRP0DIE,
  HCR_VGRP0EIE,
  HCR_VGRP1DIE,
  HCR_VGRP1EIE,
} from '../../arch/gic/registers.js';
import { type Interrupt, isForwarded, LEFT_OUT, NOWHERE, targetOracle } from './interrupt.js';
import { change, deactivate, release, requeue, touch } from './lists.js';
import { listLpis, syncLpi } from './lpi/lists.js';
import { isLpi } from './lpi/model.js';
import type { VcpuModel, VgicModel } from './model.js';
import type { TrapPolicy } from './policies.js';

/** Learns from the list registers what the guest did since the last flush or sync. Does nothing where it did nothing. */
export function sync(model: VgicModel, vcpu: VcpuModel): void {
  const hardware = vcpu.cpuInterface;
  if (!hardware.changed) return;
  hardware.clearChanged();
  vcpu.dirty = true;
  const firstNew = vcpu.activations + 1;
  for (let n = 0; n < vcpu.slots.length; n++) {
    const irq = vcpu.slots[n];
    const now = hardware.lrState(n);
    const then = vcpu.slotStates[n]!;
    if (!irq || now === then) continue;
    if (isLpi(irq)) {
      syncLpi(model, irq, now);
      continue;
    }
    vcpu.slotStates[n] = now;
    irq.active = (now & LR_ACTIVE) !== 0;
    if (then & LR_PENDING && !(now & LR_PENDING)) {
      irq.latch = false;
      if (irq.active) irq.activation = ++vcpu.activations;
    }
    if (!irq.active) irq.activation = 0;
  }
  if (vcpu.activations > firstNew) orderActivations(vcpu, firstNew);
  for (let n = 0; n < vcpu.slots.length; n++) {
    const irq = vcpu.slots[n];
    if (!irq || vcpu.slotStates[n] !== 0) continue;
    vcpu.slots[n] = null;
    release(irq);
    requeue(model, irq);
  }
  for (let n = hardware.eoiCount; n > 0; n--) endOutside(model, vcpu);
  hardware.clearEoiCount();
}

/** Brings a vCPU's list registers home: out of the guest, unless it is the one that asks, and synced. */
export function bringOut(model: VgicModel, vcpu: number, accessor: number): void {
  if (vcpu !== accessor) model.host.kick(vcpu, 'sync');
  leave(model, model.vcpus[vcpu]!);
}

/** A vCPU is out of the guest, and its list registers are wanted. */
function leave(model: VgicModel, vcpu: VcpuModel): void {
  sync(model, vcpu);
  if (vcpu.marked) refill(model, vcpu);
}

function refill(model: VgicModel, vcpu: VcpuModel): void {
  vcpu.dirty = true;
  flush(model, vcpu);
}

/** What the policies do at every exit of a vCPU. */
export function atExit(model: VgicModel, vcpu: VcpuModel): void {
  const { lazySync, inflightMove } = model.policies;
  if (!lazySync || vcpu.marked) leave(model, vcpu);
  if (inflightMove === 'prune' && vcpu.list.some((irq) => couldComeHere(vcpu, irq))) refill(model, vcpu);
}

/** Whether a list register offers an instance of an interrupt that has moved away. */
function couldComeHere(vcpu: VcpuModel, irq: Interrupt): boolean {
  if (irq.target === vcpu.index) return false;
  return !irq.active || (irq.lr >= 0 && (vcpu.slotStates[irq.lr]! & LR_PENDING) !== 0);
}

/** Makes the distributor's fields of an interrupt true, whoever has it in a list register. */
export function learn(model: VgicModel, irq: Interrupt, accessor: number): void {
  if (irq.lr >= 0) bringOut(model, irq.owner, accessor);
}

/**
 * Interrupts acknowledged between two syncs and active still nest: each preempted the one before, so it is of higher
 * priority (4.8.5). Numbers them from `first` in that order.
 */
function orderActivations(vcpu: VcpuModel, first: number): void {
  const fresh = vcpu.list.filter((irq) => irq.activation >= first);
  fresh.sort((a, b) => vcpu.cpuInterface.lrPriority(b.lr) - vcpu.cpuInterface.lrPriority(a.lr));
  for (const [n, irq] of fresh.entries()) irq.activation = first + n;
}

/**
 * EOIcount counts an EOI for which no list register was found, without its INTID. The guest ends interrupts in the
 * reverse order of acknowledging (4.8.5), so it is the latest acknowledged of those outside; interrupts that a register
 * write made active, by priority, come after all that were acknowledged.
 */
function endOutside(model: VgicModel, vcpu: VcpuModel): void {
  let ended: Interrupt | undefined;
  for (const irq of vcpu.list) {
    if (irq.lr === LEFT_OUT && (!ended || moreRecent(irq, ended) < 0)) ended = irq;
  }
  if (!ended) return;
  deactivate(ended);
  requeue(model, ended);
}

/** Sort order of active interrupts: the one that must be ended first comes first. */
function moreRecent(a: Interrupt, b: Interrupt): number {
  return b.activation - a.activation || byPriority(a, b);
}

function byPriority(a: Interrupt, b: Interrupt): number {
  return a.priority - b.priority || a.intid - b.intid;
}

/** Fills the list registers for an entry. Does nothing where they hold what they should. */
export function flush(model: VgicModel, vcpu: VcpuModel): void {
  // A group that was enabled or disabled changes no list register, and yet what belongs in them.
  if (!vcpu.dirty && !vcpu.cpuInterface.maintenance) return;
  sync(model, vcpu);
  if (vcpu.marked) takeWrites(model, vcpu);
  vcpu.slots.fill(null);
  vcpu.slotStates.fill(0);
  listLpis(model, vcpu);
  prune(model, vcpu);
  const { cpuInterface: hardware, list } = vcpu;
  const count = hardware.listRegisters;
  let control = HCR_EN | (model.vcpus.length > 1 ? HCR_TDIR : 0) | trapControl(model.policies.trap);
  let chosen: Interrupt[];
  // LPIs that are not even on the list: as many as there are list registers are.
  const queued = model.lpis?.queues[vcpu.index]?.first != null;
  if (list.length <= count && !queued) {
    chosen = list.slice();
  } else {
    const ready = list.filter((irq) => !irq.active && hardware.groupEnabled(irq.group)).sort(byPriority);
    const active = list.filter((irq) => irq.active).sort(moreRecent);
    chosen = ready.slice(0, count).concat(active.slice(0, Math.max(0, count - ready.length)));
    const pendingOutside = ready.length > count || (queued && hardware.groupEnabled(1) && ready.length > 0);
    control |= overflowControl(vcpu, pendingOutside, ready.length + active.length > count && active.length > 0);
  }
  for (const irq of list) if (irq.active) irq.lr = LEFT_OUT;
  if (!list.some((irq) => irq.activation > 0)) vcpu.activations = 0;
  chosen.sort(byPriority);
  for (let n = 0; n < count; n++) {
    const irq = chosen[n];
    if (irq) load(model, vcpu, irq, n);
    else hardware.loadLr(n, 0, 0, 0, 0, false);
  }
  hardware.writeHcrNumber(control);
  vcpu.dirty = false;
}

/** Takes over what others wrote while this vCPU was in the guest. */
export function takeWrites(model: VgicModel, vcpu: VcpuModel): void {
  vcpu.marked = false;
  for (const irq of [...vcpu.list]) {
    const { written } = irq;
    if (written === undefined) continue;
    irq.written = undefined;
    if (irq.active !== written) change(model, irq, (it) => setActiveState(it, written));
  }
}

/** Active or not, of an interrupt that is in no list register: as a register write makes it. */
export function setActiveState(irq: Interrupt, active: boolean): void {
  if (active) irq.active = true;
  else deactivate(irq);
}

function trapControl({ common, group0, group1, dir }: TrapPolicy): number {
  return (common ? HCR_TC : 0) | (group0 ? HCR_TALL0 : 0) | (group1 ? HCR_TALL1 : 0) | (dir ? HCR_TDIR : 0);
}

/** Drops from the list what no longer belongs on it, and joins instances that came while in a list register. */
function prune(model: VgicModel, vcpu: VcpuModel): void {
  const { list } = vcpu;
  let kept = 0;
  for (const irq of list) {
    release(irq);
    const to = targetOracle(model.groups, irq);
    if (to === vcpu.index) {
      list[kept++] = irq;
      continue;
    }
    irq.owner = to;
    if (to === NOWHERE) continue;
    model.vcpus[to]!.list.push(irq);
    touch(model, to);
  }
  list.length = kept;
}

/**
 * More interrupts than list registers: exits when the pending ones run out (NP), when one outside ends (LRENP), when a
 * group is enabled of which pending interrupts were left out, and when one is disabled of which some took the place of
 * others. None of the conditions holds at entry, so no exit repeats for nothing.
 */
function overflowControl(vcpu: VcpuModel, pendingOutside: boolean, activeOutside: boolean): number {
  const { cpuInterface: hardware, list } = vcpu;
  let control = 0;
  if (pendingOutside) {
    control |= HCR_NPIE;
    if (hardware.groupEnabled(0)) control |= HCR_VGRP0DIE;
    if (hardware.groupEnabled(1)) control |= HCR_VGRP1DIE;
  }
  if (activeOutside) control |= HCR_TDIR | (nested(vcpu) ? HCR_LRENPIE : HCR_TALL0 | HCR_TALL1);
  for (const irq of list) {
    if (irq.active || hardware.groupEnabled(irq.group)) continue;
    control |= irq.group === 0 ? HCR_VGRP0EIE : HCR_VGRP1EIE;
  }
  return control;
}

/**
 * Whether every active priority stands for one acknowledged interrupt that is active still. If so, the next EOI is that
 * of the latest acknowledged; if not (the guest deactivated one by register, or dropped a priority with EOImode 1), only
 * a trap tells which interrupt an EOI names.
 */
function nested(vcpu: VcpuModel): boolean {
  const { ap0r0, ap1r0 } = vcpu.cpuInterface;
  let priorities = 0;
  for (let rest = ap0r0; rest; rest &= rest - 1) priorities++;
  for (let rest = ap1r0; rest; rest &= rest - 1) priorities++;
  for (const irq of vcpu.list) if (irq.activation > 0) priorities--;
  return priorities === 0;
}

/**
 * Fills one list register. An active interrupt is also pending there only if its next instance needs no decision: not
 * if it is level-sensitive (the line may fall), and not if it has moved.
 */
function load(model: VgicModel, vcpu: VcpuModel, irq: Interrupt, n: number): void {
  const here = irq.target === vcpu.index;
  const pending = irq.active ? irq.edge && here && isForwarded(model.groups, irq) : true;
  const state = (irq.active ? LR_ACTIVE : 0) | (pending ? LR_PENDING : 0);
  vcpu.cpuInterface.loadLr(n, state, irq.intid, irq.priority, irq.group, asksForExit(model, irq, here));
  vcpu.slots[n] = irq;
  vcpu.slotStates[n] = state;
  irq.lr = n;
  model.host.trace?.listRegister(vcpu.index, n, irq.intid, state);
}

/** Whether a list register asks for an exit at deactivation. */
function asksForExit({ policies, groups }: VgicModel, irq: Interrupt, here: boolean): boolean {
  const { eoiMaintenance, inflightMove } = policies;
  if (isLpi(irq)) return false;
  if (eoiMaintenance !== 'level') return eoiMaintenance === 'all';
  if (!irq.edge) return true;
  // A move ends at the deactivation: at once, or where an instance waits for it.
  return irq.active && !here && (inflightMove === 'maintenance' || isForwarded(groups, irq));
}
