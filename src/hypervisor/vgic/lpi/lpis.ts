/**
 * What happens to LPIs. Whoever calls has nothing to sync: an LPI that is in a list register is brought home first.
 *
 * Life of an LPI (docs/its.md): it comes into being when it becomes pending, and ends when it is taken, cleared or
 * discarded. It has no active state, so a list register from which the guest took it holds nothing that matters any
 * more. A mapping keeps nothing alive, and one object has the name: `live` never has two for an INTID.
 */

import { NOWHERE, targetOracle } from '../interrupt.js';
import { flush, learn } from '../list-registers.js';
import { change, pend } from '../lists.js';
import type { VgicModel } from '../model.js';
import { type Lpi, makeLpi, setConfig } from './model.js';
import { lpiLimit, readConfig, readPending, writePending } from './tables.js';

/** Makes an LPI pending at a vCPU. False where its redistributor has no such LPI. */
export function pendLpi(model: VgicModel, intid: number, vcpu: number, accessor: number): boolean {
  const lpis = model.lpis!;
  if (intid >= lpiLimit(lpis.redistributors[vcpu]!)) return false;
  const known = lpis.live.get(intid);
  if (known) moveLpi(model, known, vcpu, accessor);
  // The move may have found it taken.
  const irq = lpis.live.get(intid) ?? makeLpi(intid, vcpu, readConfig(lpis, vcpu, intid));
  lpis.live.set(intid, irq);
  writePending(lpis, vcpu, intid, true);
  lpis.delivered++;
  pend(model, irq);
  return true;
}

/** Takes the pending state away: CLEAR. */
export function unpendLpi(model: VgicModel, intid: number, accessor: number): void {
  const irq = known(model, intid, accessor);
  if (!irq) return;
  model.host.trace?.interruptState(irq.target, intid, 'unpended');
  writePending(model.lpis!, irq.target, intid, false);
  forget(model, irq);
}

/** DISCARD. */
export function discardLpi(model: VgicModel, intid: number, accessor: number): void {
  const { live, faults } = model.lpis!;
  const irq = live.get(intid);
  // The name is free, and what a list register holds is delivered all the same.
  if (faults.has('discard-forgets-list-register') && irq && irq.lr >= 0) live.delete(intid);
  else unpendLpi(model, intid, accessor);
}

/** The LPI of an INTID once its vCPU has been brought out, which may show that it has been taken. */
function known(model: VgicModel, intid: number, accessor: number): Lpi | undefined {
  const irq = model.lpis!.live.get(intid);
  if (irq) learn(model, irq, accessor);
  return model.lpis!.live.get(intid);
}

/** The object goes. Its bit in the pending table stays as it is. */
function forget(model: VgicModel, irq: Lpi): void {
  change(model, irq, () => {
    irq.latch = false;
  });
  model.lpis!.live.delete(irq.intid);
}

/** Another vCPU is to take it. */
export function moveLpi(model: VgicModel, irq: Lpi, vcpu: number, accessor: number): void {
  if (irq.target === vcpu || known(model, irq.intid, accessor) !== irq) return;
  const lpis = model.lpis!;
  writePending(lpis, irq.target, irq.intid, false);
  if (irq.intid >= lpiLimit(lpis.redistributors[vcpu]!)) return forget(model, irq);
  writePending(lpis, vcpu, irq.intid, true);
  change(model, irq, () => {
    irq.target = vcpu;
  });
}

/** MOVALL. */
export function moveAllLpis(model: VgicModel, from: number, to: number, accessor: number): void {
  for (const irq of [...model.lpis!.live.values()]) if (irq.target === from) moveLpi(model, irq, to, accessor);
}

/** Reads an LPI's configuration anew: INV. */
export function invalidateLpi(model: VgicModel, intid: number, accessor: number): void {
  const lpis = model.lpis!;
  const irq = lpis.live.get(intid);
  if (!irq) return;
  const config = readConfig(lpis, irq.target, intid);
  if (config === irq.config || known(model, intid, accessor) !== irq) return;
  change(model, irq, () => setConfig(irq, config));
}

/** INVALL. */
export function invalidateAllLpis(model: VgicModel, vcpu: number, accessor: number): void {
  for (const irq of [...model.lpis!.live.values()]) if (irq.target === vcpu) invalidateLpi(model, irq.intid, accessor);
}

/** GICR_CTLR.EnableLPIs is set: the pending table, unless it is all zeros (GICR_PENDBASER.PTZ), says what is pending. */
export function enableLpis(model: VgicModel, vcpu: number, tableIsZero: boolean): void {
  if (tableIsZero) return;
  for (const intid of readPending(model.lpis!, vcpu)) {
    const irq = awaken(model, intid, vcpu);
    if (irq) pend(model, irq);
  }
}

/** EnableLPIs is cleared: what is pending stays so in the pending table. */
export function disableLpis(model: VgicModel, vcpu: number, accessor: number): void {
  for (const { intid, target } of [...model.lpis!.live.values()]) {
    const irq = target === vcpu ? known(model, intid, accessor) : undefined;
    if (irq) forget(model, irq);
  }
}

/** An LPI that its pending table says is pending; one that is so elsewhere stays there. */
function awaken(model: VgicModel, intid: number, vcpu: number, config?: number): Lpi | null {
  const lpis = model.lpis!;
  if (lpis.live.has(intid)) return null;
  const irq = makeLpi(intid, vcpu, config ?? readConfig(lpis, vcpu, intid));
  lpis.live.set(intid, irq);
  return irq;
}

/** What a saved state left to the pending tables, now that guest memory is there. Nobody is told: nothing is new. */
export function readLpis(model: VgicModel): void {
  const lpis = model.lpis!;
  const differences = lpis.unread ?? [];
  lpis.unread = null;
  const none = new Set(differences.filter((it) => it.config < 0).map((it) => it.vcpu * 2 ** 16 + it.intid));
  for (const { vcpu, intid, config } of differences) if (config >= 0) awaken(model, intid, vcpu, config);
  for (const vcpu of model.vcpus.keys()) {
    for (const intid of readPending(lpis, vcpu)) if (!none.has(vcpu * 2 ** 16 + intid)) awaken(model, intid, vcpu);
  }
  for (const irq of lpis.live.values()) {
    irq.latch = true;
    irq.owner = targetOracle(model.groups, irq);
    if (irq.owner !== NOWHERE) lpis.queues[irq.owner]!.add(irq);
  }
  for (const vcpu of model.vcpus) {
    vcpu.dirty = true;
    flush(model, vcpu);
  }
}
